"""What the arrays of a file are for, by the names that people give them: ``x_train``, ``train_images``, ``labels``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.errors import DatasetError
from augury.datasets.formats.split_names import split_of, split_of_path
from augury.datasets.formats.tables.columns import quoted_names

_ROLES: Mapping[str, str] = {
    **dict.fromkeys(("x", "xs", "image", "images", "img", "imgs", "pixels", "data"), "images"),
    **dict.fromkeys(("y", "ys", "label", "labels", "lbl", "lbls", "target", "targets"), "labels"),
    **dict.fromkeys(("split", "splits"), "splits"),
    **dict.fromkeys(("group", "groups", "patient", "patients", "subject", "subjects"), "groups"),
    **dict.fromkeys(("class_names", "classes", "label_names", "target_names"), "names"),
}
_RULE = "array.keys"
_WORD = re.compile(r"[a-z0-9]+")
_SAYS_NOTHING = re.compile(r"arr_\d+|arr|array|data|values|a")
"""NumPy's own name for an array that was given none, and people's for the only one in a file."""


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
    for key, split, role in _meanings(keys):
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


@dataclass(frozen=True)
class _Name:
    """The words of an array's name, or of its file's, and what the folders around it say."""

    splits: frozenset[str]
    words: tuple[str, ...]
    """Those that mean no split."""
    folders: str

    def role(self, shared: frozenset[str] = frozenset()) -> str | None:
        """What all words together mean, or all but those that are *shared* with every other name."""
        own = (word for word in self.words if word not in shared)
        return _ROLES.get("_".join(self.words)) or _ROLES.get("_".join(own))


def _names(keys: Sequence[str]) -> dict[str, _Name]:
    """What names an array: its key, or the file in which it is alone under a name that says nothing (``arr_0``)."""
    names: dict[str, _Name] = {}
    for key in keys:
        path = PurePosixPath(key)
        name = _name(path)
        if path.parent.name and _SAYS_NOTHING.fullmatch(path.name.casefold()):
            outer = _name(path.parent)
            name = outer if _has_role(outer) or not _has_role(name) else name
        names[key] = name
    return names


def _name(path: PurePosixPath) -> _Name:
    words = [part for word in _WORD.findall(path.name.casefold()) for part in _parts_of_word(word)]
    splits = frozenset(split for word in words if (split := split_of(word)) is not None)
    return _Name(splits, tuple(word for word in words if split_of(word) is None), path.parent.as_posix())


def _parts_of_word(word: str) -> tuple[str, ...]:
    """``xtrain`` and ``trainimgs`` are two words each."""
    if word in _ROLES or split_of(word) is not None:
        return (word,)
    for end in range(1, len(word)):
        parts = word[:end], word[end:]
        if any(split_of(one) is not None and other in _ROLES for one, other in (parts, parts[::-1])):
            return parts
    return (word,)


def _has_role(name: _Name) -> bool:
    return any(word in _ROLES for word in name.words)


def _shared_words(names: Iterable[_Name]) -> frozenset[str]:
    """What is in the names of all arrays with a role, as the name of the dataset is in ``kmnist-train-imgs``."""
    with_roles = [frozenset(name.words) for name in names if _has_role(name)]
    return frozenset.intersection(*with_roles) if len(with_roles) > 1 else frozenset()


def _meanings(keys: Sequence[str]) -> Iterator[tuple[str, str | None, str | None]]:
    """Key, split and role: every word of the name itself must be understood, folders may only add a split."""
    names = _names(keys)
    shared = _shared_words(names.values())
    for key, name in names.items():
        if len(name.splits) > 1:
            yield key, None, None
        else:
            yield key, next(iter(name.splits), None) or split_of_path(name.folders), name.role(shared)
