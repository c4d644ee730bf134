"""Whether labels are names of one class each, or lists of several."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from augury.datasets.errors import DatasetError

_SURE_SEPARATORS = ("|", ";", "\n")
_SEPARATORS = (",", "/", "+", "&")
_LIST = re.compile(r"[\[{(].*,.*[\])}]", re.DOTALL)
SEVERAL_LABELS = (
    "keep the images that have one label; or make a dataset for each label, "
    "whose classes are yes and no; or, if the combinations are meant as classes, write them in one word (a_b)"
)


def require_one_label_each(labels: Collection[str], where: str) -> None:
    """See that no label is a list of labels. *labels* are the distinct ones.

    A label with a separator in it may be a name ("golden retriever"): a list has parts that are labels elsewhere.

    Raises:
        DatasetError: ``labels.several``.
    """
    separators = ("", *_SURE_SEPARATORS, *_SEPARATORS, " ")
    lists = next((found for separator in separators if (found := _lists(labels, separator))), [])
    if lists:
        shown = ", ".join(repr(label[:60]) for label in lists[:3])
        raise DatasetError(
            "labels.several",
            f"{where} has images with several labels, e.g. {shown}; an image must have one class: {SEVERAL_LABELS}",
        )


def _lists(labels: Collection[str], separator: str) -> list[str]:
    if not separator:
        return sorted(label for label in labels if _LIST.fullmatch(label))
    parts = {label: _parts(label, separator) for label in labels}
    combined = {label: found for label, found in parts.items() if len(found) > 1}
    if not combined:
        return []
    uses = Counter(part for found in parts.values() for part in set(found))
    is_list = _IS_LIST.get(separator, _recurs)
    return sorted(combined) if is_list(combined, uses, labels) else []


def _parts(label: str, separator: str) -> list[str]:
    return [part.strip() for part in label.split(separator) if part.strip()]


def _any_recurs(combined: dict[str, list[str]], uses: Counter[str], labels: Collection[str]) -> bool:
    return any(uses[part] > 1 for found in combined.values() for part in found)


def _recurs(combined: dict[str, list[str]], uses: Counter[str], labels: Collection[str]) -> bool:
    """Whether all parts of one label are parts of others, or labels by themselves."""
    return any(all(uses[part] > 1 for part in found) for found in combined.values())


def _spaced(combined: dict[str, list[str]], uses: Counter[str], labels: Collection[str]) -> bool:
    """Names of classes have spaces, so more is needed: no part is new, and a list lies in another, or is of numbers."""
    if any(all(part.isdigit() for part in found) for found in combined.values()):
        return True
    known = set(labels)
    if any(uses[part] == 1 for found in combined.values() for part in found):
        return any(all(part in known for part in found) for found in combined.values()) and len(uses) < len(labels)
    sets = {frozenset(found) for found in combined.values()}
    shorter = {part_set - {part} for part_set in sets if len(part_set) > 2 for part in part_set}
    return bool(sets & shorter) or any(all(part in known for part in found) for found in combined.values())


_IS_LIST = {**dict.fromkeys(_SURE_SEPARATORS, _any_recurs), " ": _spaced}
