"""One ingestion, from its claim to a stored snapshot. The reading itself is in ``augury.datasets``."""

from __future__ import annotations

import shutil
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from store import queue
from store.rows import dataset_files, datasets, leases
from store.rows.leases import Lease
from store.rows.tables import DatasetRow, JobRow
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.leasing.run_leased import carry_out
from workers.maintenance.workspaces import workspace_of
from workers.units.ingestion_process import Ingested, Task, ingest_in_process


def ingest(context: Context, dataset_id: str) -> None:
    """Claim the dataset, store and measure its images, and have the jobs that wait for it advanced."""
    was_ours = carry_out(
        context,
        leases.INGESTIONS,
        dataset_id,
        read=lambda session: session.get_one(DatasetRow, dataset_id).reference,
        do=partial(_ingest, context),
        record=partial(_record, context),
        what="ingestion",
    )
    if was_ours:
        _advance_waiting_jobs(context, dataset_id)


def _ingest(context: Context, reference: dict[str, Any], keeper: LeaseKeeper) -> Ingested:
    workspace = workspace_of(context.settings, keeper.lease_id)
    try:
        workspace.mkdir(parents=True)
        task = Task(reference, workspace, context.settings.resolved_artifacts_url, context.ingest)
        return ingest_in_process(task, keeper)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def _record(
    context: Context,
    session: Session,
    lease: Lease,
    _reference: dict[str, Any],
    outcome: Ingested | Failure,
    now: float,
) -> None:
    if isinstance(outcome, Failure):
        datasets.fail_ingestion(session, lease, outcome, now)
        return
    dataset_files.lock_snapshot_deletion(context.database, session)
    if context.artifacts.exists(f"datasets/{outcome.digest}/meta.json"):
        datasets.finish_ingestion(session, lease, outcome.digest, outcome.facts, now)
    else:  # removed with another dataset of the same content, just after this one had found it there
        leases.give_back(session, lease)


def _advance_waiting_jobs(context: Context, dataset_id: str) -> None:
    waiting = select(JobRow.id).where(JobRow.dataset_id == dataset_id, JobRow.finished_at.is_(None))
    with context.database.reading() as session:
        job_ids = session.scalars(waiting).all()
    for job_id in job_ids:
        context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)
