"""The folders that images lie in, counted, with those left out that only repeat what is said around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from augury.datasets.formats.folders.names import FolderName, folder_name

_MAX_LEVELS = 4
"""Deeper folders say nothing about classes and splits."""


@dataclass
class Folder:
    """A folder with images somewhere below it."""

    images: int = 0
    """That lie right in it."""
    children: dict[str, Folder] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """All images in it, also those further down."""
        return self.images + sum(child.count for child in self.children.values())


def tree_of(paths: Iterable[Sequence[str]]) -> Folder:
    """The folders of images, each given as the folders it lies in and its own name."""
    top = Folder()
    for path in paths:
        folder = top
        for name in path[: min(len(path) - 1, _MAX_LEVELS)]:
            folder = folder.children.setdefault(name, Folder())
        folder.images += 1
    return top


def inner_folder(name: str, folder: Folder) -> tuple[int, Folder]:
    """How many levels below a folder only repeat its name or say nothing, and what is left of it.

    ``train/train/cat`` and ``train/images/cat`` are ``train/cat``.
    """
    dropped = 0
    while len(folder.children) == 1 and not folder.images:
        (inner, child), *_ = folder.children.items()
        if not (inner.casefold() == name.casefold() or _adds_nothing(folder_name(name), folder_name(inner))):
            break
        dropped, folder = dropped + 1, child
    return dropped, folder


def _adds_nothing(outer: FolderName, inner: FolderName) -> bool:
    return inner.is_filler or (inner.role is not None and inner.is_plain and inner.role == outer.role)


@dataclass(frozen=True)
class Siblings:
    """The folders at the top, without what is dropped inside them."""

    folders: Mapping[str, Folder]
    names: Mapping[str, FolderName]
    dropped: Mapping[str, int]
    """Levels to leave out below each."""

    @property
    def nested(self) -> list[str]:
        """Those that hold folders."""
        return [name for name, folder in self.folders.items() if folder.children]

    @property
    def flat(self) -> list[str]:
        """Those that hold images only."""
        return [name for name, folder in self.folders.items() if not folder.children]

    def inside(self, name: str) -> frozenset[str]:
        """The names of the folders in one of them, in one case."""
        return frozenset(child.casefold() for child in self.folders[name].children)

    def images(self, names: Iterable[str]) -> int:
        """How many images lie in some of them."""
        return sum(self.folders[name].count for name in names)


def siblings_of(top: Folder) -> Siblings:
    """The folders in *top*."""
    inner = {name: inner_folder(name, folder) for name, folder in sorted(top.children.items())}
    return Siblings(
        folders={name: folder for name, (_, folder) in inner.items()},
        names={name: folder_name(name) for name in inner},
        dropped={name: dropped for name, (dropped, _) in inner.items()},
    )
