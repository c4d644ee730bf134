"""What the store keeps on this machine is its owner's alone, whatever the umask."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import migrate
from store.database import Database
from store.files.artifacts import Artifacts


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    """A process whose files are open to everybody by default."""
    before = os.umask(0)
    yield
    os.umask(before)


def _open_to_others(folder: Path) -> list[str]:
    """The names of what is below *folder* that others have any permission on."""
    return [path.name for path in folder.rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_a_database_file_and_its_journals_are_private(tmp_path: Path) -> None:
    """The file, what SQLite puts beside it, the lock of migrations and the folder that was made for all of them."""
    database = Database(f"sqlite:///{tmp_path}/new/augury.db")
    migrate.upgrade(database)
    beside = {path.name for path in (tmp_path / "new").iterdir()}
    assert {"augury.db", "augury.db-wal", "augury.db-shm"} <= beside
    assert _open_to_others(tmp_path) == []
    database.close()


def test_a_database_file_that_was_open_is_closed(tmp_path: Path) -> None:
    """Files of an earlier version are found and closed when the database is opened; the folder is not ours to judge."""
    file = tmp_path / "augury.db"
    file.touch(0o644)
    Database(f"sqlite:///{file}").close()
    assert _open_to_others(tmp_path) == []


def test_artifacts_are_private_in_a_folder_that_others_may_enter(tmp_path: Path) -> None:
    """Written or moved there, they are the owner's alone; the folder that people have made keeps its permissions."""
    shared = tmp_path / "shared"
    shared.mkdir(0o775)
    moved = tmp_path / "moved"
    moved.touch(0o644)
    artifacts = Artifacts(str(shared))
    artifacts.write("jobs/job_1/report.json", b"{}")
    artifacts.put_file(moved, "uploads/0f")
    artifacts.get_file("uploads/0f", tmp_path / "copy")
    assert _open_to_others(tmp_path) == ["shared"]


def test_migrating_closes_what_a_data_directory_held_before(tmp_path: Path) -> None:
    """Deployments without a local stack run it once before everything else."""
    report = tmp_path / "artifacts" / "jobs" / "report.json"
    report.parent.mkdir(parents=True)
    report.touch()
    environment = {**os.environ, "AUGURY_DATA_DIR": str(tmp_path)}
    environment.pop("AUGURY_DATABASE_URL", None)
    subprocess.run([sys.executable, "-m", "store", "migrate"], env=environment, check=True)
    assert _open_to_others(tmp_path) == []
