"""What a change of state counts as: that something waited, took so long, ended, failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal, null
from sqlalchemy.orm import Session

from store.rows.counters.catalogue import (
    JOB_SECONDS,
    JOBS_ENDED,
    LEASES_LOST,
    UNIT_FAILURES,
    UNIT_SECONDS,
    UNIT_WAIT,
    UNITS_ENDED,
)
from store.rows.counters.counting import Count, note
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.projects.tables import ProjectRow
from store.rows.tables import ChunkRow, ConclusionRow, DatasetRow, JobRow, RegisteredModelRow, TrialRow

AnyRow = type[
    ChunkRow
    | ConclusionRow
    | DatasetRow
    | DeliveryRow
    | JobRow
    | ProjectRow
    | RegisteredModelRow
    | TrialRow
    | WebhookRow
]
_NOT_UNITS = (ProjectRow, WebhookRow)

_TAKEN_UP = ("running", "ingesting", "reading", "sending")
_DONE = ("succeeded", "ready", "delivered", "failed")
_ENDED = (*_DONE, "cancelled")
_KINDS = {
    ConclusionRow: "conclusion",
    DatasetRow: "dataset",
    DeliveryRow: "message",
    RegisteredModelRow: "model",
    TrialRow: "trial",
}
SENT_MODEL, REGISTERED_MODEL, NO_MODEL = "sent", "registered", ""
"""In the place of a model's name: one that a request has described, one of the user's own, and of units without any."""


def is_counted(row: AnyRow, state: str) -> bool:
    """Whether it is counted that a row of this table gets to this state."""
    return row not in _NOT_UNITS and (state in _TAKEN_UP or state in _ENDED)


def facts_of(row: AnyRow) -> tuple[ColumnElement[Any], ...]:
    """What has to be known of rows whose state has changed: what `note_moved` takes, and the id first."""
    kind = {ChunkRow: ChunkRow.role, JobRow: JobRow.kind}.get(row) or literal(_KINDS.get(row, ""))
    is_trial = row is TrialRow
    model: Any = TrialRow.definition["model"]["name"].as_string() if is_trial else null()
    digest: Any = TrialRow.model_digest if is_trial else null()
    attempts: Any = literal(0) if row is JobRow else row.attempts  # type: ignore[union-attr]
    table: Any = row
    columns: Any = (row.id, table.queue, row.created_at, table.started_at, table.finished_at)
    return (*columns, kind.label("kind"), attempts.label("tries"), model.label("model"), digest.label("sent_model"))


def note_moved(session: Session, row: AnyRow, moved: Sequence[Any], to: str, error: dict[str, Any] | None) -> None:
    """Count that rows with these facts have got to a state, with the reason where they have failed."""
    count = _of_job if row is JobRow else _of_unit
    note(session, (each for facts in moved for each in count(facts, to, error)))


def note_lost(session: Session, rows: Sequence[Any]) -> None:
    """Count that these rows were taken from workers which are not there any more."""
    kinds = Counter(row.role if isinstance(row, ChunkRow) else _KINDS[type(row)] for row in rows)
    note(session, (Count(LEASES_LOST, (kind,), times=times) for kind, times in kinds.items()))


def _of_job(facts: Any, to: str, _error: dict[str, Any] | None) -> Iterator[Count]:
    if to in _ENDED:
        yield Count(JOBS_ENDED, (facts.kind, to))
    if to in _DONE and facts.finished_at is not None:
        yield Count(JOB_SECONDS, (facts.kind,), max(0.0, facts.finished_at - facts.created_at))


def _of_unit(facts: Any, to: str, error: dict[str, Any] | None) -> Iterator[Count]:
    of_unit = (facts.kind, _model(facts), facts.queue)
    if to in _TAKEN_UP and facts.tries == 1:
        yield Count(UNIT_WAIT, of_unit, max(0.0, facts.started_at - facts.created_at))
    if to in _ENDED:
        yield Count(UNITS_ENDED, (facts.kind, facts.queue, to))
    if to in _DONE and facts.started_at is not None and facts.finished_at is not None:
        yield Count(UNIT_SECONDS, of_unit, max(0.0, facts.finished_at - facts.started_at))
    if to == "failed" and error is not None:
        yield Count(UNIT_FAILURES, (facts.kind, error["class"]))


def _model(facts: Any) -> str:
    if facts.kind != "trial":
        return NO_MODEL
    return SENT_MODEL if facts.sent_model is not None else facts.model or REGISTERED_MODEL
