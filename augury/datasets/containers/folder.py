"""Folders and single files as contents, read through descriptors, so that no link is ever followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from augury.datasets.containers.base import Member
from augury.datasets.containers.limits import read_exactly
from augury.datasets.containers.member_names import HIDDEN, arrange_members, compose_name, is_hidden
from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import SkippedFiles
from augury.datasets.settings import IngestSettings, variable_of

_MAX_DEPTH = 64
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe put there instead must not block
_OPEN_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_DIRECTORY


@dataclass(frozen=True, slots=True)
class _FolderMember(Member):
    path: str
    """Below the folder, as the system spells it."""


class FolderContents:
    """The regular files below an open folder; links, pipes, devices and hidden files are counted as skipped.

    Raises:
        DatasetError: it has too many files, too many levels, or two files whose names are the same in Unicode's
            composed form.
    """

    def __init__(self, descriptor: int, name: str, workspace: Path, limits: IngestSettings) -> None:
        self._descriptor = descriptor
        self.workspace = workspace
        self.skipped = SkippedFiles()
        self.notes: list[str] = []
        members = arrange_members(_walk(descriptor, self.skipped, limits), self.skipped)
        self.members: Sequence[Member] = [replace(each, wrapper=each.wrapper or name) for each in members]
        self._kept_open: dict[str, int] = {}

    def read(self, member: Member, max_bytes: int) -> bytes:
        """All bytes of a member (see ``Contents``)."""
        with self._open_member(member) as descriptor:
            return read_file(descriptor, member.name, max_bytes)

    def head(self, member: Member, count: int) -> bytes:
        """The first bytes of a member."""
        with self._open_member(member) as descriptor:
            return os.pread(descriptor, count, 0)

    def as_file(self, member: Member) -> Path:
        """A path of the very file that was checked, whatever happens to its name."""
        assert isinstance(member, _FolderMember)
        if member.path not in self._kept_open:
            self._kept_open[member.path] = _open_below(self._descriptor, member)
        return path_of(self._kept_open[member.path])

    @contextmanager
    def _open_member(self, member: Member) -> Iterator[int]:
        assert isinstance(member, _FolderMember)
        descriptor = _open_below(self._descriptor, member)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


class SingleFile:
    """One file alone as contents: an array, a table, or something that no format wants."""

    def __init__(self, descriptor: int, name: str, workspace: Path) -> None:
        self._descriptor = descriptor
        self.workspace = workspace
        self.skipped = SkippedFiles()
        self.notes: list[str] = []
        self.members: Sequence[Member] = [Member(compose_name(name), os.fstat(descriptor).st_size)]

    def read(self, member: Member, max_bytes: int) -> bytes:
        """All its bytes (see ``Contents``)."""
        return read_file(self._descriptor, member.name, max_bytes)

    def head(self, member: Member, count: int) -> bytes:
        """Its first bytes."""
        return os.pread(self._descriptor, count, 0)

    def as_file(self, member: Member) -> Path:
        """A path of it."""
        return path_of(self._descriptor)


def path_of(descriptor: int) -> Path:
    """A path by which this process and its forks can open what a descriptor has open."""
    return Path(f"/dev/fd/{descriptor}")


def read_file(descriptor: int, name: str, max_bytes: int) -> bytes:
    """All bytes of an open file.

    Raises:
        DatasetError: ``file.too_large``.
    """
    size = os.fstat(descriptor).st_size
    if size > max_bytes:
        raise too_large(name, size, max_bytes)
    return read_exactly(descriptor, size, 0)


def too_large(name: str, size: int, max_bytes: int) -> DatasetError:
    """What is raised where a file has more bytes than its reader wants."""
    return DatasetError(
        "file.too_large", f"{name!r} has {size} bytes; at most {max_bytes} were expected of such a file"
    )


def _walk(top: int, skipped: SkippedFiles, limits: IngestSettings) -> Iterator[_FolderMember]:
    """Every regular file below *top*."""
    waiting, files = [""], 0
    while waiting:
        folder = waiting.pop()
        for entry, size in _entries(top, folder):
            path = f"{folder}{entry.name}"
            if is_hidden(entry.name):
                skipped.add(HIDDEN, compose_name(path))
            elif entry.is_dir(follow_symlinks=False):
                _require_modest_depth(path)
                waiting.append(f"{path}/")
            elif size is None:
                skipped.add("link, pipe or device", compose_name(path))
            else:
                files += 1
                _require_few_files(files, limits)
                yield _FolderMember(compose_name(path), size, path)


def _entries(top: int, folder: str) -> Iterator[tuple[os.DirEntry[str], int | None]]:
    """What lies in one folder, with the sizes of regular files."""
    descriptor = _open_path(top, folder.rstrip("/"), _OPEN_FOLDER) if folder else os.open(".", _OPEN_FOLDER, dir_fd=top)
    try:
        with os.scandir(descriptor) as entries:
            for entry in entries:
                is_file = entry.is_file(follow_symlinks=False)
                yield entry, entry.stat(follow_symlinks=False).st_size if is_file else None
    finally:
        os.close(descriptor)


def _require_modest_depth(path: str) -> None:
    if path.count("/") >= _MAX_DEPTH:
        raise DatasetError("folder.too_deep", f"{compose_name(path)!r} lies more than {_MAX_DEPTH} folders deep")


def _require_few_files(files: int, limits: IngestSettings) -> None:
    if files > limits.max_members:
        variable = variable_of("max_members")
        message = f"the folder has more than {limits.max_members} files, which are allowed ({variable})"
        raise DatasetError("folder.too_many", message)


def _open_below(top: int, member: _FolderMember) -> int:
    try:
        descriptor = _open_path(top, member.path, _OPEN_FILE)
    except OSError as error:
        raise DatasetError("file.unreadable", f"{member.name!r} cannot be read: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DatasetError("file.unreadable", f"{member.name!r} cannot be read: it is no regular file any more")
    return descriptor


def _open_path(top: int, path: str, flags: int) -> int:
    """Open what lies at *path* below *top*, folder by folder, so that a link anywhere on the way is an error."""
    *folders, last = path.split("/")
    parent = os.dup(top)
    try:
        for folder in folders:
            inner = os.open(folder, _OPEN_FOLDER, dir_fd=parent)
            os.close(parent)
            parent = inner
        return os.open(last, flags, dir_fd=parent)
    finally:
        os.close(parent)
