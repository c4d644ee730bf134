"""What may stand in a line of the log: no line breaks or other control characters of clients, and no secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

MAX_CHARACTERS = 10_000
"""Of one value; the rest is cut off."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""C0, DEL and C1, line and paragraph separators, and what turns or hides the text around it."""
_SECRETS = (
    (re.compile(r"(augury_[0-9a-f]{32}_)\w+"), r"\1…"),
    (re.compile(r"(whsec_)[\w+/=-]+"), r"\1…"),
    (re.compile(r"(?i)\b((?:bearer|basic)\s+)(?!augury_)[\w.~+/=-]{8,}"), r"\1…"),
    (re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"), r"\1…"),
    (re.compile(r"(?i)([?&](?:x-amz-[\w-]+|x-goog-[\w-]+|awsaccesskeyid|sig|signature|token|key|password)=)[^&\s\"']+"),
     r"\1…"),
)  # fmt: skip
"""Keys of this service (their ids may be seen), secrets of webhooks, credentials in headers, in URLs and in queries."""
_SIGNS = re.compile("augury_|whsec_|bearer|basic|://|[?&]")
"""One of them is in every text that has a secret, case-folded. Most of what is logged has none, and finding that out
takes a tenth of what the patterns do."""
_PLAIN = (int, float, bool, type(None))
_TRACEBACKS = ("exception", "stack")
_MAX_NAMES = 500


def cleaned(text: str) -> str:
    """A text of which nothing begins a new line, moves the cursor or lets anybody in."""
    text = without_secrets(text[:MAX_CHARACTERS])
    return text if text.isprintable() else _CONTROL.sub(_escaped, text)  # none of them is printable


def without_secrets(text: str) -> str:
    """A text without what lets somebody in, as far as that can be told from how it is written."""
    if _SIGNS.search(text.casefold()) is None:
        return text
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A processor of structlog's, before the one that renders: all values are cleaned, tracebacks line by line."""
    return {
        _cleaned_name(str(name)): _cleaned_lines(value) if name in _TRACEBACKS else _cleaned(value)
        for name, value in event.items()
    }


@lru_cache(_MAX_NAMES)
def _cleaned_name(name: str) -> str:
    """Of a field: these are in the code, and the same in every event."""
    return cleaned(name)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Mapping):
        return {cleaned(str(name)): _cleaned(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cleaned(each) for each in value]
    return cleaned(repr(value))


def _cleaned_lines(text: Any) -> str:
    # Set in, so that no line of a message in it can be taken for an event.
    return "\n".join(f"  | {cleaned(line)}" for line in str(text).split("\n"))


def _escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode()
