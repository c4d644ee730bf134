"""Dataset rows: registering a reference, what ingestion makes of it, and giving it up."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, select, text, update
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.datasets.dataset import Dataset, DatasetFacts, DatasetList, DatasetState
from api_schemas.failures import Failure
from augury.planning.canonical import digest
from store.database import changes_one_row, insert_into, insert_or_find
from store.files.names import upload_name
from store.ids import DATASET, is_identifier, new_id
from store.rows import leases, state_machines
from store.rows.leases import Lease
from store.rows.needs import other_datasets
from store.rows.needs.tables import FreshSeedsRow
from store.rows.quotas import stored
from store.rows.state_machines import move
from store.rows.tables import DatasetRow, JobRow
from store.rows.told import read_once
from store.rows.upkeep import tombstones

INGESTION_QUEUE = "cpu"
_IS_LIVE = text("datasets.state not in ('failed', 'deleted')")  # in the words of its index
_OF_PROJECT = select(DatasetRow).where(DatasetRow.project_id == bindparam("project"))
_FOUND = {
    True: _OF_PROJECT.where(DatasetRow.id == bindparam("by"), DatasetRow.state != DatasetState.DELETED),
    False: _OF_PROJECT.where(DatasetRow.reference_digest == bindparam("by"), _IS_LIVE),
}
"""By whether a dataset is found by its id or by what it refers to. Made once, as every submission asks."""
_HELD = {
    by_id: query.with_for_update(read=True).execution_options(populate_existing=True) for by_id, query in _FOUND.items()
}


class StillBeingDeletedError(Exception):
    """The file is just being deleted, as no dataset had it any more."""


def register(session: Session, project: str, reference: dict[str, Any], now: float) -> DatasetRow:
    """The project's live row for a reference; a new one, queued for ingestion, where there is none.

    Raises:
        StillBeingDeletedError: the file of an upload was given up before, and goes at this moment.
    """
    existing = find(session, project, reference)
    if existing is not None:
        return existing
    checksum = reference["sha256"] if reference["kind"] == "upload" else None
    if checksum is not None and not tombstones.dig_up(session, upload_name(project, checksum), now):
        raise StillBeingDeletedError
    row = DatasetRow(
        id=new_id(DATASET),
        project_id=project,
        state=DatasetState.QUEUED,
        queue=INGESTION_QUEUE,
        attempts=0,
        reference=reference,
        kind=reference["kind"],
        upload_sha256=checksum,
        reference_digest=digest(reference),
        created_at=now,
    )
    return insert_or_find(session, row, lambda: find(session, project, reference))


def find(session: Session, project: str, reference: dict[str, Any], *, held: bool = False) -> DatasetRow | None:
    """The project's live row for a reference, or None. One of kind ``dataset`` finds that one, failed or not.

    One that is *held* is as it is now, and is kept from being deleted until the transaction ends.
    """
    by_id = reference["kind"] == "dataset"
    if by_id and not is_identifier(reference["id"]):
        return None
    queries = _HELD if held else _FOUND
    return session.scalar(queries[by_id], {"project": project, "by": reference["id"] if by_id else digest(reference)})


def get(session: Session, project: str, dataset_id: str) -> DatasetRow | None:
    """The project's row of that id, or None where it has none or that was deleted."""
    row = session.get(DatasetRow, dataset_id) if is_identifier(dataset_id) else None
    return None if row is None or row.project_id != project or row.state == DatasetState.DELETED else row


def last_failure(session: Session, project: str, reference: dict[str, Any]) -> Failure | None:
    """Why a project's newest ingestion of a reference that came to a bad end did so; None if there was none."""
    same = (DatasetRow.project_id == project, DatasetRow.reference_digest == digest(reference))
    query = select(DatasetRow).where(*same, DatasetRow.state == DatasetState.FAILED)
    row = session.scalars(query.order_by(DatasetRow.id.desc()).limit(1)).first()
    return None if row is None or row.error is None else Failure.model_validate(row.error)


def finish_ingestion(session: Session, lease: Lease, content_digest: str, facts: DatasetFacts, now: float) -> bool:
    """The snapshot is stored and measured; False when the lease was lost meanwhile."""
    is_ready = leases.finish(
        session, lease, DatasetState.READY, now=now, digest=content_digest, facts=facts.model_dump(mode="json"),
        progress=None,
    )  # fmt: skip
    if is_ready:
        row = session.get_one(DatasetRow, lease.row_id)
        stored.note(session, row, row.stored_bytes + stored.images_bytes(facts))
    return is_ready


def fail_ingestion(session: Session, lease: Lease, failure: Failure, now: float) -> bool:
    """Ingestion came to a bad end; False when the lease was lost meanwhile."""
    error = failure.model_dump(mode="json")
    return leases.finish(session, lease, DatasetState.FAILED, now=now, error=error, progress=None)


def take_fresh_seeds(session: Session, project: str, content_digest: str, count: int) -> int:
    """Use up so many of a project's fresh seeds of a dataset of that content; the number of the first, from 0 on.

    One statement, which holds the row until the transaction ends: nobody is given one of these seeds again.
    """
    statement = insert_into(session, FreshSeedsRow).values(project_id=project, digest=content_digest, used=count)
    taken = statement.on_conflict_do_update(
        index_elements=[FreshSeedsRow.project_id, FreshSeedsRow.digest], set_={"used": FreshSeedsRow.used + count}
    )
    used: int = session.execute(taken.returning(FreshSeedsRow.used)).scalar_one()
    return used - count


def take_for_publishing(session: Session, dataset_id: str, now: float) -> bool:
    """Note that a queued dataset is rung for; False where somebody else has, or it is not queued any more."""
    due = (DatasetRow.id == dataset_id, DatasetRow.state == DatasetState.QUEUED, DatasetRow.published_at.is_(None))
    return changes_one_row(session, update(DatasetRow).where(*due).values(published_at=now))


def jobs_in_need(session: Session, dataset_id: str, limit: int = 5) -> list[str]:
    """The first few jobs that are not over and need the dataset, to train on or to judge models on."""
    query = select(JobRow.id).where(JobRow.dataset_id == dataset_id, JobRow.finished_at.is_(None))
    trained_on = session.scalars(query.order_by(JobRow.id).limit(limit)).all()
    return sorted({*trained_on, *other_datasets.jobs_in_need(session, dataset_id, limit)})[:limit]


def delete(session: Session, dataset_id: str, now: float) -> None:
    """Give a dataset up: it is shown no more, and the sweep removes its files.

    One that is being ingested is asked to stop, and is gone once its worker has.
    """
    not_begun_or_over = DatasetRow.state != DatasetState.INGESTING
    if move(session, state_machines.DATASET, dataset_id, DatasetState.DELETED, not_begun_or_over, finished_at=now):
        return
    row = session.get_one(DatasetRow, dataset_id, populate_existing=True)
    if row.state == DatasetState.INGESTING:
        row.cancel_requested_at = row.cancel_requested_at or now
        session.flush()


def _on_page(
    project: str, *, limit: int, cursor: str | None, state: str | None = None, kind: str | None = None
) -> Select[DatasetRow]:
    """A project's datasets, newest first, from after *cursor*, and one more than *limit*."""
    query = select(DatasetRow).where(DatasetRow.project_id == project, DatasetRow.state != DatasetState.DELETED)
    if cursor is not None:
        query = query.where(DatasetRow.id < cursor)
    if state is not None:
        query = query.where(DatasetRow.state == state)
    if kind is not None:
        query = query.where(DatasetRow.kind == kind)
    return query.order_by(DatasetRow.id.desc()).limit(limit + 1)


def page(
    session: Session, project: str, *, limit: int, cursor: str | None, state: str | None = None, kind: str | None = None
) -> DatasetList:
    """A project's datasets, newest first, from after *cursor*."""
    rows = session.scalars(_on_page(project, limit=limit, cursor=cursor, state=state, kind=kind)).all()
    return DatasetList(
        items=[to_wire(row) for row in rows[:limit]],
        next_cursor=rows[limit - 1].id if len(rows) > limit else None,
    )


def page_version(
    session: Session, project: str, *, limit: int, cursor: str | None, state: str | None = None, kind: str | None = None
) -> list[tuple[Any, ...]]:
    """Equal to an earlier one where the page looks the same."""
    query = _on_page(project, limit=limit, cursor=cursor, state=state, kind=kind)
    return read_once.versions_in(session, DatasetRow, query)


def to_wire(row: DatasetRow) -> Dataset:
    """The row as clients see it."""
    state = DatasetState(row.state)
    return Dataset(
        id=row.id,
        state=state,
        is_terminal=state.is_terminal,
        reference=row.reference,
        digest=row.digest if state == DatasetState.READY else None,
        facts=None if row.facts is None else DatasetFacts.model_validate(row.facts),
        error=None if row.error is None else Failure.model_validate(row.error),
        progress=row.progress or {},
        created_at=timestamp(row.created_at),
    )
