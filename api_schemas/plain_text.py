"""Text that every part of the service can store and show: without control characters and halves of surrogate pairs.

PostgreSQL holds no NUL, and its JSON with an escaped one, or with half a pair, breaks every query that looks into it.
The other control characters have no meaning in names, and forge lines in logs and terminals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_NOT_PLAIN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
PLAIN_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""The same for JSON Schema, which cannot speak of halves of pairs."""
_MAX_PATH_LENGTH = 100
_WITHOUT_TEXTS = frozenset({bool, int, float, type(None)})


def character_that_is_not_plain(text: str) -> str | None:
    """The first control character or half of a surrogate pair in a text, as ``U+0000``; None where there is none."""
    found = _NOT_PLAIN.search(text)
    return None if found is None else f"U+{ord(found.group()):04X}"


def require_plain(value: Any) -> Any:
    """The *value*, if no text in it has a control character; keys of objects are texts, too.

    Raises:
        PydanticCustomError: one has; the message says which character, and where in a list or an object.
    """
    if type(value) in _WITHOUT_TEXTS or (type(value) is str and character_that_is_not_plain(value) is None):
        return value  # nearly all values are one of these, and looking further takes ten times as long
    for where, text in _texts(value):
        character = character_that_is_not_plain(text)
        if character is not None:
            context = {"character": character, "where": f" in {where}" if where else ""}
            raise PydanticCustomError(
                "control_character", "Input should be a text without control characters: {character}{where}", context
            )
    return value


PlainText = Annotated[str, AfterValidator(require_plain)]
"""A text of a query; those of bodies are looked at by their model."""


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    """All texts in a value with their paths, without recursion, which strangers could drive too deep."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        where, part = waiting.pop()
        if isinstance(part, str):
            yield where, part
        elif isinstance(part, dict):
            for key, item in part.items():
                yield where or "a key", key
                waiting.append((f"{where}.{key}"[-_MAX_PATH_LENGTH:].lstrip("."), item))
        elif isinstance(part, list | tuple):
            waiting.extend((f"{where}[{index}]"[-_MAX_PATH_LENGTH:], item) for index, item in enumerate(part))
