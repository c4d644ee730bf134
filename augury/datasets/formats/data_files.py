"""Which files of a reference may hold data of many images, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import splitext

from augury.datasets.containers.base import Contents, Member
from augury.datasets.labelled_images import SkippedFiles

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".tif", ".tiff", ".webp"})
DATA_SUFFIXES = frozenset(
    {
        ".csv",
        ".tsv",
        ".tab",
        ".txt",
        ".npy",
        ".npz",
        ".gz",
        ".parquet",
        ".tfrecord",
        ".tfrecords",
        ".tfrec",
        ".jsonl",
        ".ndjson",
    }
)
_MAX_WITHOUT_A_KNOWN_NAME = 1000


def suffix_of(member: Member) -> str:
    """A member's extension in lower case, with the dot."""
    return splitext(member.name)[1].lower()


def data_members(contents: Contents) -> list[Member]:
    """Members worth a look inside, in order of names: not images, and not empty.

    Content decides, but a hundred thousand images without extensions are not all opened by every reader: of files
    with unknown names, the first thousand are looked at.
    """
    members = [member for member in contents.members if member.size > 0 and suffix_of(member) not in IMAGE_SUFFIXES]
    unknown = [member for member in members if suffix_of(member) not in DATA_SUFFIXES]
    if len(unknown) <= _MAX_WITHOUT_A_KNOWN_NAME:
        return members
    ignored = {member.name for member in unknown[_MAX_WITHOUT_A_KNOWN_NAME:]}
    return [member for member in members if member.name not in ignored]


def skip_the_rest(contents: Contents, used: Iterable[Member], reason: str) -> SkippedFiles:
    """The contents' skipped files, with every member that is not *used* added to them."""
    known = {member.name for member in used}
    for member in contents.members:
        if member.name not in known:
            contents.skipped.add(reason, member.name)
    return contents.skipped
