"""Which state may follow which, for every kind of row that has states, and the one function that changes a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from api_schemas.access.projects import ProjectState
from api_schemas.chunks import ChunkState
from api_schemas.datasets.dataset import DatasetState
from api_schemas.jobs import JobState
from api_schemas.models.model import ModelState
from api_schemas.training.trials import TrialState
from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import WebhookState
from store.rows.counters import units
from store.rows.counters.units import AnyRow
from store.rows.outbox.messages import tell_of_units
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.projects.tables import ProjectRow
from store.rows.tables import (
    ChunkRow,
    ConclusionRow,
    ConclusionState,
    DatasetRow,
    JobRow,
    JobTrialRow,
    RegisteredModelRow,
    TrialRow,
)

_MAX_IDS_AT_ONCE = 500


@dataclass(frozen=True)
class StateMachine:
    """A table and its legal moves; a state that is missing from the table's keys is terminal."""

    row: AnyRow
    moves: Mapping[str, frozenset[str]]

    def sources(self, target: str) -> list[str]:
        """The states from which *target* may be reached."""
        return [source for source, targets in self.moves.items() if target in targets]


JOB = StateMachine(
    JobRow,
    {
        JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED, JobState.CANCELLED}),
        JobState.RUNNING: frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLING, JobState.CANCELLED}),
        JobState.CANCELLING: frozenset({JobState.CANCELLED}),
    },
)
EXTENDED_JOB = StateMachine(JobRow, {JobState.SUCCEEDED: frozenset({JobState.RUNNING})})
"""The one way out of a terminal state, apart from the others so that nobody takes it by the way: more seeds were asked
for. Only ``store.rows.jobs.extend`` does."""
TRIAL = StateMachine(
    TrialRow,
    {
        TrialState.QUEUED: frozenset({TrialState.RUNNING, TrialState.FAILED, TrialState.CANCELLED}),
        TrialState.RUNNING: frozenset(
            {TrialState.QUEUED, TrialState.SUCCEEDED, TrialState.FAILED, TrialState.CANCELLED}
        ),
    },
)
CHUNK = StateMachine(
    ChunkRow,
    {
        ChunkState.QUEUED: frozenset({ChunkState.RUNNING, ChunkState.FAILED, ChunkState.CANCELLED}),
        ChunkState.RUNNING: frozenset(
            {ChunkState.QUEUED, ChunkState.SUCCEEDED, ChunkState.FAILED, ChunkState.CANCELLED}
        ),
    },
)
CONCLUSION = StateMachine(
    ConclusionRow,
    {
        ConclusionState.QUEUED: frozenset({ConclusionState.RUNNING, ConclusionState.FAILED, ConclusionState.CANCELLED}),
        ConclusionState.RUNNING: frozenset(
            {ConclusionState.QUEUED, ConclusionState.SUCCEEDED, ConclusionState.FAILED, ConclusionState.CANCELLED}
        ),
    },
)
DATASET = StateMachine(
    DatasetRow,
    {
        DatasetState.QUEUED: frozenset({DatasetState.INGESTING, DatasetState.FAILED, DatasetState.DELETED}),
        DatasetState.INGESTING: frozenset(
            {DatasetState.QUEUED, DatasetState.READY, DatasetState.FAILED, DatasetState.DELETED}
        ),
        DatasetState.READY: frozenset({DatasetState.DELETED}),
        DatasetState.FAILED: frozenset({DatasetState.DELETED}),
    },
)
MODEL = StateMachine(
    RegisteredModelRow,
    {
        ModelState.QUEUED: frozenset({ModelState.READING, ModelState.FAILED, ModelState.DELETED}),
        ModelState.READING: frozenset({ModelState.QUEUED, ModelState.READY, ModelState.FAILED, ModelState.DELETED}),
        ModelState.READY: frozenset({ModelState.DELETED}),
        ModelState.FAILED: frozenset({ModelState.DELETED}),
    },
)
PROJECT = StateMachine(ProjectRow, {ProjectState.ACTIVE: frozenset({ProjectState.DELETING})})
"""Its end is that there is no such row."""
WEBHOOK = StateMachine(
    WebhookRow,
    {
        WebhookState.ACTIVE: frozenset({WebhookState.PAUSED, WebhookState.DISABLED, WebhookState.DELETED}),
        WebhookState.PAUSED: frozenset({WebhookState.ACTIVE, WebhookState.DISABLED, WebhookState.DELETED}),
        WebhookState.DISABLED: frozenset({WebhookState.ACTIVE, WebhookState.PAUSED, WebhookState.DELETED}),
    },
)
DELIVERY = StateMachine(
    DeliveryRow,
    {
        DeliveryState.QUEUED: frozenset({DeliveryState.SENDING, DeliveryState.FAILED}),
        DeliveryState.SENDING: frozenset({DeliveryState.QUEUED, DeliveryState.DELIVERED, DeliveryState.FAILED}),
    },
)
REPEATED_DELIVERY = StateMachine(
    DeliveryRow,
    {
        DeliveryState.DELIVERED: frozenset({DeliveryState.QUEUED}),
        DeliveryState.FAILED: frozenset({DeliveryState.QUEUED}),
    },
)
"""As ``EXTENDED_JOB``: somebody wants it delivered again. Only ``store.rows.webhooks.deliveries.repeat`` does."""


def move(
    session: Session, machine: StateMachine, row_id: str, to: str, *conditions: ColumnElement[bool], **values: Any
) -> bool:
    """Move a row to state *to* if that is legal from where it is and the conditions hold.

    Compare-and-set in one statement, so that of two movers exactly one gets True.
    """
    return bool(_moved(session, machine, to, (machine.row.id == row_id, *conditions), values))


def move_all(session: Session, machine: StateMachine, to: str, *conditions: ColumnElement[bool], **values: Any) -> int:
    """Move all rows for which the conditions hold and the move is legal; how many those were."""
    return len(_moved(session, machine, to, conditions, values))


def _moved(
    session: Session, machine: StateMachine, to: str, conditions: Sequence[ColumnElement[bool]], values: dict[str, Any]
) -> list[str]:
    """The ids of the rows that were moved, of which the rest is told in the same transaction."""
    row = machine.row
    is_counted = units.is_counted(row, to)
    statement = (
        update(row)
        .where(*conditions, row.state.in_(machine.sources(to)))
        .values(state=to, **values)
        .execution_options(synchronize_session="fetch")
        .returning(*(units.facts_of(row) if is_counted else (row.id,)))
    )
    moved = session.execute(statement).all()
    if not moved:
        return []
    ids: list[str] = [each[0] for each in moved]
    _tell(session, machine, ids, to, values)
    if is_counted:
        units.note_moved(session, row, moved, to, values.get("error"))
    return ids


def _tell(session: Session, machine: StateMachine, ids: Sequence[str], state: str, values: Mapping[str, Any]) -> None:
    """Have what goes with a state of these rows written beside them."""
    _tell_slots(session, machine, ids, state)
    if values.get("finished_at") is not None:  # webhooks are told of ends alone
        tell_of_units(session, machine.row, ids, state, values["finished_at"])


def _tell_slots(session: Session, machine: StateMachine, trial_ids: Sequence[str], state: str) -> None:
    """Write the state of trials into the slots that they fill, too."""
    if machine.row is not TrialRow:
        return
    for first in range(0, len(trial_ids), _MAX_IDS_AT_ONCE):
        filled = JobTrialRow.trial_id.in_(trial_ids[first : first + _MAX_IDS_AT_ONCE])
        session.execute(update(JobTrialRow).where(filled).values(trial_state=state))
