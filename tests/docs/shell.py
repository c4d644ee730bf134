"""What shell blocks ask for: the commands in them, and what ``curl`` would send."""

from __future__ import annotations

import argparse
import re
import shlex
from dataclasses import dataclass
from urllib.parse import urlsplit

_BETWEEN = re.compile(r"[|;&<>]+")
_ASSIGNMENT = re.compile(r"[A-Z_]+=")


def commands(text: str) -> list[list[str]]:
    """The words of each command of a block, without comments and without variables that are set for it alone."""
    return [words for line in _lines(text) for words in _split(line)]


def _lines(text: str) -> list[str]:
    """Logical lines: after a backslash, and where a quotation is not closed, the next one belongs to it."""
    lines: list[str] = []
    pending = ""
    for line in text.splitlines():
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        try:
            shlex.split(pending, comments=True)
        except ValueError:  # a quotation goes on
            pending += "\n"
            continue
        lines.append(pending)
        pending = ""
    assert not pending, f"a quotation does not end: {pending}"
    return lines


def _split(line: str) -> list[list[str]]:
    """Along pipes, redirections and the like; a file that something goes to counts as a command of one word."""
    found: list[list[str]] = [[]]
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    for word in lexer:
        if _BETWEEN.fullmatch(word):
            found.append([])
        elif found[-1] or not _ASSIGNMENT.match(word):
            found[-1].append(word)
    return [words for words in found if words]


@dataclass(frozen=True)
class Sent:
    """A request as curl sends it."""

    method: str
    path: str
    content_type: str
    body: str | None


def sent(words: list[str]) -> Sent:
    """What ``curl`` with these words asks for."""
    parser = argparse.ArgumentParser(prog="curl", exit_on_error=False)
    parser.add_argument("url")
    parser.add_argument("-X", dest="method")
    parser.add_argument("-I", dest="head", action="store_true")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", "--data-binary", dest="body")
    parser.add_argument("-F", dest="form", action="append")
    parser.add_argument("--retry", type=int)
    parser.add_argument("--output")
    parser.add_argument("--retry-all-errors", action="store_true")
    for switch in "siNfOJ":
        parser.add_argument(f"-{switch}", action="store_true")
    asked = parser.parse_args(words)
    headers = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in asked.headers)}
    brings = asked.body is not None or asked.form is not None
    method = asked.method or ("HEAD" if asked.head else "POST" if brings else "GET")
    content_type = "multipart/form-data" if asked.form else headers.get("content-type", "")
    path = urlsplit(asked.url.replace("$AUGURY_URL", "http://augury.example")).path
    return Sent(method, path, content_type, asked.body)
