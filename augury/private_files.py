"""What Augury keeps is its owner's alone: folders 0700, files 0600, also where an earlier version left them open."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

OWNER_ONLY_UMASK = 0o077
"""For whole processes: what they create, in their libraries and children too, nobody else can read."""

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = 0o077

KEPT_IN_DATA_DIRECTORY = (
    "artifacts",
    "augury.db",
    "augury.db-shm",
    "augury.db-wal",
    "augury.db.migrate",
    "broker",
    "broker.conf",
    "incoming",
    "ingest",
    "lock",
    "logs",
    "reports",
    "snapshots",
    "stack.json",
    "uploading",
    "webhooks.key",
)
"""All that Augury puts into a data directory. Whatever else is in there is somebody else's, and left as it is."""


def make_private_folder(path: Path) -> Path:
    """Make a folder, and those above it that are missing, for the owner alone; returns *path*.

    One that is there already is left as it is: a folder that people have made may be for others, too.
    """
    if not path.parent.exists():
        make_private_folder(path.parent)
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return path


def private_opener(path: str, flags: int) -> int:
    """An ``opener`` for ``open``: a file that it creates is its owner's alone."""
    return os.open(path, flags, FILE_MODE)


def close_to_others(path: Path) -> None:
    """Take every permission on a file or folder of ours from all but its owner.

    Links, what is not there (any more) and what belongs to another user are left alone.
    """
    mode = _open_mode(path)
    if mode is not None:
        with contextlib.suppress(OSError):  # gone meanwhile, or in a file system without permissions
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)


def close_data_directory(folder: Path) -> None:
    """Close a data directory and all that Augury has put into it.

    A folder inside that was closed already is not gone into: nobody but the owner gets past it, and a large set of
    artifacts is not walked through again at every start. Folders are closed after what is in them, so that a walk
    that was interrupted is taken up again.
    """
    close_to_others(folder)
    for name in KEPT_IN_DATA_DIRECTORY:
        _close_tree(folder / name)


def _close_tree(path: Path) -> None:
    mode = _open_mode(path)
    if mode is not None and stat.S_ISDIR(mode):
        with contextlib.suppress(FileNotFoundError):
            for inner in list(path.iterdir()):
                _close_tree(inner)
    close_to_others(path)


def _open_mode(path: Path) -> int | None:
    """The mode of a file or folder of ours that others have any permission on; None for everything else."""
    try:
        status = path.lstat()
    except FileNotFoundError:
        return None
    is_ours = status.st_uid == os.geteuid() and (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode))
    return status.st_mode if is_ours and status.st_mode & _OTHERS else None
