"""Folders at the top that hold images and no folders: classes, unless their names say otherwise."""

from __future__ import annotations

from augury.datasets.errors import DatasetError
from augury.datasets.formats.folders.names import PREDICTION
from augury.datasets.formats.folders.reading import (
    UNLABELLED,
    Reading,
    ambiguous,
    predictions_note,
    several,
    to_ask_for,
)
from augury.datasets.formats.folders.tree import Siblings

_NO_LABELS = "or put each class's images in a folder of its own, or add a table of their labels"


def read(siblings: Siblings) -> Reading | None:
    """Each folder is a class, but not one of images to predict; None where some of them hold folders.

    Raises:
        DatasetError: ``labels.missing``: all are named after splits; ``folder.layout``: two are, or all are parts.
    """
    if siblings.nested or not siblings.flat:
        return None
    roles = {name: siblings.names[name].sure_role for name in siblings.flat}
    named = [name for name, role in roles.items() if role is not None]
    if len(named) == len(roles):
        raise DatasetError(
            "labels.missing",
            f"the folders {several(named)} are named after splits and hold images, but nothing says the images' "
            f"classes; {to_ask_for('classes', 'they are the classes')}, {_NO_LABELS}",
        )
    if len(set(roles.values()) - {None, PREDICTION}) > 1 or _are_alike(siblings):
        names = named or siblings.flat
        raise ambiguous(
            f"the folders {several(names)} look like splits or parts of a dataset and hold images without classes",
            to_ask_for("classes", "they are classes like the others,"),
            _NO_LABELS,
        )
    unlabelled = [name for name in named if roles[name] != "train"]
    doubtful = [name for name in named if roles[name] == "train"]
    notes = [
        f"the folder {name!r} holds images and no folders, so it is taken for a class; leave it out if its images have "
        "no labels"
        for name in doubtful
    ]
    return Reading().leaving_out(unlabelled, UNLABELLED, *predictions_note(siblings, unlabelled), *notes)


def _are_alike(siblings: Siblings) -> bool:
    """Whether all names are numbers of parts, or differ in the word for the split only: birds_train, birds_test."""
    names = [siblings.names[name] for name in siblings.flat]
    if len(names) < 2:
        return False
    rest = {name.rest for name in names}
    return all(name.is_part for name in names) or (len(rest) == 1 and len({name.role for name in names} - {None}) > 1)
