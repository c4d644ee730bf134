"""Whose a unit of work is, for the log and for traces: nothing depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.rows.handout import Turn
from store.rows.outbox.tables import DeliveryRow
from store.rows.tables import ChunkRow, ConclusionRow, DatasetRow, JobRow, RegisteredModelRow, TrialRow

_NOUNS = {
    ChunkRow: "chunk",
    ConclusionRow: "conclusion",
    DatasetRow: "dataset",
    DeliveryRow: "message",
    RegisteredModelRow: "model",
    TrialRow: "trial",
}


@dataclass(frozen=True)
class Owner:
    """Whose a unit is.

    Attributes:
        kind: of the unit, in a word.
        ids: of the unit, of its project and of the job for which it is carried out now, by their nouns.
        traceparent: of the request that this job came with, if it had one.
    """

    kind: str
    ids: Mapping[str, str]
    traceparent: str | None


def owner_of(session: Session, turn: Turn) -> Owner:
    """Whose a unit is that was just claimed.

    A trial that several jobs share is the one's whose turn it was. A dataset is read for the oldest job that is not
    over and trains on it; a registered model for none.
    """
    row, row_id = turn.lease.kind.row, turn.lease.row_id
    noun = _NOUNS[row]
    kind = noun
    job_id = turn.job_id
    if row is ChunkRow:
        kind, job_id = session.execute(select(ChunkRow.role, ChunkRow.job_id).where(ChunkRow.id == row_id)).one()
    elif row is ConclusionRow:
        job_id = session.scalar(select(ConclusionRow.job_id).where(ConclusionRow.id == row_id))
    elif row is DatasetRow:
        waiting = select(JobRow.id).where(JobRow.dataset_id == row_id, JobRow.finished_at.is_(None))
        job_id = session.scalar(waiting.order_by(JobRow.id).limit(1))
    found = session.execute(select(JobRow.project_id, JobRow.traceparent).where(JobRow.id == job_id)).one_or_none()
    ids = {noun: row_id} | ({} if job_id is None or found is None else {"job": job_id, "project": found.project_id})
    return Owner(kind, ids, None if found is None else found.traceparent)
