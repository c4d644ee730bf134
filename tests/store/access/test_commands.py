"""``python -m store keys`` and ``projects``: the first key, without any service."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from store.__main__ import main
from store.database import Database
from store.rows.access import keys


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory that the module's tests share."""
    return tmp_path_factory.mktemp("data")


class Done(NamedTuple):
    """What came of a command."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command where the test runs: to start a process for each takes longer than all that they do."""
    monkeypatch.setenv("AUGURY_DATA_DIR", str(folder))
    monkeypatch.delenv("AUGURY_DATABASE_URL", raising=False)

    def run_here(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["python -m store", *arguments])
        return Done(main(), *capsys.readouterr())

    before = os.umask(0o077)  # which the command changes
    yield run_here
    os.umask(before)


def test_the_first_key_is_alone_on_stdout(folder: Path, run: Run) -> None:
    """On an empty directory, of a process of its own; it works, may everything, and is not shown again."""
    environment = {**os.environ, "AUGURY_DATA_DIR": str(folder)}
    environment.pop("AUGURY_DATABASE_URL", None)
    command = [sys.executable, "-m", "store", "keys", "create", "first"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    database = Database(f"sqlite:///{folder / 'augury.db'}")
    with database.reading() as session:
        row = keys.belonging_to(session, done.stdout.strip())
        assert row is not None
        assert keys.scopes_of(row) == ["read", "submit", "admin"]
    database.close()
    listed = run("keys", "list").stdout
    assert row.id in listed
    assert done.stdout.strip() not in listed
    assert run("keys", "revoke", row.id).stdout == f"{row.id}: revoked\n"
    assert "revoked" in run("keys", "list").stdout


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
def test_what_cannot_be_is_said_in_a_line(run: Run, arguments: tuple[str, ...], said: str) -> None:
    """With the exit code of wrong usage, and no traceback."""
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_project_is_made_before_its_keys(run: Run) -> None:
    """By its name; a slip does not make another one."""
    assert run("projects", "create", "vision").stdout == "vision: made\n"
    assert run("projects", "list").stdout == "default\nvision\n"
    assert run("keys", "create", "theirs", "--project", "vision", "--scope", "read").returncode == 0
    assert "theirs" in run("keys", "list", "--project", "vision").stdout
    assert "theirs" not in run("keys", "list").stdout
