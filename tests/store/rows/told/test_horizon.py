"""Events are told by growing ids, and none is left out: on PostgreSQL they may come to be seen in another order."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from store.database import Database
from store.rows import events
from store.rows.told.horizon import Horizon
from tests.store.databases import NOW, new_job


@dataclass
class Reader:
    """Reads as the service does: on from the last id that it was told, up to the horizon."""

    database: Database
    horizon: Horizon = field(default_factory=Horizon)
    told: list[int] = field(default_factory=list)

    def read(self) -> list[int]:
        """What it is told now, by ids."""
        with self.database.reading() as session:
            to = self.horizon.look(session)
            if to is None:
                return []
            after = self.told[-1] if self.told else 0
            new = [event.sequence for _, event in events.of_all(session, after=after, to=to, limit=1000)]
        self.told += new
        return new


def _reader(database: Database) -> Reader:
    """One that has been told all there is."""
    reader = Reader(database)
    reader.read()
    return reader


def _append(session: Session, job_id: str) -> int:
    events.append(session, job_id, "phase", NOW)
    session.flush()
    return events.timeline(session, job_id)[-1].sequence


def _two_jobs(database: Database) -> tuple[str, str]:
    with database.writing() as session:
        return new_job(session).id, new_job(session).id


def test_an_event_that_is_committed_late_is_not_left_out(server: Database) -> None:
    """The larger id is seen first, and is told only when the smaller one is there."""
    early, late = _two_jobs(server)
    reader = _reader(server)
    with server.writing() as slow:
        first = _append(slow, early)
        with server.writing() as fast:
            second = _append(fast, late)
        assert second > first
        assert reader.read() == []
        assert reader.horizon.is_waiting
    assert reader.read() == [first, second]


def test_what_comes_while_another_is_waited_for_is_told_in_its_turn(server: Database) -> None:
    """And not before what is still missing."""
    early, late = _two_jobs(server)
    reader = _reader(server)
    with server.writing() as slow:
        first = _append(slow, early)
        with server.writing() as fast:
            second = _append(fast, late)
        assert reader.read() == []
        with server.writing() as fast:
            third = _append(fast, late)
        assert reader.read() == []
    assert reader.read() + reader.read() == [first, second, third]


def test_an_id_that_was_given_up_is_not_waited_for(server: Database) -> None:
    """Its transaction is gone."""
    early, late = _two_jobs(server)
    reader = _reader(server)
    with server.reading() as given_up:
        _append(given_up, early)
        with server.writing() as fast:
            second = _append(fast, late)
    assert reader.read() == [second]


def test_who_writes_something_else_for_long_is_not_waited_for(server: Database) -> None:
    """Another transaction, in this database or another one, keeps nothing back that it has no part in."""
    early, late = _two_jobs(server)
    reader = _reader(server)
    with server.writing() as elsewhere:
        elsewhere.execute(text("update jobs set priority = 'low' where id = :id"), {"id": early})
        with server.reading() as given_up:
            _append(given_up, late)
        with server.writing() as session:
            second = _append(session, late)
        assert reader.read() == [second]


def test_who_begins_to_read_waits_for_what_is_under_way(server: Database) -> None:
    """Else the first cursor that it is given would leave something out."""
    early, late = _two_jobs(server)
    reader = Reader(server)
    with server.writing() as slow:
        first = _append(slow, early)
        with server.writing() as fast:
            second = _append(fast, late)
        assert reader.read() == []
    assert reader.read()[-2:] == [first, second]


_STEPS = st.lists(st.tuples(st.sampled_from(["append", "commit", "give up", "read"]), st.integers(0, 2)), max_size=25)


@settings(max_examples=40)
@given(steps=_STEPS)
def test_whatever_the_order_all_that_is_committed_is_told_once(server: Database, steps: list[tuple[str, int]]) -> None:
    """Three writers and a reader in any order: what is told is what was committed, by growing ids."""
    with server.writing() as session:
        jobs = [new_job(session).id for _ in range(3)]
    reader = _reader(server)
    before, committed = len(reader.told), set[int]()
    with ExitStack() as opened:
        sessions = [opened.enter_context(server.reading()) for _ in jobs]
        pending: list[set[int]] = [set() for _ in jobs]
        for action, number in steps:
            if action == "read":
                reader.read()
            elif action == "append":
                pending[number].add(_append(sessions[number], jobs[number]))
            else:
                sessions[number].commit() if action == "commit" else sessions[number].rollback()
                committed |= pending[number] if action == "commit" else set()
                pending[number] = set()
            assert set(reader.told[before:]) <= committed
    for _ in range(2):  # what is waited for, and what came meanwhile
        reader.read()
    assert reader.told[before:] == sorted(committed)


def test_on_sqlite_all_that_is_there_is_told_at_once(database: Database) -> None:
    """One transaction writes at a time."""
    early, late = _two_jobs(database)
    reader = _reader(database)
    with database.writing() as session:
        ids = [_append(session, early), _append(session, late)]
    assert reader.read() == ids


def test_an_id_does_not_come_again(database: Database) -> None:
    """When the newest events are deleted with their job, the next one does not get their ids."""
    gone, kept = _two_jobs(database)
    with database.writing() as session:
        last = _append(session, gone)
    with database.writing() as session:
        session.execute(text("delete from jobs where id = :id"), {"id": gone})
    with database.writing() as session:
        assert _append(session, kept) > last
