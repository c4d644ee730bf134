"""What changes of state count as."""

from __future__ import annotations

import pytest

from api_schemas.failures import Failure, FailureClass
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, jobs, leases, state_machines, trials
from store.rows.counters import sums
from store.rows.counters.catalogue import (
    JOB_SECONDS,
    JOBS_ENDED,
    LEASES_LOST,
    SLOTS_FILLED,
    UNIT_FAILURES,
    UNIT_SECONDS,
    UNIT_WAIT,
    UNITS_ENDED,
)
from store.rows.views.standing import Group, standing
from tests.store.databases import DIGITS, NOW, claim, comparison, new_job, new_trial, result, running_job
from tests.store.rows.counters.counted import counted_in


def test_a_trial_counts_its_wait_its_seconds_and_its_end(database: Database) -> None:
    """By the name of its model and the kind of worker."""
    with database.writing() as session:
        trial = new_trial(session)
        lease = claim(session, trial, NOW + 4)
        assert trials.succeed(session, lease, result(), NOW + 24)
    with database.reading() as session:
        found = sums.read(session)
    waited, took = (found[each]["trial", "small_cnn", "cpu"] for each in (UNIT_WAIT, UNIT_SECONDS))
    assert (waited.amount, waited.total, took.amount, took.total) == (1.0, 4.0, 1.0, 20.0)
    assert found[UNITS_ENDED]["trial", "cpu", "succeeded"].amount == 1.0


def test_a_trial_that_fails_counts_by_who_can_do_something(database: Database) -> None:
    """And as one that has ended."""
    with database.writing() as session:
        lease = claim(session, new_trial(session))
        assert trials.fail(session, lease, Failure.of(FailureClass.OUT_OF_MEMORY, "x"), NOW)
        assert not trials.fail(session, lease, Failure.of(FailureClass.OUT_OF_MEMORY, "x"), NOW)
    assert counted_in(database, UNIT_FAILURES) == {("trial", "out_of_memory"): 1.0}
    assert counted_in(database, UNITS_ENDED)["trial", "cpu", "failed"] == 1.0


def test_a_second_attempt_has_not_waited_since_the_beginning(database: Database) -> None:
    """What a lost worker has spent is no waiting: it counts as a lost lease."""
    with database.writing() as session:
        trial = new_trial(session)
        claim(session, trial, NOW, seconds=10)
        assert leases.expire(session, leases.TRIALS, now=NOW + 60, max_attempts=3) == [trial.id]
        claim(session, trial, NOW + 70)
    assert counted_in(database, LEASES_LOST) == {("trial",): 1.0}
    assert counted_in(database, UNIT_WAIT)["trial", "small_cnn", "cpu"] == 1.0


def test_slots_are_counted_by_whether_their_trial_was_there(database: Database) -> None:
    """Two jobs that want the same: the second trains nothing."""
    with database.writing() as session:
        running_job(session)
        of_first = counted_in_session(session)
        running_job(session)
        of_both = counted_in_session(session)
    assert of_first["no",] > 0
    assert ("yes",) not in of_first
    assert of_both == {("no",): of_first["no",], ("yes",): of_first["no",]}


def counted_in_session(session: object) -> dict[tuple[str, ...], float]:
    """How many slots, before anything is committed."""
    return {values: found.amount for values, found in sums.read(session)[SLOTS_FILLED].items()}  # type: ignore[arg-type]


def test_a_job_counts_how_it_ended_and_how_long_it_took(database: Database) -> None:
    """All of its trials that nobody else needs are cancelled with it, each counted."""
    with database.writing() as session:
        job = running_job(session)
        slots = sum(counted_in_session(session).values())
        jobs.fail(session, job.id, Failure.of(FailureClass.TIMEOUT, "x"), NOW + 100)
    with database.reading() as session:
        found = sums.read(session)
    assert found[JOBS_ENDED]["comparison", "failed"].amount == 1.0
    assert found[JOB_SECONDS]["comparison",].total == 100.0
    assert found[UNITS_ENDED]["trial", "cpu", "cancelled"].amount == slots


def test_a_dataset_that_was_read_counts_and_one_that_is_deleted_does_not(database: Database) -> None:
    """It has not ended for a second time."""
    with database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, NOW)
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=NOW, seconds=10)
        assert lease is not None
        failure = Failure.of(FailureClass.DATASET, "x", "archive.traversal")
        assert datasets.fail_ingestion(session, lease, failure, NOW + 1)
    before = counted_in(database, UNITS_ENDED)
    with database.writing() as session:
        assert state_machines.move(session, state_machines.DATASET, row.id, "deleted")
    assert counted_in(database, UNITS_ENDED) == before == {("dataset", "cpu", "failed"): 1.0}


def test_how_work_stands_is_what_is_not_over(database: Database) -> None:
    """By kind, kind of worker and state, with how old the oldest is."""
    with database.writing() as session:
        job = running_job(session, now=NOW)
        new_job(session, comparison(), NOW + 30)
        first, second = (trial for _, trial in trials.of_job(session, job.id)[:2])
        claim(session, first)
        assert trials.succeed(session, claim(session, second), result(), NOW)
        left = len(trials.of_job(session, job.id)) - 2
        found = standing(session, NOW + 50)
    assert set(found.units) == {
        Group("trial", "cpu", "queued", left, 50.0),
        Group("trial", "cpu", "running", 1, 50.0),
    }
    assert set(found.jobs) == {
        Group("comparison", "cpu", "running", 1, 50.0),
        Group("comparison", "cpu", "queued", 1, 20.0),
    }


@pytest.mark.parametrize("state", ["queued", "running"])
def test_no_state_that_goes_on_counts_as_an_end(database: Database, state: str) -> None:
    """A unit that is given back, or taken up, has not ended."""
    with database.writing() as session:
        trial = new_trial(session)
        lease = claim(session, trial)
        if state == "queued":
            leases.give_back(session, lease)
    assert not [values for values in counted_in(database, UNITS_ENDED) if values[0] == "trial"]
