"""The same on PostgreSQL, where transactions run beside each other: nobody waits to count, and nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from api_schemas.failures import Failure, FailureClass
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, jobs, trials
from store.rows.counters import counting
from store.rows.counters.catalogue import LEASES_LOST, UNIT_WAIT, UNITS_ENDED
from store.rows.counters.tables import CountRow
from store.rows.views.standing import Group, standing
from tests.store.databases import DIGITS, NOW, claim, result, running_job
from tests.store.rows.counters.counted import counted_in

THREADS, COUNTS = 6, 20


@pytest.fixture(scope="module")
def database(new_postgres: Callable[[], str]) -> Iterator[Database]:
    """Of a PostgreSQL, with the newest schema."""
    database = Database(new_postgres())
    yield database
    database.close()


def test_a_count_waits_for_no_other_transaction(database: Database) -> None:
    """Two that are open at once have both counted the same thing, and the sums are added up beside them."""
    with database.writing() as first:
        counting.count(first, LEASES_LOST, "trial")
        with database.writing() as second:
            counting.count(second, LEASES_LOST, "trial")
            with database.writing() as third:
                counting.add_up(third)  # sees neither, and waits for neither
    assert counted_in(database, LEASES_LOST) == {("trial",): 2.0}


def test_whoever_adds_up_at_the_same_time_adds_nothing_twice(database: Database) -> None:
    """Two control workers may both believe that they have the duty."""
    before = sum(counted_in(database, LEASES_LOST).values())
    together = Barrier(THREADS)

    def work(_: int) -> None:
        together.wait()
        for _ in range(COUNTS):
            with database.writing() as session:
                counting.count(session, LEASES_LOST, "probe")
            with database.writing() as session:
                counting.add_up(session)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    assert sum(counted_in(database, LEASES_LOST).values()) - before == THREADS * COUNTS
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CountRow)) == 0


def test_datasets_that_wait_are_one_group_there_alike(database: Database) -> None:
    """Although the table has a column that is called as the label is."""
    with database.writing() as session:
        for path in ("/x", "/y"):
            datasets.register(session, DEFAULT_PROJECT, {"kind": "path", "path": path}, NOW)
        datasets.register(session, DEFAULT_PROJECT, DIGITS, NOW)
        assert standing(session, NOW).units == (Group("dataset", "cpu", "queued", 3, 0.0),)
        session.rollback()


def test_changes_of_state_are_counted_there_alike(database: Database) -> None:
    """A trial that is done, and all those that end with their job."""
    with database.writing() as session:
        job = running_job(session)
        _, first = trials.of_job(session, job.id)[0]
        slots = len(trials.of_job(session, job.id))
        assert trials.succeed(session, claim(session, first), result(), NOW + 3)
        assert {(each.kind, each.state) for each in standing(session, NOW).units} == {("trial", "queued")}
        jobs.fail(session, job.id, Failure.of(FailureClass.TIMEOUT, "x"), NOW)
    ended = counted_in(database, UNITS_ENDED)
    assert ended["trial", "cpu", "succeeded"] == 1.0
    assert ended["trial", "cpu", "cancelled"] == slots - 1
    assert counted_in(database, UNIT_WAIT)["trial", "small_cnn", "cpu"] == 1.0
