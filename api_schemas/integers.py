"""Integers as JSON has them: ``20.0`` is the integer 20, which some languages write in no other way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_MAX_CORRECTED = 100
"""In one object. To correct one takes a copy of what it is in."""


def with_integers(value: Any, lines: Sequence[Mapping[str, Any]]) -> Any | None:
    """The *value* again, with integers in place of whole floats where integers were expected.

    Args:
        value: what was received, and has been refused; it is left as it is.
        lines: pydantic's errors about it.

    Returns:
        None where there is nothing to correct.
    """
    whole = [line for line in lines if line["type"] == "int_type" and _is_whole(line["input"])]
    if not 0 < len(whole) <= _MAX_CORRECTED:
        return None
    for line in whole:
        value = _replaced(value, line["loc"], int(line["input"]))
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _replaced(value: Any, path: Sequence[int | str], integer: int) -> Any:
    """A copy in which the integer is where the path leads; names of a union's alternatives in it lead nowhere."""
    if not path:
        return integer if _is_whole(value) else value
    head, rest = path[0], path[1:]
    if isinstance(value, dict) and head in value:
        return {**value, head: _replaced(value[head], rest, integer)}
    if isinstance(value, list) and isinstance(head, int) and head < len(value):
        return [*value[:head], _replaced(value[head], rest, integer), *value[head + 1 :]]
    return _replaced(value, rest, integer)
