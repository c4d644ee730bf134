"""What was decided about a folder of images: which level is the classes', and what the folders around them are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from augury.datasets.errors import DatasetError
from augury.datasets.formats.folders.tree import Siblings

BESIDE = "lies beside the folders of the splits"
NO_CLASS = "lies in no class's folder"
OUTSIDE = "lies beside the one folder that is read"
UNLABELLED = "lies in a folder of images without classes"
_MAX_LISTED = 5


@dataclass(frozen=True)
class Reading:
    """One way to read a folder of images."""

    class_level: int = 0
    """Of the folders in a path, the one that is the class."""
    splits: Mapping[str, str] = field(default_factory=dict)
    """By the names of the folders at the other level; empty: there are none."""
    are_groups: bool = False
    """Whether the folders at the top are groups."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Folders at the top that hold none of the classes, with the reason."""
    notes: tuple[str, ...] = ()
    """What a person should know of it, in sentences."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Levels that are left out below each folder at the top."""
    above: tuple[str, ...] = ()
    """The folders above the top; what lies in others is left out."""

    def leaving_out(self, names: Iterable[str], reason: str, *notes: str) -> Reading:
        """The same without some folders."""
        left_out = {**self.left_out, **dict.fromkeys(names, reason)}
        return replace(self, left_out=left_out, notes=(*self.notes, *notes))

    def of(self, path: Sequence[str]) -> tuple[str, str, str] | str:
        """Class, split and group of an image that lies in these folders, its own name last; or why it has none."""
        if tuple(path[: len(self.above)]) != self.above:
            return OUTSIDE
        top, *rest = path[len(self.above) :]
        names = [top, *rest[self.dropped.get(top, 0) :]]
        if top in self.left_out:
            return self.left_out[top]
        if len(names) < self.class_level + 2:
            return NO_CLASS
        split = self.splits.get(names[1 - self.class_level], "")
        if self.splits and not split:
            return BESIDE
        return names[self.class_level], split, top if self.are_groups else ""


def to_ask_for(layout: str, meaning: str) -> str:
    """How to have it otherwise, for the end of a sentence."""
    return f'say "layout": "{layout}" in the reference if {meaning}'


def several(names: Sequence[str]) -> str:
    """Folders for a message, the first few of them."""
    shown = ", ".join(repr(name[:60]) for name in names[:_MAX_LISTED])
    return f"{shown} and {len(names) - _MAX_LISTED} more" if len(names) > _MAX_LISTED else shown


def ambiguous(what: str, *readings: str) -> DatasetError:
    """The refusal to guess, with all readings named."""
    return DatasetError("folder.layout", f"{what}; {' '.join(readings)}")


def predictions_note(siblings: Siblings, names: Sequence[str]) -> tuple[str, ...]:
    """What is said of folders whose images have no classes, if there are any."""
    if not names:
        return ()
    count = siblings.images(names)
    return (
        f"{several(names)}: {count} images in no class's folder are taken for unlabelled ones and left out; "
        f"{to_ask_for('classes', 'they are classes')}",
    )


def mapping_note(siblings: Siblings, splits: Mapping[str, str]) -> tuple[str, ...]:
    """What is said of folders that are splits, unless their names are the usual words and nobody would doubt it."""
    if all(siblings.names[name].is_usual for name in splits) and len(set(splits.values())) == len(splits):
        return ()
    shown = ", ".join(f"{name[:60]!r} for {split}" for name, split in list(splits.items())[:_MAX_LISTED])
    more = f" and {len(splits) - _MAX_LISTED} more" if len(splits) > _MAX_LISTED else ""
    return (
        f"folders are taken for splits of the classes in them: {shown}{more}; "
        f"{to_ask_for('classes', 'they are the classes')}",
    )
