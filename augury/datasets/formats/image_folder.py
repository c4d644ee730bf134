"""A folder for each class, with images in it; and around these, perhaps, a folder for each split or part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents, Member
from augury.datasets.containers.member_names import shared_folders, without_folders
from augury.datasets.errors import DatasetError
from augury.datasets.formats.class_labels import class_order
from augury.datasets.formats.data_files import IMAGE_SUFFIXES, suffix_of
from augury.datasets.formats.folders.layouts import decide
from augury.datasets.formats.folders.names import folder_name
from augury.datasets.formats.folders.tree import tree_of
from augury.datasets.formats.split_names import fixed_splits
from augury.datasets.labelled_images import EncodedImages, Listing, SkippedFiles
from augury.datasets.settings import IngestSettings

FORMAT = "image folder"
_HEAD_BYTES = 16
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF8", b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_ARCHIVE_MAGIC = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf",
    b"Rar!\x1a\x07",
)
_ARCHIVE_SUFFIXES = frozenset({".zip", ".tar", ".tgz", ".gz", ".zst", ".bz2", ".xz", ".7z", ".rar"})


def recognise(contents: Contents, options: ImageOptions, limits: IngestSettings) -> Listing | None:
    """Images whose folder is their class; what the folders around are, ``folders.layouts`` decides.

    Files with an image's extension are taken for images until they cannot be decoded, others where they begin like
    one. Nested archives are not opened.

    Raises:
        DatasetError: ``labels.missing``: there are images, but no folders that could be classes; ``folder.layout``.
    """
    skipped = contents.skipped
    images = [member for member in contents.members if _is_image(contents, member, skipped)]
    if not images:
        return None
    found = _single_class(images, options.layout) or _classes_in(images, options.layout, skipped)
    if not found.kept:
        raise DatasetError("labels.missing", _without_classes(images))
    kept, splits = found.kept, found.splits

    def read(index: int) -> bytes:
        return contents.read(kept[index], limits.max_image_bytes)

    return Listing(
        format=FORMAT,
        names=[member.name for member in kept],
        labels=found.labels,
        images=EncodedImages(read),
        class_names=class_order(found.labels),
        splits=fixed_splits(splits) if any(splits) else None,
        groups=found.groups if any(found.groups) else None,
        skipped=skipped,
        notes=found.notes,
    )


@dataclass
class _Found:
    """The images that have a class, and what is said of each."""

    notes: Sequence[str] = ()
    kept: list[Member] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def add(self, member: Member, label: str, split: str = "", group: str = "") -> None:
        self.kept.append(member)
        self.labels.append(label)
        self.splits.append(split)
        self.groups.append(group)


def _single_class(images: Sequence[Member], layout: str | None) -> _Found | None:
    """All images in one folder, whose name is their class unless it says something else; None where there are more."""
    common = shared_folders([member.name for member in images])
    if any("/" in without_folders(member.name, common) for member in images):
        return None
    name = images[0].name.split("/")[common - 1] if common else images[0].wrapper
    said = folder_name(name)
    if not name or (layout != "classes" and (said.sure_role or said.is_filler or said.is_part)):
        return None
    note = f"all images lie in one folder, {name!r}, which is taken for their class; add folders or a table for others"
    found = _Found([note])
    for member in images:
        found.add(member, name)
    return found


def _classes_in(images: Sequence[Member], layout: str | None, skipped: SkippedFiles) -> _Found:
    common = shared_folders([member.name for member in images])
    paths = [without_folders(member.name, common).split("/") for member in images]
    reading = decide(tree_of(paths), layout)
    found = _Found(reading.notes)
    for member, path in zip(images, paths, strict=True):
        answer = reading.of(path)
        if isinstance(answer, str):
            skipped.add(answer, member.name)
        else:
            found.add(member, *answer)
    return found


def _is_image(contents: Contents, member: Member, skipped: SkippedFiles) -> bool:
    """Whether a file may be an image; others are counted with the reason."""
    suffix = suffix_of(member)
    if suffix in IMAGE_SUFFIXES:
        return True
    head = b"" if suffix in _ARCHIVE_SUFFIXES else contents.head(member, _HEAD_BYTES)
    if head.startswith(_MAGIC) or (head.startswith(b"RIFF") and head[8:12] == b"WEBP"):
        return True
    is_archive = suffix in _ARCHIVE_SUFFIXES or head.startswith(_ARCHIVE_MAGIC)
    skipped.add("archive inside the reference, not opened" if is_archive else "not an image", member.name)
    return False


def _without_classes(images: Sequence[Member]) -> str:
    return (
        f"found {len(images)} images, e.g. {images[0].name!r}, but nothing that says their classes; expected a folder "
        'for each class with its images in it, or a CSV manifest beside them (or "layout": "classes" in the reference, '
        "if the folders that are there are the classes after all)"
    )
