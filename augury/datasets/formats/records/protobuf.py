"""The few kinds of protobuf messages that ``tf.train.Example`` is made of, read strictly and without recursion.

``Example { Features { map<string, Feature> } }``, where a ``Feature`` is a list of bytes, floats or integers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from augury.datasets.errors import DatasetError

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}
_MAX_VARINT_BYTES = 10
_MAX_FIELDS = 1_000
_BYTES_LIST, _FLOATS_LIST, _INTEGERS_LIST = 1, 2, 3
_FLOAT = struct.Struct("<f")
RULE = "tfrecord.example"


class MalformedError(DatasetError):
    """Bytes that are no ``tf.train.Example``; says at which one."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(RULE, f"{what} at byte {offset} of the record")


@dataclass(frozen=True)
class Feature:
    """A feature that was found, not copied: where its message begins and ends in the record."""

    start: int
    end: int


def features_of(record: bytes) -> dict[str, Feature]:
    """The features of a serialized ``tf.train.Example`` by name; of equal names the last counts, as in a map.

    Raises:
        DatasetError: ``tfrecord.example``.
    """
    found: dict[str, Feature] = {}
    for start, end in _messages(record, 0, len(record), 1):
        for entry_start, entry_end in _messages(record, start, end, 1):
            name, feature = "", Feature(entry_end, entry_end)
            for number, inner_start, inner_end in _fields(record, entry_start, entry_end):
                if number == 1:
                    name = _text(record, inner_start, inner_end)
                elif number == 2:
                    feature = Feature(inner_start, inner_end)
            found[name] = feature
    return found


def bytes_value(record: bytes, feature: Feature) -> tuple[int, int] | None:
    """Where the one value of a list of bytes lies in the record; None where there is another number of them.

    Raises:
        DatasetError: ``tfrecord.example``.
    """
    values = [
        value
        for start, end in _messages(record, feature.start, feature.end, _BYTES_LIST)
        for value in _messages(record, start, end, 1)
    ]
    return values[0] if len(values) == 1 else None


def integer_value(record: bytes, feature: Feature) -> int | None:
    """The one value of a list of integers; None where there is another number of them.

    Raises:
        DatasetError: ``tfrecord.example``.
    """
    values: list[int] = []
    for start, end in _messages(record, feature.start, feature.end, _INTEGERS_LIST):
        offset = start
        while offset < end:
            number, wire, offset = _tag(record, offset, end)
            if number != 1 or wire not in (_VARINT, _LENGTH):
                raise MalformedError("a list of integers holds something else", offset)
            stop = offset + 1 if wire == _VARINT else None
            if stop is None:
                length, offset = _varint(record, offset, end)
                stop = _require_inside(offset + length, end, offset)
            while offset < stop:
                value, offset = _varint(record, offset, end)
                values.append(value)
                if len(values) > 1:
                    return None
    return _signed(values[0]) if values else None


def float_value(record: bytes, feature: Feature) -> float | None:
    """The one value of a list of floats; None where there is another number of them.

    Raises:
        DatasetError: ``tfrecord.example``.
    """
    spans: list[int] = []
    for start, end in _messages(record, feature.start, feature.end, _FLOATS_LIST):
        offset = start
        while offset < end:
            number, wire, offset = _tag(record, offset, end)
            if number != 1 or wire not in (_FIXED32, _LENGTH):
                raise MalformedError("a list of floats holds something else", offset)
            length = _FLOAT.size
            if wire == _LENGTH:
                length, offset = _varint(record, offset, end)
            stop = _require_inside(offset + length, end, offset)
            if length % _FLOAT.size:
                raise MalformedError("a float that is cut off", offset)
            spans.extend(range(offset, stop, _FLOAT.size)[: 2 - len(spans)])
            offset = stop
    return float(_FLOAT.unpack_from(record, spans[0])[0]) if len(spans) == 1 else None


def _messages(record: bytes, start: int, end: int, field_number: int) -> Iterator[tuple[int, int]]:
    """Where the fields of number *field_number* lie."""
    for number, inner_start, inner_end in _fields(record, start, end):
        if number == field_number:
            yield inner_start, inner_end


def _fields(record: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of every length-delimited field of a message; others are stepped over."""
    offset = start
    for _ in range(_MAX_FIELDS):
        if offset == end:
            return
        number, wire, offset = _tag(record, offset, end)
        if wire == _LENGTH:
            length, offset = _varint(record, offset, end)
            stop = _require_inside(offset + length, end, offset)
            yield number, offset, stop
            offset = stop
        elif wire == _VARINT:
            _, offset = _varint(record, offset, end)
        elif wire in _FIXED_SIZES:
            offset = _require_inside(offset + _FIXED_SIZES[wire], end, offset)
        else:
            raise MalformedError(f"a field of the unknown kind {wire}", offset)
    if offset != end:
        raise MalformedError(f"a message with more than {_MAX_FIELDS} fields", offset)


def _tag(record: bytes, offset: int, end: int) -> tuple[int, int, int]:
    tag, after = _varint(record, offset, end)
    if tag >> 3 == 0:
        raise MalformedError("a field of the number 0", offset)
    return tag >> 3, tag & 7, after


def _varint(record: bytes, offset: int, end: int) -> tuple[int, int]:
    value = 0
    for count in range(_MAX_VARINT_BYTES):
        if offset + count >= end:
            raise MalformedError("a number that is cut off", offset)
        byte = record[offset + count]
        value |= (byte & 0x7F) << (7 * count)
        if byte < 0x80:
            return value, offset + count + 1
    raise MalformedError("a number of more than ten bytes", offset)


def _require_inside(stop: int, end: int, offset: int) -> int:
    if stop > end:
        raise MalformedError(f"a length of {stop - offset}, with {end - offset} bytes left,", offset)
    return stop


def _signed(value: int) -> int:
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def _text(record: bytes, start: int, end: int) -> str:
    try:
        return record[start:end].decode()
    except UnicodeDecodeError:
        raise MalformedError("a feature's name that is not UTF-8", start) from None
