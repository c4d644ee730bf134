"""The commands that guides show are known: to the command line, to the OpenAPI document, to the store's commands."""

from __future__ import annotations

import argparse
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from jsonschema import Draft202012Validator
from typer.main import get_command
from typer.testing import CliRunner

from augury.cli.app import app
from docs.making.document import document
from service.http.media_types import BYTES_TYPE, PIECE_TYPE
from store import access_commands
from tests.docs.blocks import BLOCKS, ROOT, Block, blocks
from tests.docs.placeholders import filled
from tests.docs.shell import commands, sent
from tests.service.declared import operation_of

AUGURY = ["augury"]
STORE = ["python", "-m", "store"]
PROMPTED = re.compile(r"^\$ (.*)$", re.MULTILINE)
"""A command in a block that also shows what it prints."""

OFFLINE = ("lint", "preview")
"""Commands that need no service: they are run as they stand."""

Called = tuple[Block, list[str]]


def _called(*program: str) -> list[Called]:
    """The words after a *program*, wherever a guide calls it."""
    shown = [(block, block.text) for block in blocks("sh")]
    shown += [(block, "\n".join(PROMPTED.findall(block.text))) for block in blocks("console")]
    every = ((block, words) for block, text in shown for words in commands(text))
    found = ((block, [first.rpartition("/")[2], *rest]) for block, (first, *rest) in every)
    return [(block, words[len(program) :]) for block, words in found if words[: len(program)] == list(program)]


def _id(value: object) -> str:
    return str(value) if isinstance(value, Block) else " ".join(value)[:50] if isinstance(value, list) else ""


@cache
def _augury() -> Any:
    return get_command(app)


def _context(words: list[str]) -> typer.Context:
    """What the command line makes of its words: the context of the command that they lead to, with its options read."""
    context = typer.Context(_augury(), info_name="augury")
    while children := getattr(context.command, "commands", None):
        if words[0].startswith("-"):  # of the whole program, as --api-key is
            words = words[2:]
        name, *words = words
        context = typer.Context(children[name], info_name=name, parent=context)
    context.command.parse_args(context, words)
    return context


READ = (("augury",), ("curl",), ("make",), tuple(STORE))
"""Programs whose calls are looked at below."""


def test_every_block_has_a_command_that_is_looked_at_or_says_why_not() -> None:
    """A block of other programs alone has a comment above it, which is its reason."""
    looked_at = {str(block) for program in READ for block, _ in _called(*program)}
    assert [str(block) for block in [*blocks("sh"), *blocks("console")] if str(block) not in looked_at] == []


def test_no_block_is_in_a_language_that_nothing_looks_at() -> None:
    """Of others a comment says what does."""
    assert {block.language for block in BLOCKS if block.reason is None} == {"console", "json", "python", "sh"}


@pytest.mark.parametrize(("block", "words"), _called("make"), ids=_id)
def test_make_has_the_target(block: Block, words: list[str]) -> None:
    """With a line of its own in the help."""
    assert re.search(rf"^{words[0]}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE), block


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(("block", "words"), _called("augury"), ids=_id)
def test_the_command_line_knows_every_command_and_option(block: Block, words: list[str]) -> None:
    """It reads the words; what it would do then is not done."""
    if words and not words[0].startswith("--"):
        _context([filled(word) for word in words])
    else:
        assert set(words) <= {"--help", "--install-completion"}, block


@pytest.mark.parametrize(
    ("block", "words"), [each for each in _called("augury") if each[1][:1] and each[1][0] in OFFLINE], ids=_id
)
def test_what_needs_no_service_is_done(block: Block, words: list[str], reader: Path) -> None:
    """Lints and previews, on digits and on photographs; a picture that is said to be written is there."""
    words = [word.replace("~", str(reader)) for word in words]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == (1 if "--strict" in words else 0), f"{block}: {result.output}"
    if "--output" in words:
        assert (reader / words[words.index("--output") + 1]).stat().st_size > 0


@pytest.mark.parametrize(("block", "words"), _called("curl"), ids=_id)
def test_the_service_has_what_curl_asks_for(block: Block, words: list[str]) -> None:
    """The method and path are an operation of the document, and the body is one that it describes."""
    asked = sent([filled(word) for word in words])
    if asked.path == "/openapi.json":  # which is no operation of its own
        return
    operation = operation_of(document(), asked.method, asked.path)
    assert operation, f"{block}: no {asked.method} {asked.path}"
    if asked.body is not None and not asked.body.startswith("@"):
        errors = list(_validator(operation, asked.content_type).iter_errors(json.loads(asked.body)))
        assert not errors, f"{block}: {errors[0].message}"
    elif asked.content_type:
        known = BYTES_TYPE if asked.content_type == PIECE_TYPE else asked.content_type
        assert known in operation["requestBody"]["content"], block


def _validator(operation: dict[str, Any], content_type: str) -> Draft202012Validator:
    schema = operation["requestBody"]["content"][content_type]["schema"]
    return Draft202012Validator({"allOf": [schema], "components": document()["components"]})


@pytest.mark.parametrize(("block", "words"), _called(*STORE), ids=_id)
def test_the_store_knows_its_commands(block: Block, words: list[str]) -> None:
    """Those by which an operator makes the first key, and says what projects may have."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    known = parser.add_subparsers(dest="command", required=True)
    access_commands.add_to(known)
    if words[0] != "migrate":
        assert parser.parse_args(words).command == words[0], block


def test_a_command_with_an_option_that_is_not_known_is_found_out() -> None:
    """Otherwise the tests above would show nothing."""
    with pytest.raises(Exception, match="rotations"):
        _context(["compare", "digits", "--rotations", "20"])
