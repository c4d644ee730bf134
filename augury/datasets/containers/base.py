"""The files of a reference under one interface, whether they lie in a folder, in an archive or alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from augury.datasets.labelled_images import SkippedFiles


@dataclass(frozen=True, slots=True)
class Member:
    """One regular file. Links, devices, hidden and system files never become members."""

    name: str
    """Relative, with forward slashes, without ``.``, ``..`` or a single folder that holds everything."""
    size: int
    """Bytes, unpacked, as the container states them; reading checks it."""
    wrapper: str = field(default="", kw_only=True)
    """The innermost of the folders that hold everything and are not in the name; empty where there is none."""


class Contents(Protocol):
    """Members in order of their names. Usable in forked processes, in any order, by several at once."""

    @property
    def members(self) -> Sequence[Member]:
        """Each regular file, once."""

    skipped: SkippedFiles
    notes: list[str]
    """What a person should know of how the container was read, in sentences."""
    workspace: Path
    """An empty folder at first, of this ingestion alone: readers may unpack into it under fresh names."""

    def read(self, member: Member, max_bytes: int) -> bytes:
        """All bytes of a member.

        Raises:
            DatasetError: it is damaged, or has more than *max_bytes*. Rules that begin with ``file.`` concern this
                one file, which may be skipped; all others the whole reference.
        """

    def head(self, member: Member, count: int) -> bytes:
        """The first *count* bytes of a member, or all of them where there are fewer.

        Raises:
            DatasetError: as ``read``.
        """

    def as_file(self, member: Member) -> Path:
        """A path of a plain file with the member's bytes, unpacked into the workspace if need be.

        Raises:
            DatasetError: it is damaged, or larger than allowed.
        """
