"""A PostgreSQL for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import migrate
from store.database import Database
from tests.servers import postgres


@pytest.fixture(scope="package")
def server() -> Iterator[Database]:
    """A PostgreSQL with the newest schema."""
    with postgres() as url:
        database = Database(url)
        migrate.upgrade(database)
        yield database
        database.close()
