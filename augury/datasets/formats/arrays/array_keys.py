"""What the arrays of a file are for, by the names that people give them: ``x_train``, ``train_images``, ``labels``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.errors import DatasetError
from augury.datasets.formats.split_names import split_of, split_of_path
from augury.datasets.formats.tables.columns import quoted_names

_ROLES: Mapping[str, str] = {
    **dict.fromkeys(("x", "image", "images", "img", "imgs", "data"), "images"),
    **dict.fromkeys(("y", "label", "labels", "target", "targets"), "labels"),
    **dict.fromkeys(("split", "splits"), "splits"),
    **dict.fromkeys(("group", "groups", "patient", "patients", "subject", "subjects"), "groups"),
    **dict.fromkeys(("class_names", "classes", "label_names", "target_names"), "names"),
}
_RULE = "array.keys"


@dataclass
class Part:
    """The keys of arrays that belong together: one split, or all there is."""

    split: str | None
    roles: dict[str, str] = field(default_factory=dict)


def find_parts(keys: Sequence[str], given: ManifestColumns | None) -> tuple[list[Part], str | None]:
    """The parts that have images, train first, and the key of the class names. *keys* may begin with folders.

    Raises:
        DatasetError: ``array.keys``: several arrays for one purpose, or a given key that is not there.
    """
    if given is not None and given.file is not None:
        return [Part(None, _given_roles(keys, given))], None
    parts: dict[str | None, Part] = {}
    class_names: str | None = None
    for key in keys:
        split, role = _meaning(key)
        if role == "names" and split is None:
            class_names = key
        elif role is not None:
            roles = parts.setdefault(split, Part(split)).roles
            if role in roles:
                raise DatasetError(
                    _RULE,
                    f"{roles[role]!r} and {key!r} could both be the {role}; say which as columns in the reference",
                )
            roles[role] = key
    with_images = [part for part in parts.values() if "images" in part.roles]
    return sorted(with_images, key=lambda part: _ORDER.index(part.split)), class_names


_ORDER = ("train", "validation", "test", None)


def _given_roles(keys: Sequence[str], given: ManifestColumns) -> dict[str, str]:
    chosen = {"images": given.file, "labels": given.label, "splits": given.split, "groups": given.group}
    missing = [key for key in chosen.values() if key is not None and key not in keys]
    if missing:
        raise DatasetError(_RULE, f"there is no array {missing[0]!r}; the arrays are {quoted_names(keys)}")
    return {role: key for role, key in chosen.items() if key is not None}


def _meaning(key: str) -> tuple[str | None, str | None]:
    """Split and role: every word of the name itself must be understood, folders may only add a split."""
    path = PurePosixPath(key)
    words = [word for word in re.split(r"[^a-z0-9]+", path.name.casefold()) if word]
    splits = [split for word in words if (split := split_of(word)) is not None]
    role = _ROLES.get("_".join(word for word in words if split_of(word) is None))
    if len(splits) > 1:
        return None, None
    return (splits[0] if splits else split_of_path(path.parent.as_posix())), role
