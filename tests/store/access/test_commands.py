"""``python -m store keys`` and ``projects``: the first key, without any service."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from store.database import Database
from store.rows.access import keys


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that the module's tests share."""
    return tmp_path_factory.mktemp("data")


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "AUGURY_DATA_DIR": str(folder)}
    environment.pop("AUGURY_DATABASE_URL", None)
    command = [sys.executable, "-m", "store", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_the_first_key_is_alone_on_stdout(folder: Path) -> None:
    """On an empty directory; it works, may everything, and is not shown again."""
    done = _run(folder, "keys", "create", "first")
    assert done.returncode == 0, done.stderr
    database = Database(f"sqlite:///{folder / 'augury.db'}")
    with database.reading() as session:
        row = keys.belonging_to(session, done.stdout.strip())
        assert row is not None
        assert keys.scopes_of(row) == ["read", "submit", "admin"]
    database.close()
    listed = _run(folder, "keys", "list").stdout
    assert row.id in listed
    assert done.stdout.strip() not in listed
    assert _run(folder, "keys", "revoke", row.id).stdout == f"{row.id}: revoked\n"
    assert "revoked" in _run(folder, "keys", "list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("keys", "create", "x", "--project", "nobodys"), "projects create"),
        (("keys", "create", "x" * 101), "name"),
        (("keys", "create", "x", "--days", "-1"), "expires_in_days"),
        (("keys", "revoke", "key_unknown"), "key_unknown"),
        (("projects", "create", "Not A Name"), "a-z"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    """With the exit code of wrong usage, and no traceback."""
    done = _run(folder, *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_project_is_made_before_its_keys(folder: Path) -> None:
    """By its name; a slip does not make another one."""
    assert _run(folder, "projects", "create", "vision").stdout == "vision: made\n"
    assert _run(folder, "projects", "list").stdout == "default\nvision\n"
    assert _run(folder, "keys", "create", "theirs", "--project", "vision", "--scope", "read").returncode == 0
    assert "theirs" in _run(folder, "keys", "list", "--project", "vision").stdout
    assert "theirs" not in _run(folder, "keys", "list").stdout
