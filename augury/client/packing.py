"""A local file or folder as one file to send."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from augury.errors import NothingToSend

OnProgress = Callable[[int, int], None]
"""Is told how many bytes have been sent, and how many there are."""
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can say. With the time of the day in it, a folder would be another file every time."""


@dataclass(frozen=True)
class Parcel:
    """What is sent: a file that is open for reading, its name, and how many files of a folder are not in it."""

    name: str
    file: IO[bytes]
    left_out: int = 0


@contextmanager
def parcel(path: Path) -> Iterator[Parcel]:
    """The file as it is, or an uncompressed zip of the folder, which is gone when the block ends.

    Raises:
        NothingToSend: there is nothing at *path*, or no file in it.
        OSError: it cannot be read, or there is no room for the zip.
    """
    if not path.exists():
        raise NothingToSend(f"there is no file or folder {path}")
    if not path.is_dir():
        with path.open("rb") as file:
            yield Parcel(path.name, file)
        return
    with tempfile.TemporaryFile() as file:
        left_out = _zip(path, file)
        file.seek(0)
        yield Parcel(f"{path.resolve().name or 'folder'}.zip", file, left_out)


def _zip(folder: Path, target: IO[bytes]) -> int:
    """Write all regular files below *folder*, the same ones always in the same bytes; how many were left out.

    The folder's own name goes with them, as it is the class where there are no folders in it. Hidden ones would be
    skipped by the reader.
    """
    left_out = sent = 0
    name = folder.resolve().name
    around = f"{name}/" if name and not name.startswith((".", "__")) else ""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in _below(folder):
            name = around + path.relative_to(folder).as_posix()
            is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
            if is_hidden or path.is_symlink() or not path.is_file():
                left_out += 1
                continue
            with path.open("rb") as source, archive.open(zipfile.ZipInfo(name, _LONG_AGO), "w", force_zip64=True) as to:
                shutil.copyfileobj(source, to)
            sent += 1
    if not sent:
        raise NothingToSend(f"there is no file to send in {folder}")
    return left_out


def _below(folder: Path) -> Iterator[Path]:
    """Whatever is below a folder and is no folder itself, in a fixed order; links are not followed."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        yield from (Path(parent) / name for name in sorted([*names, *links]))


class Watched:
    """A file whose reading is told about; what sends it again begins at its start."""

    def __init__(self, file: BinaryIO | IO[bytes], on_progress: OnProgress) -> None:
        self._file, self._on_progress = file, on_progress
        self._size = os.fstat(file.fileno()).st_size

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._file.read(size)
        self._on_progress(self._file.tell(), self._size)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go elsewhere."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()

    def fileno(self) -> int:
        """The descriptor, for its size."""
        return self._file.fileno()
