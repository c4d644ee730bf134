"""The road that every interruptible unit of work takes: claimed, done while its lease is kept, recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from api_schemas.failures import Failure
from augury.telemetry import traces
from store.database import patiently
from store.rows import handout, jobs, leases
from store.rows.handout import Turn
from store.rows.leases import Lease, LeaseKind
from store.rows.views.owners import Owner, owner_of
from workers.context import Context
from workers.failures import failure_of
from workers.leasing.heartbeat import LeaseKeeper, WorkCancelledError, WorkInterruptedError, give_back, settle_cancelled

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")
Claim = Callable[[Session, float], Turn | None]

_GOOD = ("done", "cancelled", "given back")
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class UnitOfWork(Generic[Task, Outcome]):
    """A kind of unit: how it is carried out, once it is claimed."""

    kind: LeaseKind
    what: str
    """The work in a word, for messages."""
    read: Callable[[Session, str], Task]
    """What is to be done, read once it is claimed."""
    do: Callable[[Context, Task, LeaseKeeper], Outcome]
    """Does it, calling ``raise_if_cancelled()`` often; what it raises is recorded as a failure."""
    record: Callable[[Context, Session, Lease, Task, Outcome | Failure, float], object]
    """Writes the outcome, if the lease still holds."""
    afterwards: Callable[[Context, str], None]
    """Has the jobs that wait for it advanced."""


def carry_out(context: Context, claim: Claim, units: Mapping[LeaseKind, UnitOfWork[Any, Any]]) -> bool:
    """Claim a unit, do it, record its outcome; False if there was none to be had, which is nothing bad.

    Args:
        context: of this process.
        claim: takes a unit in the transaction and at the time that it is given.
        units: how each kind of unit is carried out.
    """
    turn = claimed(context, claim)
    if turn is None:
        return False
    carry_out_claimed(context, turn, units)
    return True


def claimed(context: Context, claim: Claim) -> Turn | None:
    """A unit that is this worker's now; None if there was none to be had."""
    return patiently(lambda: _claim(context, claim), context.settings.lease_seconds)


def carry_out_claimed(context: Context, turn: Turn, units: Mapping[LeaseKind, UnitOfWork[Any, Any]]) -> None:
    """Do a unit that was just claimed, and record its outcome."""
    _note_served(context, turn)
    unit, owner = units[turn.lease.kind], _owner_of(context, turn)
    with bound_contextvars(**owner.ids), traces.span(owner.kind, owner.traceparent, "consumer") as span:
        span.note({f"augury.{name}.id": value for name, value in owner.ids.items()})
        outcome = _carry_out(context, unit, turn)
        span.note({"augury.outcome": outcome})
        if outcome not in _GOOD:
            span.fail(outcome)
    traces.flush()  # this process may be replaced now


def _carry_out(context: Context, unit: UnitOfWork[Any, Any], turn: Turn) -> str:
    """Do what was claimed; a word for how it ended."""
    try:
        task = patiently(lambda: _read(context, unit, turn.lease), context.settings.lease_seconds)
    except Exception as error:  # in a transaction of its own, so that a row that cannot be read holds up no other
        _give_up(context, unit, turn.lease, error)
        return "given up"
    return _do(context, unit, turn.lease, task)


def _owner_of(context: Context, turn: Turn) -> Owner:
    """Whose the unit is, for the log and for traces, for whose sake no work is left undone."""
    try:
        with context.database.reading() as session:
            return owner_of(session, turn)
    except OperationalError as error:
        log.warning("whose a unit is was not read", unit=turn.lease.row_id, reason=type(error).__name__)
        return Owner(turn.lease.kind.row.__tablename__, {}, None)


def _claim(context: Context, claim: Claim) -> Turn | None:
    with context.database.writing() as session:
        return claim(session, context.database.now(session))


def _read(context: Context, unit: UnitOfWork[Task, Any], lease: Lease) -> Task:
    with context.database.reading() as session:
        return unit.read(session, lease.row_id)


def _give_up(context: Context, unit: UnitOfWork[Any, Any], lease: Lease, error: Exception) -> None:
    """It counts as an attempt; after too many the unit fails."""
    failure = failure_of(error, unit.what)
    with context.database.writing() as session:
        now = context.database.now(session)
        leases.give_up(session, lease, failure, now=now, max_attempts=context.settings.max_attempts)
        jobs.settle_cancelled(session, lease.row_id, now)
    unit.afterwards(context, lease.row_id)


def _note_served(context: Context, turn: Turn) -> None:
    """A job that is not seen to have been served only gets its next turn sooner, so nothing is tried again."""
    if turn.job_id is None:
        return
    try:
        with context.database.writing() as session:
            handout.note_served(session, turn.job_id, context.database.now(session))
    except OperationalError as error:
        log.warning("a turn was not noted", job=turn.job_id, reason=str(error))


def _do(context: Context, unit: UnitOfWork[Any, Any], lease: Lease, task: Any) -> str:
    log.info("work begins", unit=lease.row_id)
    try:
        with LeaseKeeper(context.database, lease, context.settings) as keeper:
            outcome = _outcome(context, unit, task, keeper)
    except WorkCancelledError:
        settle_cancelled(context.database, lease)
        word = "cancelled"
    except WorkInterruptedError:
        give_back(context.database, lease)
        word = "given back"
    except OperationalError as error:  # the database was away for a moment, which is not the work's fault
        away = error
        patiently(lambda: _give_up(context, unit, lease, away), context.settings.lease_seconds)
        return "given up"
    else:
        word = f"failed: {outcome.failure_class}" if isinstance(outcome, Failure) else "done"
        patiently(lambda: _record(context, unit, lease, task, outcome), context.settings.lease_seconds)
    log.info("work ends", unit=lease.row_id, outcome=word)
    unit.afterwards(context, lease.row_id)
    return word


def _outcome(context: Context, unit: UnitOfWork[Task, Outcome], task: Task, keeper: LeaseKeeper) -> Outcome | Failure:
    try:
        return unit.do(context, task, keeper)
    except (WorkCancelledError, WorkInterruptedError, OperationalError):
        raise
    except Exception as error:  # whatever happens, the unit's row must say so
        return failure_of(error, unit.what)


def _record(
    context: Context, unit: UnitOfWork[Task, Outcome], lease: Lease, task: Task, outcome: Outcome | Failure
) -> None:
    with context.database.writing() as session:
        now = context.database.now(session)
        unit.record(context, session, lease, task, outcome, now)
        jobs.settle_cancelled(session, lease.row_id, now)  # it may have ended just before it heard of a cancel
