"""Leases: a unit of work belongs to one worker at a time, for as long as that worker keeps saying so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkState
from api_schemas.datasets.dataset import DatasetState
from api_schemas.failures import Failure, FailureClass
from api_schemas.models.model import ModelState
from api_schemas.training.trials import TrialState
from api_schemas.webhooks.delivery import DeliveryState
from store.database import changes_one_row
from store.ids import new_id
from store.rows import state_machines
from store.rows.counters import units
from store.rows.outbox.tables import DeliveryRow
from store.rows.quotas import usage
from store.rows.state_machines import StateMachine, move
from store.rows.tables import ChunkRow, ConclusionRow, ConclusionState, DatasetRow, RegisteredModelRow, TrialRow

QUEUED = "queued"


@dataclass(frozen=True, eq=False)
class LeaseKind:
    """A kind of leased unit of work. There is one of each, so they are told apart by identity."""

    machine: StateMachine
    row: type[ChunkRow | ConclusionRow | DatasetRow | DeliveryRow | RegisteredModelRow | TrialRow]
    active: str
    failed: str
    cancelled: str


TRIALS = LeaseKind(state_machines.TRIAL, TrialRow, TrialState.RUNNING, TrialState.FAILED, TrialState.CANCELLED)
CHUNKS = LeaseKind(state_machines.CHUNK, ChunkRow, ChunkState.RUNNING, ChunkState.FAILED, ChunkState.CANCELLED)
CONCLUSIONS = LeaseKind(
    state_machines.CONCLUSION,
    ConclusionRow,
    ConclusionState.RUNNING,
    ConclusionState.FAILED,
    ConclusionState.CANCELLED,
)
INGESTIONS = LeaseKind(
    state_machines.DATASET, DatasetRow, DatasetState.INGESTING, DatasetState.FAILED, DatasetState.DELETED
)
MODELS = LeaseKind(state_machines.MODEL, RegisteredModelRow, ModelState.READING, ModelState.FAILED, ModelState.DELETED)
DELIVERIES = LeaseKind(
    state_machines.DELIVERY, DeliveryRow, DeliveryState.SENDING, DeliveryState.FAILED, DeliveryState.FAILED
)

KINDS = (TRIALS, CHUNKS, CONCLUSIONS, INGESTIONS, MODELS, DELIVERIES)


@dataclass(frozen=True)
class Lease:
    """The right to work on one unit, until it is lost."""

    kind: LeaseKind
    row_id: str
    lease_id: str

    @property
    def is_held(self) -> Any:
        """The SQL condition that this lease is still the valid one."""
        return self.kind.row.lease_id == self.lease_id


def claim(session: Session, kind: LeaseKind, row_id: str, *, owner: str, now: float, seconds: float) -> Lease | None:
    """Take a queued unit; None if somebody else was faster or nothing is due any more."""
    row = kind.row
    lease = Lease(kind, row_id, new_id("lease"))
    claimed = move(
        session,
        kind.machine,
        row_id,
        kind.active,
        row.state == QUEUED,
        lease_id=lease.lease_id,
        lease_owner=owner,
        lease_until=now + seconds,
        attempts=row.attempts + 1,
        started_at=now,
    )
    return lease if claimed else None


def renew(session: Session, lease: Lease, *, now: float, seconds: float, **progress: Any) -> bool:
    """Hold on for so many more seconds and note progress; False when the lease is lost."""
    row = lease.kind.row
    statement = (
        update(row)
        .where(row.id == lease.row_id, row.state == lease.kind.active, lease.is_held)
        .values(lease_until=now + seconds, **progress)
    )
    return changes_one_row(session, statement)


def finish(session: Session, lease: Lease, state: str, *, now: float, **values: Any) -> bool:
    """End the unit in a terminal state; False, and nothing changed, when the lease is lost."""
    is_ended = move(
        session, lease.kind.machine, lease.row_id, state, lease.is_held,
        lease_id=None, lease_until=None, finished_at=now, **values,
    )  # fmt: skip
    if is_ended and lease.kind is TRIALS:
        usage.note_trained(session, lease.row_id, now)
    return is_ended


def give_back(session: Session, lease: Lease) -> bool:
    """Return the unit to the queue as if it had not been begun: for a worker that is told to stop."""
    row = lease.kind.row
    return move(
        session, lease.kind.machine, lease.row_id, QUEUED, lease.is_held,
        lease_id=None, lease_until=None, published_at=None, attempts=row.attempts - 1,
    )  # fmt: skip


def postpone(session: Session, lease: Lease, **values: Any) -> bool:
    """The work was done and is to be done again later: back to the queue, and no worker was lost over it."""
    return move(
        session, lease.kind.machine, lease.row_id, QUEUED, lease.is_held,
        lease_id=None, lease_until=None, published_at=None, attempts=0, **values,
    )  # fmt: skip


def give_up(session: Session, lease: Lease, error: Failure, *, now: float, max_attempts: int) -> bool:
    """An attempt broke off before the work was done: back to the queue, or failed with *error* after too many."""
    row = lease.kind.row
    failed = move(
        session, lease.kind.machine, lease.row_id, lease.kind.failed, lease.is_held, row.attempts >= max_attempts,
        lease_id=None, lease_until=None, finished_at=now, error=error.model_dump(mode="json"),
    )  # fmt: skip
    return failed or move(
        session, lease.kind.machine, lease.row_id, QUEUED, lease.is_held,
        lease_id=None, lease_until=None, published_at=None,
    )  # fmt: skip


def expire(session: Session, kind: LeaseKind, *, now: float, max_attempts: int) -> list[str]:
    """Take units from workers that stopped renewing: back to the queue, or failed after too many.

    Returns the ids of the units that were touched.
    """
    row = kind.row
    overdue: Sequence[Any] = session.scalars(select(row).where(row.state == kind.active, row.lease_until < now)).all()
    lost = [unit for unit in overdue if _take_back(session, kind, unit, now, max_attempts)]
    units.note_lost(session, lost)
    return [unit.id for unit in lost]


def _take_back(session: Session, kind: LeaseKind, unit: Any, now: float, max_attempts: int) -> bool:
    still_lost = (kind.row.lease_id == unit.lease_id, kind.row.lease_until < now)
    ended = {"lease_id": None, "lease_until": None, "finished_at": now}
    if unit.cancel_requested_at is not None:
        return move(session, kind.machine, unit.id, kind.cancelled, *still_lost, **ended)
    if unit.attempts >= max_attempts:
        error = Failure.of(
            FailureClass.WORKER_LOST,
            f"{unit.attempts} workers were lost while they worked on this; it is not tried again.",
        )
        return move(
            session, kind.machine, unit.id, kind.failed, *still_lost, **ended, error=error.model_dump(mode="json")
        )
    return move(session, kind.machine, unit.id, QUEUED, *still_lost, lease_id=None, lease_until=None, published_at=None)
