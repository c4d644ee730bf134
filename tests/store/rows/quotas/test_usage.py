"""What a training counts to its project."""

from __future__ import annotations

from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import leases, trials
from store.rows.quotas import usage
from tests.store.databases import NOW, claim, running_job, succeed


def test_a_training_counts_with_the_seconds_of_its_result(database: Database) -> None:
    """Of trials that were computed together these are shares; one that failed counts for as long as it was held."""
    with database.writing() as session:
        job = running_job(session)
        first, second = [trial for _, trial in trials.of_job(session, job.id)][:2]
        succeed(session, first, 0.5, NOW)
        session.refresh(first)
        assert first.result is not None
        measured = first.result["seconds"]
        assert usage.of_day(session, DEFAULT_PROJECT, usage.day_of(NOW)) == (1, measured)
        assert leases.finish(session, claim(session, second, NOW), "failed", now=NOW + 7)
        assert usage.of_day(session, DEFAULT_PROJECT, usage.day_of(NOW)) == (2, measured + 7)
