"""Files to look into: those that are named, and those of the folders that are named."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from augury.reading.documents import read_json, read_yaml_file
from augury.reading.found import Contents, Note, Position
from augury.reading.python.notebooks import read_notebook
from augury.reading.python.reading import read_python

MEBIBYTE = 1 << 20
MAX_FILES = 100_000

_SKIPPED = frozenset({"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv"})
"""Folders of what others wrote or what was made; hidden ones are not gone into, either."""


@dataclass(frozen=True)
class _Kind:
    read: Callable[[bytes], Contents]
    max_bytes: int


KINDS: Mapping[str, _Kind] = {
    ".py": _Kind(read_python, 4 * MEBIBYTE),
    ".ipynb": _Kind(read_notebook, 64 * MEBIBYTE),  # with their pictures
    ".json": _Kind(read_json, 4 * MEBIBYTE),
    ".yaml": _Kind(read_yaml_file, 4 * MEBIBYTE),
    ".yml": _Kind(read_yaml_file, 4 * MEBIBYTE),
}
"""How files are read, by the ends of their names in lower case."""


class TooManyFilesError(Exception):
    """A folder has more files than are looked into."""


def files_of(paths: Sequence[Path]) -> Iterator[Path]:
    """The named files, and those below the named folders that are of a known kind, each once, in a fixed order.

    Raises:
        TooManyFilesError: there are more than MAX_FILES.
    """
    seen: set[Path] = set()
    for path in paths:
        for file in _below(path) if path.is_dir() else (path,):
            if file not in seen:
                seen.add(file)
                yield file
            if len(seen) > MAX_FILES:
                raise TooManyFilesError(f"there are more than {MAX_FILES:,} files in all; name fewer folders")


def _below(folder: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(folder):  # links to folders are not followed
        folders[:] = sorted(name for name in folders if not _is_skipped(Path(top, name)))
        yield from (Path(top, name) for name in sorted(names) if Path(name).suffix.lower() in KINDS)


def _is_skipped(folder: Path) -> bool:
    name = folder.name
    return name.startswith(".") or name in _SKIPPED or (folder / "pyvenv.cfg").exists()


def read_file(path: Path) -> Contents:
    """What is in a file, by the end of its name; of another kind, too large or not readable it has a note."""
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        return _noted(f"is none of {', '.join(KINDS)}")
    try:
        if path.exists() and not path.is_file():
            return _noted("is no regular file")
        with path.open("rb") as file:
            content = file.read(kind.max_bytes + 1)
    except OSError as error:
        return _noted(f"cannot be read: {error.strerror}")
    if len(content) > kind.max_bytes:
        return _noted(f"is larger than {kind.max_bytes // MEBIBYTE} MiB")
    return kind.read(content)


def _noted(message: str) -> Contents:
    return Contents(notes=(Note(Position(), message),))
