"""Names of members: which are refused, which are left out, and how the rest is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

from augury.datasets.containers.base import Member
from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import SkippedFiles

M = TypeVar("M", bound=Member)

MAX_NAME_LENGTH = 4096
HIDDEN = "hidden or system file"
_SYSTEM_NAMES = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_DRIVE = re.compile(r"[A-Za-z]:")


def checked_name(raw: str) -> str:
    """An archive member's name in composed Unicode (NFC), without ``.`` and empty components.

    *raw* is decoded and has forward slashes: a backslash that is left in it is a way out.

    Raises:
        DatasetError: ``archive.traversal``: it could point out of a folder, on whatever system; or it is too long.
    """
    if len(raw) > MAX_NAME_LENGTH:
        message = f"a member's name has {len(raw)} characters ({raw[:40]!r}...); expected at most {MAX_NAME_LENGTH}"
        raise DatasetError("archive.name_too_long", message)
    components = raw.split("/")
    if raw.startswith("/") or "\\" in raw or "\x00" in raw or ".." in components or _DRIVE.match(raw):
        message = (
            f"the archive has a member named {raw!r}, which points out of it; expected relative names with forward "
            "slashes and without '..': pack the folder again from inside it"
        )
        raise DatasetError("archive.traversal", message)
    return compose_name("/".join(component for component in components if component not in ("", ".")))


def compose_name(name: str) -> str:
    """The name in NFC and encodable as UTF-8; bytes that are no text become replacement characters."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def is_hidden(name: str) -> bool:
    """Whether any component is a hidden or a system's own file or folder."""
    return any(part.startswith(".") or part.lower() in _SYSTEM_NAMES for part in name.split("/"))


def shared_folders(names: Sequence[str]) -> int:
    """How many leading folders all *names* have in common."""
    if not names:
        return 0
    first, last = min(names).split("/"), max(names).split("/")
    count = 0
    while count < min(len(first), len(last)) - 1 and first[count] == last[count]:
        count += 1
    return count


def without_folders(name: str, count: int) -> str:
    """The name without its first *count* folders."""
    return name.split("/", count)[count] if count else name


def arrange_members(found: Iterable[M], skipped: SkippedFiles) -> list[M]:
    """Members in order of their names, less hidden ones, which are counted, and folders that hold all the rest.

    Raises:
        DatasetError: ``archive.duplicate_name``: two are the same, so that one would hide the other.
    """
    ordered = sorted(found, key=lambda member: member.name)
    _require_unique_names([member.name for member in ordered])
    kept = []
    for member in ordered:
        if is_hidden(member.name):
            skipped.add(HIDDEN, member.name)
        else:
            kept.append(member)
    common = shared_folders([member.name for member in kept])
    if not common:
        return kept
    wrapper = kept[0].name.split("/")[common - 1]
    return [replace(member, name=without_folders(member.name, common), wrapper=wrapper) for member in kept]


def _require_unique_names(names: Sequence[str]) -> None:
    for earlier, later in pairwise(names):
        if earlier == later:
            message = f"two files have the name {later!r}; expected one file of a name"
            raise DatasetError("archive.duplicate_name", message)
