"""Which process has which tests: those that share a server are known, so that it is started once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running.distribution import APART, LONG, TOGETHER, TRAINS, shared_server

ROOT = Path(__file__).parents[2]
FIXTURES = {"new_postgres": {"PostgreSQL"}, "bucket: str": {"S3", "S3 and TensorFlow"}}
"""By what asks for a server in the text of a file."""


@pytest.mark.parametrize("asked", FIXTURES)
def test_every_file_that_asks_for_a_server_is_with_the_others(asked: str) -> None:
    """A new one does not start another server, or does so on purpose."""
    own = ("conftest.py", Path(__file__).name)
    files = (path for path in (ROOT / "tests").rglob("test_*.py") if path.name not in own)
    asking = [path.relative_to(ROOT).as_posix() for path in files if asked in path.read_text()]
    assert asking
    assert [file for file in asking if shared_server(file) not in FIXTURES[asked]] == []


def test_whatever_is_named_is_there() -> None:
    """Tests that have moved would go anywhere otherwise, and take longer."""
    named = [*APART, *TRAINS, *LONG, *(file for files in TOGETHER.values() for file in files)]
    assert [name for name in named if not (ROOT / name).exists()] == []
