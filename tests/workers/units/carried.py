"""Units carried out one by one, by their ids: what a worker does once the handing out of work has chosen one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.queue import identity
from store.rows import leases
from store.rows.handout import Turn
from store.rows.tables import ConclusionRow, ConclusionState
from workers.context import Context
from workers.leasing.run_leased import UnitOfWork, carry_out
from workers.planner import advance as planner
from workers.units import chunk, conclusion, ingestion, model, trial


def advance(context: Context, job_id: str) -> None:
    """Have a job looked at, and its evidence too where that is due."""
    planner.advance(context, job_id)
    asked = (ConclusionRow.job_id == job_id, ConclusionRow.state == ConclusionState.QUEUED)
    with context.database.reading() as session:
        found = session.scalar(select(ConclusionRow.id).where(*asked))
    if found is not None:
        _carry_out(context, conclusion.UNIT, found)


def ingest(context: Context, dataset_id: str) -> None:
    """Ingest that dataset."""
    _carry_out(context, ingestion.UNIT, dataset_id)


def read_model(context: Context, model_id: str) -> None:
    """Read that registered model."""
    _carry_out(context, model.UNIT, model_id)


def run_chunk(context: Context, chunk_id: str) -> None:
    """Carry out that chunk."""
    _carry_out(context, chunk.UNIT, chunk_id)


def run_trial(context: Context, trial_id: str) -> None:
    """Train that trial."""
    _carry_out(context, trial.UNIT, trial_id)


def _carry_out(context: Context, unit: UnitOfWork[Any, Any], unit_id: str) -> None:
    def claim(session: Session, now: float) -> Turn | None:
        lease = leases.claim(
            session, unit.kind, unit_id, owner=identity(), now=now, seconds=context.settings.lease_seconds
        )
        return lease and Turn(lease, None)

    carry_out(context, claim, {unit.kind: unit})
