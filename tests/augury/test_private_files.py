"""What Augury keeps is its owner's alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from augury.local.data_directory import DataDirectory
from augury.private_files import close_data_directory, close_to_others, make_private_folder


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """A process whose files are open to everybody by default."""
    before = os.umask(0)
    yield
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_that_are_made_are_private_up_to_those_that_were_there(tmp_path: Path) -> None:
    """Of three folders, the two that were missing are closed, and the one that was there keeps its permissions."""
    tmp_path.chmod(0o755)
    make_private_folder(tmp_path / "a" / "b")
    assert [_mode(folder) for folder in (tmp_path, tmp_path / "a", tmp_path / "a" / "b")] == [0o755, 0o700, 0o700]


def test_what_a_data_directory_held_before_is_closed_when_a_stack_takes_it(tmp_path: Path) -> None:
    """Folders 0700, files 0600, as deep as they are; a file that the owner could run may still be run."""
    deep = tmp_path / "artifacts" / "datasets" / "0f"
    deep.mkdir(parents=True)
    for file in (deep / "images.npy", tmp_path / "augury.db", tmp_path / "augury.db-wal"):
        file.write_bytes(b"content")
    tmp_path.chmod(0o755)
    DataDirectory(tmp_path).release()
    inside = {path.relative_to(tmp_path).as_posix(): _mode(path) for path in [tmp_path, *tmp_path.rglob("*")]}
    assert inside == {
        ".": 0o700,
        "lock": 0o600,
        "logs": 0o700,
        "augury.db": 0o600,
        "augury.db-wal": 0o600,
        "artifacts": 0o700,
        "artifacts/datasets": 0o700,
        "artifacts/datasets/0f": 0o700,
        "artifacts/datasets/0f/images.npy": 0o600,
    }


def test_what_is_not_augurys_keeps_its_permissions(tmp_path: Path) -> None:
    """A project's own script beside the database can still be read, and what a link in the artifacts points to, too."""
    script, elsewhere = tmp_path / "project" / "train.py", tmp_path / "shared"
    script.parent.mkdir()
    script.touch(0o755)
    elsewhere.mkdir(0o755)
    (tmp_path / "artifacts").mkdir()
    (tmp_path / "artifacts" / "link").symlink_to(elsewhere)
    close_data_directory(tmp_path)
    assert [_mode(path) for path in (script.parent, script, elsewhere)] == [0o777, 0o755, 0o755]


def test_a_walk_that_was_interrupted_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder is closed after all that is in it, so that the next start does not take it for done."""
    left = tmp_path / "artifacts" / "jobs" / "report.json"
    left.parent.mkdir(parents=True)
    left.touch()
    closed, chmod = [], Path.chmod

    def interrupted(path: Path, mode: int) -> None:
        closed.append(path)
        if len(closed) == 2:
            raise KeyboardInterrupt
        chmod(path, mode)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "chmod", interrupted)
        with pytest.raises(KeyboardInterrupt):
            close_data_directory(tmp_path)
    close_data_directory(tmp_path)
    assert _mode(left) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another user's files")
def test_what_another_user_owns_is_left_alone(tmp_path: Path) -> None:
    """Somebody who lends a folder decides who sees it."""
    lent = tmp_path / "artifacts"
    lent.mkdir(mode=0o775)
    os.chown(lent, 12345, 12345)
    close_to_others(lent)
    assert _mode(lent) == 0o775
