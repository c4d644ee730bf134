"""Folders at the top that hold folders: splits of the classes in them, parts of them, or classes with a structure.

Each function is one reading: what it makes of the folders, or None where it does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from augury.datasets.formats.folders.names import PREDICTION, folder_name
from augury.datasets.formats.folders.reading import (
    BESIDE,
    UNLABELLED,
    Reading,
    ambiguous,
    mapping_note,
    predictions_note,
    several,
    to_ask_for,
)
from augury.datasets.formats.folders.tree import Siblings

_POOLED = to_ask_for("pooled", "they mean nothing")


def classes_around_splits(siblings: Siblings) -> Reading | None:
    """``cat/train``, ``cat/test``: the folders in every class are splits.

    Raises:
        DatasetError: ``folder.layout``: there are folders in these, too.
    """
    inner = [siblings.folders[name].children for name in siblings.nested]
    if not inner or siblings.flat or not all(folder_name(name).sure_role for children in inner for name in children):
        return None
    splits = {name: folder_name(name).sure_role for children in inner for name in children}
    found = {name: role for name, role in splits.items() if role not in (None, PREDICTION)}
    if len(set(found.values())) < 2:
        return None
    if any(folder.children for children in inner for folder in children.values()):
        raise ambiguous(
            f"each of {several(siblings.nested)} holds splits of its own with folders in them",
            "these could be several datasets, or folds of one: give one of them alone.",
            "Or they could be the classes: then put the splits around them (train/class), or",
            to_ask_for("classes", "there are no splits") + ".",
        )
    note = (
        f"the folders {several(list(splits))} in every class are taken for its splits; "
        f"{to_ask_for('pooled', 'they are the classes')}"
    )
    return Reading(splits=found, notes=(note,))


def named_splits(siblings: Siblings) -> Reading | None:
    """``train/cat``, ``test_set/cat``: names say splits and nothing else.

    A folder beside them that holds the same folders shows that these are no splits: all of them are classes.

    Raises:
        DatasetError: ``folder.layout``: others hold other folders, and only one of them says a split.
    """
    sure = {name: siblings.names[name].sure_role for name in siblings.nested}
    splits = {name: role for name, role in sure.items() if role not in (None, PREDICTION)}
    if not splits:
        return None
    unlabelled = [name for name in siblings.folders if name not in splits and _says_prediction(siblings, name)]
    others = [name for name in siblings.folders if name not in splits and name not in unlabelled]
    if others and all(siblings.names[name].is_part and name in sure for name in others):
        splits, others = {**dict.fromkeys(others, "train"), **splits}, []
    if any(_look_alike(siblings, other, named) for other in others for named in splits):
        return _classes_called_splits(siblings, list(splits), unlabelled)
    if others and not _share_folders(siblings, splits):
        raise _either(siblings, list(splits), others)
    reading = Reading(class_level=1, splits=splits)
    left_out = (
        f"{several(others)}: {siblings.images(others)} images beside the splits {several(list(splits))} are left out; "
        f"{to_ask_for('classes', 'all of these are classes')}"
    )
    reading = reading.leaving_out(others, BESIDE, *([left_out] if others else []))
    reading = reading.leaving_out(unlabelled, UNLABELLED, *predictions_note(siblings, unlabelled))
    return reading.leaving_out((), "", *mapping_note(siblings, reading.splits))


def loosely_named_splits(siblings: Siblings) -> Reading | None:
    """``birds_train/owl``, ``birds_test/owl``: each name has a word for a split, and what they hold agrees."""
    names = {name: siblings.names[name] for name in siblings.nested}
    splits = {name: found.role for name, found in names.items() if found.role not in (None, PREDICTION)}
    alike = _share_folders(siblings, splits) or len({names[name].rest for name in splits}) == 1
    if len(splits) < len(names) or len(set(splits.values())) < 2 or not alike:
        return None
    reading = Reading(class_level=1, splits=splits)
    reading = reading.leaving_out(siblings.flat, UNLABELLED, *predictions_note(siblings, siblings.flat))
    return reading.leaving_out((), "", *mapping_note(siblings, reading.splits))


def parts(siblings: Siblings) -> Reading | None:
    """``fold0/cat``, ``fold1/cat``: numbered folds or parts; each is a group where they share classes."""
    nested = siblings.nested
    if len(nested) < 2 or not all(siblings.names[name].is_part for name in nested):
        return None
    if _common(siblings, nested):
        return _groups(siblings)
    note = (
        f"the folders {several(nested)} are taken for parts of one dataset, whose classes are the folders in them; "
        f"{to_ask_for('classes', 'they are the classes')}"
    )
    reading = Reading(class_level=1, notes=(note,))
    return reading.leaving_out(siblings.flat, UNLABELLED, *predictions_note(siblings, siblings.flat))


def same_folders(siblings: Siblings) -> Reading | None:
    """``berlin/cat``, ``paris/cat``: all hold the same folders, which are the classes then.

    Raises:
        DatasetError: ``folder.layout``: others hold images only, as classes do.
    """
    nested = siblings.nested
    if len(nested) < 2 or len({siblings.inside(name) for name in nested}) > 1 or len(siblings.inside(nested[0])) < 2:
        return None
    others = [name for name in siblings.flat if not _says_prediction(siblings, name)]
    if others:
        raise _either(siblings, nested, others)
    return _groups(siblings)


def classes(siblings: Siblings) -> Reading:
    """``cat/indoor``, ``dog/at/the/beach``: folders are classes, with whatever is in them."""
    unlabelled = [name for name in siblings.flat if siblings.names[name].sure_role not in (None, "train")]
    reading = Reading().leaving_out(unlabelled, UNLABELLED, *predictions_note(siblings, unlabelled))
    shared = _common(siblings, siblings.nested) if len(siblings.nested) > 1 else frozenset()
    if not shared:
        return reading
    note = (
        f"the folders {several(siblings.nested)} are taken for classes, though all hold {several(sorted(shared))}; "
        f"{to_ask_for('splits', 'those are the classes')}"
    )
    return reading.leaving_out((), "", note)


def _groups(siblings: Siblings) -> Reading:
    nested = siblings.nested
    note = (
        f"the folders {several(nested)} hold the same folders, which are taken for the classes; each of the "
        f"{len(nested)} is a group, whose images never land on both sides of a split; {_POOLED}, "
        f"{to_ask_for('classes', 'they are the classes')}"
    )
    reading = Reading(class_level=1, are_groups=True, notes=(note,))
    return reading.leaving_out(siblings.flat, UNLABELLED, *predictions_note(siblings, siblings.flat))


def _classes_called_splits(siblings: Siblings, named: Sequence[str], unlabelled: Sequence[str]) -> Reading:
    note = (
        f"the folders {several(named)} are taken for classes like the others, which hold the same folders; "
        f"{to_ask_for('splits', 'they are splits of the classes in them (folders that say no split are left out)')}"
    )
    flat = [name for name in unlabelled if not siblings.folders[name].children]
    return Reading(notes=(note,)).leaving_out(flat, UNLABELLED, *predictions_note(siblings, flat))


def _either(siblings: Siblings, first: Sequence[str], others: Sequence[str]) -> Exception:
    return ambiguous(
        f"the folders {several(first)} look like splits or parts, and {several(others)} beside them do not",
        to_ask_for("classes", "all of them are classes,"),
        "or",
        to_ask_for("splits", f"the folders in {several(first)} are the classes"),
    )


def _says_prediction(siblings: Siblings, name: str) -> bool:
    found, is_flat = siblings.names[name], not siblings.folders[name].children
    return found.sure_role == PREDICTION or (is_flat and (found.sure_role is not None or found.role == PREDICTION))


def _look_alike(siblings: Siblings, first: str, second: str) -> bool:
    inside = siblings.inside(first)
    return len(inside) > 1 and inside == siblings.inside(second)


def _share_folders(siblings: Siblings, splits: Mapping[str, str]) -> bool:
    """Whether there are at least two different splits, and a folder that all of them hold."""
    return len(set(splits.values())) > 1 and bool(_common(siblings, list(splits)))


def _common(siblings: Siblings, names: Sequence[str]) -> frozenset[str]:
    return reduce(frozenset.intersection, (siblings.inside(name) for name in names)) if names else frozenset()
