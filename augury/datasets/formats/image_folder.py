"""A folder for each class, with images in it; and around these, perhaps, a folder for each split."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents, Member
from augury.datasets.containers.member_names import shared_folders, without_folders
from augury.datasets.errors import DatasetError
from augury.datasets.formats.data_files import IMAGE_SUFFIXES, suffix_of
from augury.datasets.formats.split_names import fixed_splits, split_of
from augury.datasets.labelled_images import EncodedImages, Listing, SkippedFiles
from augury.datasets.settings import IngestSettings

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
    """Images whose first folder is their class; deeper folders are part of it.

    Folders are splits where all are named so (see ``split_of``), or two that are so named hold class folders; what lies
    beside these is skipped. Files with an image's extension are taken for images until they cannot be decoded,
    others where they begin like one. Nested archives are not opened.

    Raises:
        DatasetError: ``labels.missing``: there are images, but no folders that could be classes.
    """
    skipped = contents.skipped
    images = [member for member in contents.members if _is_image(contents, member, skipped)]
    if not images:
        return None
    common = shared_folders([member.name for member in images])
    paths = [without_folders(member.name, common).split("/") for member in images]
    has_splits = _has_split_folders(paths)
    indices = [index for index, path in enumerate(paths) if _has_class(path, has_splits, images[index], skipped)]
    if not indices:
        raise DatasetError("labels.missing", _without_classes(images))
    kept = [images[index] for index in indices]
    splits = [split_of(paths[index][0]) or "" for index in indices] if has_splits else None

    def read(index: int) -> bytes:
        return contents.read(kept[index], limits.max_image_bytes)

    return Listing(
        format="image folder",
        names=[member.name for member in kept],
        labels=[paths[index][1 if has_splits else 0] for index in indices],
        images=EncodedImages(read),
        splits=fixed_splits(splits) if splits else None,
        skipped=skipped,
    )


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


def _has_split_folders(paths: Sequence[list[str]]) -> bool:
    folders = {split_of(path[0]) for path in paths if len(path) > 1}
    with_classes = {split_of(path[0]) for path in paths if len(path) > 2} - {None}
    return bool(folders) and (None not in folders or len(with_classes) > 1)


def _has_class(path: list[str], has_splits: bool, member: Member, skipped: SkippedFiles) -> bool:
    """Whether an image lies in a class's folder; others are counted with the reason."""
    if has_splits and split_of(path[0]) is None:
        skipped.add("lies beside the folders of the splits", member.name)
        return False
    if len(path) < (3 if has_splits else 2):
        skipped.add("lies in no class's folder", member.name)
        return False
    return True


def _without_classes(images: Sequence[Member]) -> str:
    return (
        f"found {len(images)} images, e.g. {images[0].name!r}, but nothing that says their classes; expected a folder "
        "for each class with its images in it, or a CSV manifest beside them"
    )
