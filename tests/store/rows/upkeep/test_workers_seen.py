"""Which workers there are, and what a job says that waits for one."""

from __future__ import annotations

from typing import Any

import pytest

from store.database import Database
from store.rows import jobs
from store.rows.upkeep import workers_seen
from store.rows.upkeep.workers_seen import ABSENT_AFTER_SECONDS
from store.rows.views import job_views
from tests.store.databases import NOW, claim, comparison, new_job, running_job


def test_a_kind_that_was_never_seen_or_long_ago_is_missed(database: Database) -> None:
    """With the time, and with what to do."""
    with database.writing() as session:
        missing = workers_seen.absence(session, "gpu", NOW)
        assert missing is not None
        assert "no worker for 'gpu' has been seen yet" in missing
        assert "python -m workers gpu" in missing
        workers_seen.note(session, "gpu", NOW)
        assert workers_seen.absence(session, "gpu", NOW + ABSENT_AFTER_SECONDS) is None
        gone = workers_seen.absence(session, "gpu", NOW + 600)
        assert gone is not None
        assert "for 10 minutes" in gone
        workers_seen.note(session, "gpu", NOW + 600)
        assert workers_seen.absence(session, "gpu", NOW + 601) is None


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ({}, None),
        ({"device": "gpu"}, "'gpu'"),
        ({"training": {"epochs": 1, "backend": "jax"}}, "'cpu-jax'"),
        ({"device": "gpu", "training": {"epochs": 1, "backend": "jax"}}, "'gpu-jax'"),
    ],
    ids=repr,
)
def test_a_job_says_which_worker_it_waits_for(database: Database, asked: dict[str, Any], missing: str | None) -> None:
    """Once it has waited for longer than one takes to start, and while nothing of it runs."""
    with database.writing() as session:
        job = running_job(session, comparison(**asked))
        workers_seen.note(session, "cpu", NOW)
        later = NOW + ABSENT_AFTER_SECONDS
        assert job_views.to_wire(session, job, NOW + 1).progress.waiting_for is None
        said = job_views.to_wire(session, job, later).progress.waiting_for
        assert (said is None) if missing is None else (said is not None and missing in said)


def test_a_job_of_which_something_runs_waits_for_nobody(database: Database) -> None:
    """Whoever does that is there."""
    from store.rows import trials

    with database.writing() as session:
        job = running_job(session)
        claim(session, trials.of_job(session, job.id)[0][1])
        assert job_views.to_wire(session, job, NOW + 1000).progress.waiting_for is None


def test_a_job_that_nobody_plans_waits_for_a_control_worker(database: Database) -> None:
    """And one that is over for none."""
    with database.writing() as session:
        job = new_job(session)
        said = job_views.to_wire(session, job, NOW + 1000).progress.waiting_for
        assert said is not None
        assert "'control'" in said
        jobs.cancel(session, job, NOW)
        assert job_views.to_wire(session, job, NOW + 1000).progress.waiting_for is None
