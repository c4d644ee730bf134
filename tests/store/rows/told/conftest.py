"""A PostgreSQL for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from store.database import Database


@pytest.fixture(scope="package")
def server(new_postgres: Callable[[], str]) -> Iterator[Database]:
    """A PostgreSQL with the newest schema."""
    database = Database(new_postgres())
    yield database
    database.close()
