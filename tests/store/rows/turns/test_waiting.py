"""Projects take turns, however many jobs each has, and the jobs of one by their priorities."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from store.database import Database
from store.rows import handout, leases, trials
from store.rows.access import projects
from store.rows.handout import Turn
from store.rows.tables import JobRow
from store.rows.turns.waiting import MAX_PASSED_OVER
from tests.store.databases import NOW, comparison, migrated_copy, running_job

PROJECTS = ("acme", "globex", "initech")


def _projects(session: Session) -> None:
    for name in PROJECTS:
        projects.create(session, name, NOW)


def _job(session: Session, project: str, first_seed: int, seeds: int = 2, now: float = NOW, **request: Any) -> JobRow:
    """A job of a project with two arms on so many seeds that no other has."""
    asked = comparison(evaluation={"seeds": seeds, "first_seed": first_seed}, **request)
    return running_job(session, asked, now, project)


def _take(session: Session, now: float) -> Turn:
    turn = handout.claim_next(session, "cpu", owner="worker", now=now, seconds=1e9)
    assert turn is not None
    assert turn.job_id is not None
    handout.note_served(session, turn.job_id, now)
    session.flush()
    return turn


def _owner(session: Session, turn: Turn) -> str:
    return session.get_one(JobRow, turn.job_id).project_id


def test_many_jobs_of_one_project_do_not_hold_up_anothers_first(database: Database) -> None:
    """With one worker, it is next as soon as that is free."""
    with database.writing() as session:
        _projects(session)
        for number in range(8):
            _job(session, "acme", 10 * number)
        running = _take(session, NOW + 1)
        first = _job(session, "globex", 0, now=NOW + 2)
        assert leases.finish(session, running.lease, "failed", now=NOW + 3)
        assert _take(session, NOW + 3).job_id == first.id


@settings(max_examples=5)
@given(st.tuples(*[st.integers(1, 3)] * len(PROJECTS)), st.integers(1, 3))
def test_each_project_gets_as_much_as_any_other_while_all_have_work(
    tmp_path_factory: pytest.TempPathFactory, counts: tuple[int, ...], workers: int
) -> None:
    """Whatever the number of their jobs, and although jobs end and leave nothing behind that says they were served."""
    database = migrated_copy(tmp_path_factory.mktemp("turns"))
    served: list[str] = []
    with database.writing() as session:
        _projects(session)
        for at, (project, count) in enumerate(zip(PROJECTS, counts, strict=True)):
            for number in range(count):
                _job(session, project, 1000 * at + 10 * number, seeds=2, now=NOW + number)
        running: list[Turn] = []
        for step in range(3 * min(counts)):
            now = NOW + 100 + step
            running.append(_take(session, now))
            served.append(_owner(session, running[-1]))
            if len(running) == workers:
                assert leases.finish(session, running.pop(0).lease, "failed", now=now)
    database.close()
    shares = Counter(served)
    assert max(shares.values()) - min(shares[project] for project in PROJECTS) <= 1


def test_a_priority_counts_among_the_jobs_of_its_project_alone(database: Database) -> None:
    """Who calls all of theirs urgent gets no more than who does not."""
    with database.writing() as session:
        _projects(session)
        urgent = _job(session, "acme", 0, seeds=9, priority="high")
        usual = _job(session, "acme", 100, seeds=9, priority="low")
        other = _job(session, "globex", 0, seeds=9, priority="low")
        served = Counter(_take(session, NOW + 1).job_id for _ in range(12))
    assert served[other.id] == 6
    assert served[urgent.id] > served[usual.id]


def test_a_project_whose_jobs_all_wait_for_something_is_passed_over(database: Database) -> None:
    """What it could have had others get."""
    with database.writing() as session:
        _projects(session)
        waiting = _job(session, "acme", 0)
        for _, trial in trials.of_job(session, waiting.id):
            assert leases.claim(session, leases.TRIALS, trial.id, owner="w", now=NOW, seconds=1e9)
        other = _job(session, "globex", 0, now=NOW + 1)
        assert {_take(session, NOW + 2).job_id for _ in range(4)} == {other.id}
        assert handout.claim_next(session, "cpu", owner="worker", now=NOW + 3, seconds=10) is None


def _steps_of_a_claim(database: Database, now: float) -> int:
    """How many instructions SQLite carries out for one, in tens."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with database.writing() as session:
        connection = session.connection().connection.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        connection.set_progress_handler(count, 10)
        assert handout.claim_next(session, "cpu", owner="worker", now=now, seconds=10) is not None
        connection.set_progress_handler(None, 0)
        session.rollback()
    return steps


def test_a_claim_costs_as_much_however_many_jobs_wait(database: Database) -> None:
    """Of those alike a few are looked at, in the order in which they wait, and not the others."""
    taken = []
    for first, last in ((0, 2 * MAX_PASSED_OVER), (2 * MAX_PASSED_OVER, 100)):
        with database.writing() as session:
            _projects(session)
            for number in range(first, last):
                _job(session, PROJECTS[number % 2], 10 * number, now=NOW + number)
        taken.append(_steps_of_a_claim(database, NOW + 1000))
    few, many = taken
    assert many < 1.2 * few
