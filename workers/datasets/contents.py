"""The files of a reference under one interface, whether they lie in a folder, in an archive or alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workers.datasets.listing import SkippedFiles


@dataclass(frozen=True)
class Member:
    """One regular file. Links, devices, hidden and system files never become members."""

    name: str
    """Relative, with forward slashes, without ``.``, ``..`` or a single folder that holds everything."""
    size: int
    """Bytes, unpacked."""


class Contents(Protocol):
    """Members in order of their names. Usable in forked processes, at any place, by several at once."""

    members: Sequence[Member]
    skipped: SkippedFiles

    def read(self, member: Member, most: int) -> bytes:
        """All bytes of a member.

        Raises:
            DatasetError: it is damaged, or has more than *most* bytes.
        """

    def as_file(self, member: Member) -> Path:
        """A path of a plain file with the member's bytes, unpacked into the workspace if need be.

        Raises:
            DatasetError: it is damaged, or larger than allowed.
        """
