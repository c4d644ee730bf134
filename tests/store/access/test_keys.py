"""Rows of keys and of projects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api_schemas.access.keys import KeyRequest
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows.access import keys, projects
from store.settings import SECONDS_PER_DAY, SECONDS_PER_HOUR
from tests.store.databases import NOW


def _request(**fields: object) -> KeyRequest:
    return KeyRequest.model_validate({"name": "test", **fields})


def test_a_key_is_found_by_what_was_shown_once(database: Database) -> None:
    """And is itself nowhere in the database."""
    with database.writing() as session:
        made = keys.create(session, DEFAULT_PROJECT, _request(), NOW)
        found = keys.belonging_to(session, made.text)
        assert found is not None
        assert found.id == made.row.id
        stored = session.execute(text("select * from api_keys")).one()
    secret = made.text.rpartition("_")[2]
    assert not any(secret[:20] in str(column) for column in stored)


def test_the_secret_of_one_key_does_not_open_another(database: Database) -> None:
    """The id finds the row, and the whole key has to be that row's."""
    with database.writing() as session:
        first, second = (keys.create(session, DEFAULT_PROJECT, _request(), NOW) for _ in range(2))
        crossed = keys.key_text.key_text(first.row.id, second.text.rpartition("_")[2][:32])
        assert keys.belonging_to(session, crossed) is None
        assert keys.belonging_to(session, first.text) is not None


@pytest.mark.parametrize(
    ("asked_days", "latest_end", "end"),
    [
        (None, None, None),
        (1, None, NOW + SECONDS_PER_DAY),
        (None, NOW + 5, NOW + 5),
        (1, NOW + 5, NOW + 5),
        (1, NOW + 2 * SECONDS_PER_DAY, NOW + SECONDS_PER_DAY),
    ],
)
def test_a_key_ends_when_it_was_asked_to_or_before(
    database: Database, asked_days: float | None, latest_end: float | None, end: float | None
) -> None:
    """Whichever is earlier; it works until then."""
    with database.writing() as session:
        row = keys.create(
            session, DEFAULT_PROJECT, _request(expires_in_days=asked_days), NOW, latest_end=latest_end
        ).row
        assert row.expires_at == end
        assert keys.state_of(row, NOW) == "active"
        assert keys.state_of(row, NOW + 10 * SECONDS_PER_DAY) == ("active" if end is None else "expired")


def test_a_key_that_is_replaced_works_for_as_long_as_they_overlap(database: Database) -> None:
    """So that who uses it has time to take the other one; one that ends before is not made to last."""
    with database.writing() as session:
        lasting = keys.create(session, DEFAULT_PROJECT, _request(), NOW).row
        short = keys.create(session, DEFAULT_PROJECT, _request(), NOW, latest_end=NOW + 5).row
        for row in (lasting, short):
            keys.replace(row, 24, NOW)
    assert keys.state_of(lasting, NOW + 23 * SECONDS_PER_HOUR) == "active"
    assert keys.state_of(lasting, NOW + 24 * SECONDS_PER_HOUR) == "expired"
    assert short.expires_at == NOW + 5


def test_a_revoked_key_stays_revoked(database: Database) -> None:
    """And when that was does not change when it is done again."""
    with database.writing() as session:
        row = keys.create(session, DEFAULT_PROJECT, _request(), NOW).row
        keys.revoke(row, NOW + 1)
        keys.revoke(row, NOW + 9)
        assert (row.revoked_at, keys.state_of(row, NOW + 1)) == (NOW + 1, "revoked")


def test_only_a_key_that_works_lets_anybody_in(database: Database) -> None:
    """Neither one that has ended nor one that was revoked counts when the service starts."""
    with database.writing() as session:
        assert not keys.is_any_active(session, NOW)
        keys.create(session, DEFAULT_PROJECT, _request(), NOW, latest_end=NOW + 5)
        assert keys.is_any_active(session, NOW)
        assert not keys.is_any_active(session, NOW + 6)
        keys.revoke(keys.create(session, DEFAULT_PROJECT, _request(), NOW).row, NOW)
        session.flush()
        assert not keys.is_any_active(session, NOW + 6)


def test_use_is_noted_seldom(database: Database) -> None:
    """Once in ten minutes, however often a key is used."""
    with database.writing() as session:
        row = keys.create(session, DEFAULT_PROJECT, _request(), NOW).row
        assert keys.is_use_to_be_noted(row, NOW)
        keys.note_used(session, row.id, NOW)
        session.refresh(row)
        assert not keys.is_use_to_be_noted(row, NOW + keys.NOTED_EVERY_SECONDS)
        assert keys.is_use_to_be_noted(row, NOW + keys.NOTED_EVERY_SECONDS + 1)


def test_pages_of_keys_are_of_one_project(database: Database) -> None:
    """Each key once, newest first."""
    with database.writing() as session:
        own = [keys.create(session, DEFAULT_PROJECT, _request(), NOW + each).row.id for each in range(5)]
        keys.create(session, "others", _request(), NOW)
        seen, cursor = [], None
        while True:
            page = keys.page(session, DEFAULT_PROJECT, NOW, limit=2, cursor=cursor)
            seen += [each.id for each in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(seen, reverse=True) == seen
        assert set(seen) == set(own)


def test_a_new_database_has_the_first_project(database: Database) -> None:
    """And making it again makes no other."""
    with database.writing() as session:
        assert projects.names(session) == [DEFAULT_PROJECT]
        assert not projects.create(session, DEFAULT_PROJECT, NOW)
        assert projects.create(session, "others", NOW)
        assert projects.names(session) == [DEFAULT_PROJECT, "others"]
        projects.require_known(session, "others")
        with pytest.raises(projects.UnknownProjectError, match="projects create"):
            projects.require_known(session, "another")


@given(st.text(max_size=60) | st.from_regex(r"[a-z0-9-]{1,45}", fullmatch=True))
def test_a_name_of_a_project_can_be_part_of_the_name_of_a_file(name: str) -> None:
    """It is refused, or has nothing in it that means anything there."""
    try:
        projects.require_name(name)
    except projects.ProjectNameError:
        return
    assert name.replace("-", "").isalnum()
    assert name.isascii()
    assert 1 <= len(name) <= 40
