"""What is wrong with a request, field by field, in words: what was received and what was expected."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, get_args

from pydantic_core.core_schema import ErrorType

from api_schemas.service.problems import FieldProblem

MAX_NAMED_FIELDS = 50
"""Whoever has more faulty fields than these has one mistake that is behind them all."""
_MAX_SHOWN_LENGTH = 120
_FIRST_PART_OF_LOCATION = 1
_OF_THE_SCHEMA = {*get_args(ErrorType), "missing_kind", "unknown_field"} - {"value_error", "assertion_error"}
"""Types of errors that JSON Schema has a word for; all others are of rules that are written in Python."""
_ENCODER = json.JSONEncoder(ensure_ascii=True, default=repr)


def shown(value: Any) -> str:
    """A received value for a message: one line, ASCII, of bounded length."""
    text = ""
    try:
        for piece in _ENCODER.iterencode(value):  # a megabyte is not written out for the sake of its first line
            text += piece
            if len(text) > _MAX_SHOWN_LENGTH:
                break
    except (ValueError, RecursionError):
        text = ascii(type(value).__name__)
    return text if len(text) <= _MAX_SHOWN_LENGTH else text[: _MAX_SHOWN_LENGTH - 3] + "..."


def in_ascii(location: str) -> str:
    """A location that a client made up a part of, with escapes for what is not ASCII."""
    return location.encode("ascii", "backslashreplace").decode()


def field_problems(lines: Sequence[Any], body: Any) -> list[FieldProblem]:
    """One problem per faulty field, however many alternatives of its type were tried.

    Args:
        lines: pydantic's errors, whose locations begin with ``body``, ``query`` or the like.
        body: what was received.
    """
    expectations: dict[str, list[str]] = defaultdict(list)
    received: dict[str, Any] = {}
    beyond: set[str] = set()
    for line in lines:
        is_missing = line["type"] in _NOTHING_RECEIVED
        location = _location(line["loc"], body, is_missing=is_missing)
        expectation = _expectation(line)
        if expectation not in expectations[location]:
            expectations[location].append(expectation)
        if line["type"] not in _OF_THE_SCHEMA:
            beyond.add(location)
        received.setdefault(location, _MISSING if is_missing else line["input"])
    return [
        FieldProblem(
            location=location, message=_message(received[location], expected), beyond_schema=location in beyond
        )
        for location, expected in expectations.items()
    ]


def first_problems(problems: list[FieldProblem]) -> tuple[str, list[FieldProblem]]:
    """What is said of faulty fields in a sentence, and as many of them as are named."""
    count = len(problems)
    said = "one field is not as expected" if count == 1 else f"{count:,} fields are not as expected"
    if count > MAX_NAMED_FIELDS:
        said += f", of which the first {MAX_NAMED_FIELDS} are named"
    return said, problems[:MAX_NAMED_FIELDS]


_MISSING = object()
_NOTHING_RECEIVED = frozenset({"missing", "missing_kind"})
_EXPECTATIONS = {
    "missing": "a value; the field is required",
    "tuple_type": "a list of two numbers [low, high]",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
}


def _expectation(line: Any) -> str:
    fixed = _EXPECTATIONS.get(line["type"])
    return fixed or str(line["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")


def _message(received: Any, expected: list[str]) -> str:
    joined = " or ".join(expected)
    if received is _MISSING:
        return f"got nothing, expected {joined}"
    if joined.startswith(("a ", "an ", "in ", "greater", "less", "'", "the ", "valid")):
        return f"got {shown(received)}, expected {joined}"
    return f"got {shown(received)}: {joined}"


def _location(loc: Sequence[int | str], body: Any, *, is_missing: bool) -> str:
    """The path to a field as the client wrote it: without the names of a union's alternatives."""
    source, rest = str(loc[0]), list(loc[_FIRST_PART_OF_LOCATION:])
    if source != "body":
        return ".".join(map(str, loc))
    path, here, is_past_tag = source, body, False
    for index, part in enumerate(rest):
        if not is_past_tag and isinstance(here, dict) and here.get("kind") == part:
            is_past_tag = True  # the alternative that the kind chose, which may be called like a field
            continue
        before = here
        is_item = isinstance(here, list) and isinstance(part, int) and part < len(here)
        is_field = isinstance(here, dict) and part in here
        if is_item:
            path, here = f"{path}[{part}]", here[int(part)]
        elif is_field:
            path, here = f"{path}.{part}", here[part]
        elif is_missing and index == len(rest) - 1 and isinstance(here, dict):
            path = f"{path}.{part}"  # it is not in the body
        is_past_tag = is_past_tag and here is before
    return in_ascii(path)
