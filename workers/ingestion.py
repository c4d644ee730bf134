"""One ingestion: from a dataset's reference to its stored snapshot."""

from __future__ import annotations

from sqlalchemy import select

from store import datasets, leases, queue
from store.queue import identity
from store.snapshots import store_snapshot
from store.tables import DatasetRow, JobRow
from workers.context import Context
from workers.datasets.builtin import load_builtin
from workers.failures import failure_of
from workers.lease_keeper import LeaseKeeper


def ingest(context: Context, dataset_id: str) -> None:
    """Claim the dataset, store and measure its images, and have the jobs that wait for it advanced."""
    database, seconds = context.database, context.settings.lease_seconds
    with database.writing() as session:
        now = database.now(session)
        lease = leases.claim(session, leases.INGESTIONS, dataset_id, owner=identity(), now=now, seconds=seconds)
        if lease is None:
            return
        reference = session.get_one(DatasetRow, dataset_id).reference
    with LeaseKeeper(database, lease, context.settings):
        try:
            snapshot = load_builtin(reference)
            digest, facts, failure = store_snapshot(context.artifacts, snapshot), snapshot.facts(), None
        except Exception as error:  # whatever happens, the row must say so
            failure = failure_of(error, "ingestion")
    with database.writing() as session:
        now = database.now(session)
        if failure is not None:
            datasets.fail_ingestion(session, lease, failure, now)
        else:
            datasets.finish_ingestion(session, lease, digest, facts, now)
    _advance_waiting_jobs(context, dataset_id)


def _advance_waiting_jobs(context: Context, dataset_id: str) -> None:
    waiting = select(JobRow.id).where(JobRow.dataset_id == dataset_id, JobRow.finished_at.is_(None))
    with context.database.reading() as session:
        job_ids = session.scalars(waiting).all()
    for job_id in job_ids:
        context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)
