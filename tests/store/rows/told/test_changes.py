"""One statement says whether anybody has written anything."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from store.database import Database
from store.rows.told.changes import mark
from tests.store.databases import new_job


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Database:
    """A database of each kind."""
    found: Database = request.getfixturevalue("database" if request.param == "sqlite" else "server")
    return found


def test_a_commit_changes_the_mark_and_nothing_else_does(either: Database) -> None:
    """Whoever looks by the same connection sees that something was written, once it can be seen."""
    with either.engine.connect() as connection:

        def marked() -> str:
            with Session(connection) as session:
                return mark(session)

        before = marked()
        assert marked() == before
        with either.writing() as session:
            new_job(session)
            session.flush()
            assert marked() == before
        after = marked()
        assert after != before
        assert marked() == after
