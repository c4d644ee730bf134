"""Dataset rows: registering a reference, and what ingestion makes of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.datasets import Dataset, DatasetFacts, DatasetList, DatasetState
from api_schemas.failures import Failure
from store import leases
from store.canonical import digest, timestamp
from store.database import insert_or_find
from store.ids import DATASET, new_id
from store.leases import Lease
from store.tables import DatasetRow

INGESTION_QUEUE = "cpu"


def register(session: Session, reference: dict[str, Any], now: float) -> DatasetRow:
    """The live row for a reference; a new one, queued for ingestion, where there is none."""
    existing = find(session, reference)
    if existing is not None:
        return existing
    reference_digest = digest(reference)
    row = DatasetRow(
        id=new_id(DATASET),
        state=DatasetState.QUEUED,
        queue=INGESTION_QUEUE,
        attempts=0,
        reference=reference,
        reference_digest=reference_digest,
        created_at=now,
    )
    return insert_or_find(session, row, lambda: find(session, reference))


def find(session: Session, reference: dict[str, Any]) -> DatasetRow | None:
    """The live row for a reference, or None."""
    same_reference = DatasetRow.reference_digest == digest(reference)
    return session.scalar(select(DatasetRow).where(same_reference, DatasetRow.state != DatasetState.FAILED))


def last_failure(session: Session, reference: dict[str, Any]) -> Failure | None:
    """Why the newest ingestion of a reference that came to a bad end did so; None if there was none."""
    query = select(DatasetRow).where(
        DatasetRow.reference_digest == digest(reference), DatasetRow.state == DatasetState.FAILED
    )
    row = session.scalars(query.order_by(DatasetRow.id.desc()).limit(1)).first()
    return None if row is None or row.error is None else Failure.model_validate(row.error)


def finish_ingestion(session: Session, lease: Lease, content_digest: str, facts: DatasetFacts, now: float) -> bool:
    """The snapshot is stored and measured; False when the lease was lost meanwhile."""
    return leases.finish(
        session, lease, DatasetState.READY, now=now, digest=content_digest, facts=facts.model_dump(mode="json")
    )


def fail_ingestion(session: Session, lease: Lease, failure: Failure, now: float) -> bool:
    """Ingestion came to a bad end; False when the lease was lost meanwhile."""
    return leases.finish(session, lease, DatasetState.FAILED, now=now, error=failure.model_dump(mode="json"))


def page(session: Session, *, limit: int, cursor: str | None, state: str | None) -> DatasetList:
    """Datasets, newest first, from after *cursor*."""
    query = select(DatasetRow).order_by(DatasetRow.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(DatasetRow.id < cursor)
    if state is not None:
        query = query.where(DatasetRow.state == state)
    rows = session.scalars(query).all()
    return DatasetList(
        items=[to_wire(row) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def to_wire(row: DatasetRow) -> Dataset:
    """The row as clients see it."""
    state = DatasetState(row.state)
    return Dataset(
        id=row.id,
        state=state,
        is_terminal=state in (DatasetState.READY, DatasetState.FAILED),
        reference=row.reference,
        digest=row.digest,
        facts=None if row.facts is None else DatasetFacts.model_validate(row.facts),
        error=None if row.error is None else Failure.model_validate(row.error),
        created_at=timestamp(row.created_at),
    )
