"""What the tests of the store share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.database import Database
from tests.store.databases import migrated_copy


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database with the newest schema."""
    database = migrated_copy(tmp_path)
    yield database
    database.close()
