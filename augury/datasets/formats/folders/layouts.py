"""Which reading of the folders at the top is taken: the first that fits, or the one that the client asks for.

Names decide where all of them say a split; then what the folders hold does: siblings with the same folders in them are
parts of the same classes. Where it could be otherwise, a note says how to ask for that; where two readings are as good,
the dataset is refused with both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from augury.datasets.formats.folders import flat_folders, nested_folders
from augury.datasets.formats.folders.names import PREDICTION, folder_name
from augury.datasets.formats.folders.reading import (
    BESIDE,
    UNLABELLED,
    Reading,
    several,
)
from augury.datasets.formats.folders.tree import Folder, Siblings, inner_folder, siblings_of

_MAX_LEVELS = 3
_MAX_SPLIT_FOLDERS = 100
"""Beside each other; a hundred thousand folders are classes, and their names need not all be looked at."""


def decide(top: Folder, layout: str | None) -> Reading:
    """The reading of the folders below *top*.

    Raises:
        DatasetError: ``folder.layout``: two readings are as good; or ``labels.missing``: no folder can be a class.
    """
    above: list[str] = []
    notes: list[str] = []
    for _ in range(_MAX_LEVELS):
        inner = _only_folder_that_matters(top, layout)
        if inner is None:
            break
        others = top.images + sum(folder.count for name, folder in top.children.items() if name != inner)
        notes.append(
            f"the dataset is taken to be what is in {inner!r}; {others} images beside it are left out: pack that "
            "folder alone if this is right, or without it if not"
        )
        above.append(inner)
        top = top.children[inner]
    siblings = siblings_of(top)
    reading = _ASKED[layout](siblings) if layout in _ASKED else _told(siblings)
    return replace(reading, above=tuple(above), notes=(*notes, *reading.notes), dropped=siblings.dropped)


def _told(siblings: Siblings) -> Reading:
    for rule in _RULES:
        reading = rule(siblings)
        if reading is not None:
            return reading
    return Reading()


def _only_folder_that_matters(top: Folder, layout: str | None) -> str | None:
    """The one folder that holds splits, or classes, beside others that hold nothing alike."""
    if layout == "classes":
        return None
    if len(top.children) == 1 and top.images:
        ((name, folder),) = top.children.items()
        inner = inner_folder(name, folder)[1]
        return name if len(inner.children) > 1 and folder_name(name).role is None else None
    if any(folder_name(name).sure_role for name in top.children):
        return None
    with_splits = [name for name, folder in top.children.items() if _holds_splits(folder)]
    others = [name for name in top.children if name not in with_splits]
    return with_splits[0] if len(with_splits) == 1 and others else None


def _holds_splits(folder: Folder) -> bool:
    if len(folder.children) > _MAX_SPLIT_FOLDERS:
        return False
    roles = {folder_name(name).sure_role for name, child in folder.children.items() if child.children}
    return len(roles - {None, PREDICTION}) > 1


def _classes(_: Siblings) -> Reading:
    """As asked for: every folder at the top is a class."""
    return Reading()


def _splits(siblings: Siblings) -> Reading:
    """As asked for: by all names that say a split, in any company; or groups where none does."""
    nested = siblings.nested
    roles = {name: siblings.names[name].role for name in nested}
    splits = {name: role for name, role in roles.items() if role not in (None, PREDICTION)}
    if not splits:
        reading = Reading(class_level=1, are_groups=len(nested) > 1)
        return reading.leaving_out(siblings.flat, UNLABELLED)
    odd = [name for name in nested if name not in splits]
    note = [f"the folders {several(odd)} say no split and are left out"] if odd else []
    reading = Reading(class_level=1, splits=splits)
    return reading.leaving_out(odd, BESIDE, *note).leaving_out(siblings.flat, UNLABELLED)


def _pooled(siblings: Siblings) -> Reading:
    """As asked for: the folders at the top mean nothing."""
    return Reading(class_level=1).leaving_out(siblings.flat, UNLABELLED)


_ASKED: dict[str | None, Callable[[Siblings], Reading]] = {
    "classes": _classes,
    "splits": _splits,
    "pooled": _pooled,
}
_RULES: tuple[Callable[[Siblings], Reading | None], ...] = (
    flat_folders.read,
    nested_folders.classes_around_splits,
    nested_folders.named_splits,
    nested_folders.loosely_named_splits,
    nested_folders.parts,
    nested_folders.same_folders,
    nested_folders.classes,
)
