"""Versions of jobs: whatever their clients see change changes them, for all jobs at once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from store.database import Database
from store.rows import chunks
from store.rows.upkeep import workers_seen
from store.rows.upkeep.workers_seen import ABSENT_AFTER_SECONDS
from store.rows.views import job_views
from store.rows.views.versions import versions_of
from tests.store.databases import NOW, new_job, running_job
from tests.store.statements import statements

LATER = NOW + ABSENT_AFTER_SECONDS
CHANGES = {
    "its state": "update jobs set state = 'cancelling'",
    "its phase": "update jobs set phase = 'reporting'",
    "its report": "update jobs set report_artifact = 'jobs/x/report.json'",
    "its files": """update jobs set artifacts = '{"a.zip": {"bytes": 1, "sha256": "x", "media_type": "y/z"}}'""",
    "its beginning": "update jobs set started_at = 1.0",
    "its end": "update jobs set finished_at = 1.0",
    "an event": """insert into job_events (project_id, job_id, at, type, data)
        select project_id, id, 1.0, 'x', '{}' from jobs""",
    "a trial that runs": "update trials set state = 'running' where id = (select min(id) from trials)",
    "a batch of a long epoch": "update trials set batch = 1, batches = 9 where id = (select min(id) from trials)",
    "an epoch": "update trials set epoch = 1 where id = (select min(id) from trials)",
    "a trial that is reused": "update job_trials set reused = true where seed = 0",
    "a probe that is done": "update chunks set state = 'succeeded'",
    "a trial less": "delete from job_trials where seed = 0",
    "the facts of its dataset": "update datasets set state = 'ingesting'",
    "a worker": "insert into workers_seen (kind, seen_at) values ('cpu', 1800000050.0)",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_clients_see_change_changes_the_version(change: str, database: Database) -> None:
    """While nothing changes it stays."""
    with database.writing() as session:
        job_id = running_job(session).id
        chunks.add_probes(session, job_id, [0], "cpu", NOW)
        session.flush()
        before = versions_of(session, [job_id], LATER)
        assert versions_of(session, [job_id], LATER) == before
        session.execute(text(change))
        assert versions_of(session, [job_id], LATER) != before


def test_a_worker_that_is_missed_from_some_time_on_is_a_change(database: Database) -> None:
    """Nothing is written when that time comes."""
    with database.writing() as session:
        job = new_job(session)
        workers_seen.note(session, "control", NOW + 10)
        said = [job_views.to_wire(session, job, now).progress.waiting_for for now in (LATER, LATER + 11)]
        assert said[0] is None
        assert said[1] is not None
        assert versions_of(session, [job.id], LATER) != versions_of(session, [job.id], LATER + 11)


def test_many_jobs_cost_no_more_statements_than_one(database: Database) -> None:
    """And jobs that there are not are left out."""
    with database.writing() as session:
        job_ids = [running_job(session).id for _ in range(5)]
    counts = []
    for asked in (job_ids[:1], [*job_ids, "job_none"]):
        with statements(database) as said, database.reading() as session:
            assert set(versions_of(session, asked, NOW)) == set(asked) - {"job_none"}
        counts.append(len(said))
    assert counts[0] == counts[1]
