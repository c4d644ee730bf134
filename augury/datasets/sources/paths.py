"""``path`` references: files and folders below the operator's roots, reached without following a single link."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from augury.datasets.errors import DatasetError
from augury.datasets.reference_rules import root_of
from augury.datasets.sources.base import Fetched, Request, require_size

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a pipe must not make us wait for its writer


def fetch_path(request: Request) -> Fetched:
    """Open the file or folder. Nothing is copied.

    Raises:
        DatasetError: path.missing, path.link, path.not_a_file, path.denied, path.too_large, or path.outside_roots.
    """
    path = request.reference["path"]
    found = root_of(path, request.settings.roots)
    if found is None:
        raise DatasetError("path.outside_roots", "got a path outside the folders that the workers may read")
    root, names = found
    descriptor = open_below(root, names)
    try:
        require_size(_file_size(descriptor), request.settings, "path.too_large", "the file")
    except DatasetError:
        os.close(descriptor)
        raise
    return Fetched(descriptor, names[-1] if names else root.name)


def open_below(root: Path, names: Sequence[str]) -> int:
    """Open what the names lead to, one after the other from the root, each in the folder that was opened before.

    So it does not matter what is renamed or replaced by a link meanwhile: what is opened was below the root when it
    was opened. Only the root itself may be a link, as the operator named it.

    Raises:
        DatasetError: path.missing, path.link, path.not_a_file or path.denied.
    """
    with _system_errors(root.name):
        descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for name in names:
        folder = descriptor
        try:
            descriptor = _open_in(folder, name)
        finally:
            os.close(folder)
    return descriptor


def _open_in(folder: int, name: str) -> int:
    with _system_errors(name):
        # Before it is opened: opening a device can do things.
        _require_file_or_folder(os.stat(name, dir_fd=folder, follow_symlinks=False), name)
        descriptor = os.open(name, _FLAGS, dir_fd=folder)
    try:
        _require_file_or_folder(os.fstat(descriptor), name)  # it may have been replaced in between
    except DatasetError:
        os.close(descriptor)
        raise
    return descriptor


def _require_file_or_folder(status: os.stat_result, name: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise _link(name)
    if not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
        raise DatasetError("path.not_a_file", f"{name!r} is neither a regular file nor a folder")


def _file_size(descriptor: int) -> int:
    status = os.fstat(descriptor)
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _link(name: str) -> DatasetError:
    return DatasetError("path.link", f"{name!r} is a symbolic link; name the file or folder itself")


@contextlib.contextmanager
def _system_errors(name: str) -> Iterator[None]:
    """What the operating system says by a number, in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _link(name) from error
        if error.errno in _SAID:
            rule, message = _SAID[error.errno]
            raise DatasetError(rule, f"{name!r} {message}") from error
        raise


_MISSING = ("path.missing", "is not there, or not a folder")
_DENIED = ("path.denied", "may not be read by the workers; change its permissions")
_SAID = {
    errno.ENOENT: _MISSING,
    errno.ENOTDIR: _MISSING,
    errno.ENAMETOOLONG: _MISSING,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
}
