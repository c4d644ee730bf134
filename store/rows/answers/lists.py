"""Jobs that are over, with what they have answered: narrowed, in an order, and page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Float, Select, and_, cast, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from store.ids import DATASET
from store.rows.answers.tables import AnswerRow
from store.rows.tables import DatasetRow, JobLabelRow, JobRow

Order = Literal["newest", "oldest", "gain", "loss"]
_SEPARATOR = "~"
_VALUES: dict[Order, tuple[InstrumentedAttribute[float | None], bool]] = {
    "gain": (AnswerRow.best, True),
    "loss": (AnswerRow.worst, False),
}
"""What an order that is not by time goes by, and whether the largest comes first."""


@dataclass(frozen=True)
class AnswerFilter:
    """What a list is narrowed to; None does not narrow."""

    state: str | None = None
    kind: str | None = None
    dataset: str | None = None
    model: str | None = None
    metric: str | None = None
    verdict: str | None = None
    label: tuple[str, str] | None = None


@dataclass(frozen=True)
class Page:
    """Some jobs, and where the list goes on."""

    rows: Sequence[Any]
    next_cursor: str | None


def page(
    session: Session, project: str, narrowed: AnswerFilter, order: Order, *, limit: int, cursor: str | None
) -> Page:
    """A project's jobs that are over; orders by value have those alone that have one.

    Raises:
        ValueError: the cursor is not one of this order.
    """
    query = _narrow(_of_project(project), project, narrowed)
    rows = session.execute(_ordered(query, order, cursor).limit(limit + 1)).all()
    is_last = len(rows) <= limit
    return Page(rows[:limit], None if is_last else _cursor_after(rows[limit - 1], order))


def choices(session: Session, project: str, limit: int) -> dict[str, list[str]]:
    """What a list can be narrowed to: so many datasets, models and metrics at most, by name."""
    columns = {"dataset": AnswerRow.dataset, "model": AnswerRow.model, "metric": AnswerRow.metric}
    return {name: _distinct(session, project, column, limit) for name, column in columns.items()}


def _distinct(session: Session, project: str, column: InstrumentedAttribute[str], limit: int) -> list[str]:
    """Values of a column from its index, each found from the one before, however many rows have it."""
    found: list[str] = []
    while len(found) < limit:
        larger = select(column).where(AnswerRow.project_id == project, column > (found[-1] if found else ""))
        value = session.scalar(larger.order_by(column).limit(1))
        if value is None:
            break
        found.append(value)
    return found


def _of_project(project: str) -> Select[Any]:
    columns = (JobRow.id, JobRow.kind, JobRow.state, JobRow.labels, JobRow.error, JobRow.finished_at,
               JobRow.dataset_id, DatasetRow.reference, AnswerRow.dataset, AnswerRow.model, AnswerRow.metric,
               AnswerRow.best, AnswerRow.worst, AnswerRow.answer)  # fmt: skip
    query = select(*columns).join(DatasetRow, DatasetRow.id == JobRow.dataset_id)
    query = query.outerjoin(AnswerRow, AnswerRow.job_id == JobRow.id)
    return query.where(JobRow.project_id == project, JobRow.finished_at.is_not(None))


def _narrow(query: Select[Any], project: str, narrowed: AnswerFilter) -> Select[Any]:
    columns = {
        JobRow.state: narrowed.state,
        JobRow.kind: narrowed.kind,
        _dataset_column(narrowed.dataset): narrowed.dataset,
        AnswerRow.model: narrowed.model,
        AnswerRow.metric: narrowed.metric,
    }
    for column, value in columns.items():
        if value is not None:
            query = query.where(column == value)
    if narrowed.verdict is not None:
        query = query.where(AnswerRow.verdicts.contains(f" {narrowed.verdict} ", autoescape=True))
    if narrowed.label is not None:
        key, value = narrowed.label
        of_job = (JobLabelRow.job_id == JobRow.id, JobLabelRow.project_id == project)
        query = query.join(JobLabelRow, and_(*of_job, JobLabelRow.key == key, JobLabelRow.value == value))
    return query


def _dataset_column(asked: str | None) -> InstrumentedAttribute[str]:
    """What a dataset is looked for by: its id where that is given, else its name."""
    return JobRow.dataset_id if asked is not None and asked.startswith(f"{DATASET}_") else AnswerRow.dataset


def _ordered(query: Select[Any], order: Order, cursor: str | None) -> Select[Any]:
    if order not in _VALUES:
        is_newest = order == "newest"
        query = query.order_by(JobRow.id.desc() if is_newest else JobRow.id)
        if cursor is None:
            return query
        if _SEPARATOR in cursor:
            raise ValueError("a cursor of another order")
        return query.where(JobRow.id < cursor if is_newest else JobRow.id > cursor)
    value, is_largest_first = _VALUES[order]
    query = query.where(AnswerRow.project_id == JobRow.project_id, value.is_not(None))
    query = query.order_by(value.desc() if is_largest_first else value.asc(), AnswerRow.job_id.desc())
    return query if cursor is None else query.where(_after(value, cursor, is_largest_first=is_largest_first))


def _after(value: InstrumentedAttribute[float | None], cursor: str, *, is_largest_first: bool) -> ColumnElement[bool]:
    job_id, _, written = cursor.partition(_SEPARATOR)
    last = cast(float(written), Float(53))
    beyond = value < last if is_largest_first else value > last
    return or_(beyond, and_(value == last, AnswerRow.job_id < job_id))


def _cursor_after(row: Any, order: Order) -> str:
    if order not in _VALUES:
        return str(row.id)
    return f"{row.id}{_SEPARATOR}{getattr(row, _VALUES[order][0].key)!r}"
