"""Which candidates may stand beside each other: those that differ in their specs alone; else, which field differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.web.compare.chosen import Chosen

_COMPARED = ("dataset", "model", "split", "training", "engine")
"""Parts of a trial's definition; its spec and seed are what a comparison is about."""
_MAX_VALUE_LENGTH = 80
_ABSENT = "nothing"


@dataclass(frozen=True)
class Refused:
    """A candidate that is not comparable with the first: the field that differs, here and there."""

    chosen: Chosen
    field: str
    value: str
    expected: str


def sorted_out(chosen: Sequence[Chosen]) -> tuple[list[Chosen], list[Refused]]:
    """Those that fit the first one, and those that do not, each with a field that differs."""
    fitting: list[Chosen] = []
    refused: list[Refused] = []
    for each in chosen:
        found = next(differences(fitting[0], each), None) if fitting else None
        if found is None:
            fitting.append(each)
        else:
            refused.append(Refused(each, *found))
    return fitting, refused


def differences(first: Chosen, other: Chosen) -> Iterator[tuple[str, str, str]]:
    """Fields that differ: each with the other's value and the first's, as one would read them."""
    one, another = _conditions(first), _conditions(other)
    for field in dict.fromkeys([*one, *another]):
        if one.get(field, _ABSENT) != another.get(field, _ABSENT):
            yield field, _in_words(another.get(field, _ABSENT)), _in_words(one.get(field, _ABSENT))


def _conditions(chosen: Chosen) -> dict[str, Any]:
    """All that must be the same, by field."""
    stored = chosen.definition or {"dataset": chosen.report.provenance.dataset_digest}
    parts = {part: stored[part] for part in _COMPARED if part in stored}
    return {"metric": chosen.report.method.metric, **dict(_flat(parts))}


def _flat(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, each in value.items():
        if isinstance(each, Mapping) and each:
            yield from _flat(each, f"{above}{name}.")
        else:
            yield f"{above}{name}", each


def _in_words(value: Any) -> str:
    text = _ABSENT if value is None else str(value)
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[: _MAX_VALUE_LENGTH - 1]}…"
