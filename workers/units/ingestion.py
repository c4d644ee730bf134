"""One ingestion, from its claim to a stored snapshot. The reading itself is in ``augury.datasets``."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from augury.datasets.protocol import ReadDataset, Task
from augury.datasets.reading_process import read_safely
from store import queue
from store.files.names import snapshot_folder
from store.files.snapshots import is_stored, store_snapshot_folder
from store.rows import dataset_files, datasets, leases
from store.rows.leases import Lease
from store.rows.tables import DatasetRow, JobRow
from store.rows.upkeep import tombstones
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.leasing.run_leased import UnitOfWork
from workers.maintenance.workspaces import workspace_for
from workers.units.uploaded_file import Referred, uploaded_file


def _read(session: Session, dataset_id: str) -> Referred:
    row = session.get_one(DatasetRow, dataset_id)
    return Referred(row.project_id, row.reference)


def _ingest(context: Context, referred: Referred, keeper: LeaseKeeper) -> ReadDataset:
    with workspace_for(context.settings, context.database, keeper.lease_id) as workspace:
        upload = uploaded_file(context.artifacts, referred, workspace, context.ingest, keeper)
        read = read_safely(Task(referred.reference, workspace, context.ingest, upload), keeper)
        keeper.record(digest=read.digest)  # before anything is stored, so that the files can be found again
        keeper.raise_if_cancelled()
        keeper.report_progress(progress={"step": "storing", "done": 0, "total": 1})
        store_snapshot_folder(context.artifacts, read.folder, read.digest)
        return read


def _record(
    context: Context,
    session: Session,
    lease: Lease,
    _referred: Referred,
    outcome: ReadDataset | Failure,
    now: float,
) -> None:
    if isinstance(outcome, Failure):
        datasets.fail_ingestion(session, lease, outcome, now)
        return
    dataset_files.lock_snapshot_deletion(context.database, session)
    is_kept = tombstones.dig_up(session, snapshot_folder(outcome.digest), now)
    if is_kept and is_stored(context.artifacts, outcome.digest):
        datasets.finish_ingestion(session, lease, outcome.digest, outcome.facts, now)
    else:  # removed with another dataset of the same content, just after this one had found it there
        leases.give_back(session, lease)


def _advance_waiting_jobs(context: Context, dataset_id: str) -> None:
    waiting = select(JobRow.id).where(JobRow.dataset_id == dataset_id, JobRow.finished_at.is_(None))
    with context.database.reading() as session:
        job_ids = session.scalars(waiting).all()
    for job_id in job_ids:
        context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)


UNIT = UnitOfWork(leases.INGESTIONS, "ingestion", _read, _ingest, _record, _advance_waiting_jobs)
