"""A database that Hypothesis's examples share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.database import Database
from tests.store.databases import migrated_copy


@pytest.fixture(scope="module")
def emptied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Its examples empty it themselves."""
    database = migrated_copy(tmp_path_factory.mktemp("counted"))
    yield database
    database.close()
