"""Files that are never seen half-written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Replace or create *path*, and the folders it needs; *mode* is narrowed by the umask, as usual."""
    with writing_atomically(path, mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def writing_atomically(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """The same for a content that comes piece by piece: *path* is there when the block has ended well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            yield file
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def write_private(path: Path, text: str) -> None:
    """The same, for its owner's eyes only."""
    write_atomically(path, text, mode=0o600)
