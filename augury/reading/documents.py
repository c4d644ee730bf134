"""Specs in JSON and YAML: requests of this project, and mappings that can be nothing but a spec."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.reading.found import Contents, FoundSpec, Note, Position
from augury.reading.yaml_nodes import Placed, TooMuchError, YamlMissingError, plain, read_yaml

MIN_TELLING = 2
_COMMON = frozenset({"rescale", "dtype", "data_format", "validation_split", "cval", "fill_mode", "interpolation_order"})
"""Parameters whose names are used for other things, too."""
_TELLING = frozenset(ImageDataGeneratorSpec.model_fields) - _COMMON


@dataclass(frozen=True)
class _Candidate:
    name: str
    spec: Placed
    is_certain: bool


def read_json(content: bytes) -> Contents:
    """The specs in a JSON document; none where it is anything else."""
    return _read(content, _json)


def read_yaml_file(content: bytes) -> Contents:
    """The specs in the documents of a YAML file; none where it is anything else."""
    return _read(content, read_yaml)


def _read(content: bytes, load: Callable[[bytes], list[Any]]) -> Contents:
    try:
        documents = load(content)
    except (TooMuchError, YamlMissingError) as error:
        return Contents(notes=(Note(Position(), str(error)),))
    except ValueError as error:
        return Contents(notes=(Note(Position(), f"cannot be read: {' '.join(str(error).split())}"),))
    found = [each for document in documents for each in _candidates(document)]
    return Contents(tuple(_found(each) for each in found if each.is_certain or _is_spec(each.spec)))


def _candidates(document: Any) -> Iterator[_Candidate]:
    """Whatever is, or may be, a spec; without recursion, in the document's order."""
    due = [document]
    while due:
        value = due.pop()
        if isinstance(value, list):
            due += reversed(value)
        elif isinstance(value, Placed):
            if _is_request(value):
                yield from _of_request(value)
            elif _looks_like_a_spec(value):
                yield _Candidate("", value, is_certain=False)
            else:
                due += reversed(list(value.values()))


def _is_request(value: Placed) -> bool:
    """Whether it is a job's request, which is told by its kind and dataset."""
    has_spec = isinstance(value.get("spec"), Placed) or isinstance(value.get("candidates"), list)
    return has_spec and isinstance(value.get("kind"), str) and "dataset" in value


def _of_request(value: Placed) -> Iterator[_Candidate]:
    if isinstance(value.get("spec"), Placed):
        yield _Candidate("", value["spec"], is_certain=True)
    candidates = value.get("candidates")
    for each in candidates if isinstance(candidates, list) else ():
        if isinstance(each, Placed) and isinstance(each.get("spec"), Placed):
            yield _Candidate(str(each.get("name", "")), each["spec"], is_certain=True)


def _looks_like_a_spec(value: Mapping[str, Any]) -> bool:
    """Whether all its names are parameters, and some of them nobody else's."""
    return set(value) <= set(ImageDataGeneratorSpec.model_fields) and len(_TELLING & set(value)) >= MIN_TELLING


def _is_spec(value: Placed) -> bool:
    """Whether it really is one: other libraries have some of the names for other values."""
    try:
        ImageDataGeneratorSpec.model_validate(plain(value))
    except ValidationError:
        return False
    return True


def _found(candidate: _Candidate) -> FoundSpec:
    spec = candidate.spec
    known = {name: value for name, value in spec.items() if name in ImageDataGeneratorSpec.model_fields}
    return FoundSpec(
        position=spec.position,
        arguments={name: plain(value) for name, value in known.items()},
        unknown={name: spec.keys_at.get(name, spec.position) for name in spec if name not in known},
        positions={name: spec.keys_at.get(name, spec.position) for name in known},
        name=candidate.name,
    )


def _json(content: bytes) -> list[Any]:
    try:
        text = content.decode("utf-8-sig")
        return [_PlacingDecoder(text).decode(text)]
    except RecursionError:
        raise TooMuchError("is nested too deep to be read") from None


class _PlacingDecoder(json.JSONDecoder):
    """Reads objects as `Placed`: Python's own scanner says where each of them begins."""

    def __init__(self, text: str) -> None:
        super().__init__()
        starts = [0, *(index + 1 for index, character in enumerate(text) if character == "\n")]
        read_object: Any = json.decoder.JSONObject  # type: ignore[attr-defined]

        def placed(begun: tuple[str, int], *rest: Any) -> tuple[Placed, int]:
            value, end = read_object(begun, *rest)
            return Placed(value, _position(starts, begun[1] - 1)), end

        self.parse_object = placed
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def _position(starts: list[int], index: int) -> Position:
    line = bisect_right(starts, index)
    return Position(0, line, index - starts[line - 1] + 1)
