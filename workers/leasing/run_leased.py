"""The road that every interruptible unit of work takes: claimed, done while its lease is kept, recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from store.database import patiently
from store.queue import identity
from store.rows import jobs, leases
from store.rows.leases import Lease, LeaseKind
from workers.context import Context
from workers.failures import failure_of
from workers.leasing.heartbeat import LeaseKeeper, WorkCancelledError, WorkInterruptedError, give_back, settle_cancelled

Task = TypeVar("Task")
Outcome = TypeVar("Outcome")

log = structlog.get_logger(__name__)


def carry_out(
    context: Context,
    work: LeaseKind,
    unit_id: str,
    *,
    read: Callable[[Session], Task],
    do: Callable[[Task, LeaseKeeper], Outcome],
    record: Callable[[Session, Lease, Task, Outcome | Failure, float], object],
    what: str,
) -> bool:
    """Claim a unit, do it, record its outcome; False if it was not to be had, which is nothing bad.

    Parameters:
        read: What is to be done, read in the transaction that claims it.
        do: Does it, calling ``raise_if_cancelled()`` often; what it raises is recorded as a failure of *what*.
        record: Writes the outcome, if the lease still holds.
        what: The work in a word, for messages.
    """
    patience = context.settings.lease_seconds
    claimed = patiently(lambda: _claim(context, work, unit_id, read), patience)
    if claimed is None:
        return False
    lease, task = claimed
    log.info("work begins", unit=unit_id)
    try:
        with LeaseKeeper(context.database, lease, context.settings) as keeper:
            outcome = _outcome(do, task, keeper, what)
    except WorkCancelledError:
        settle_cancelled(context.database, lease)
    except WorkInterruptedError:
        give_back(context.database, lease)
    else:
        patiently(lambda: _record(context, lease, task, outcome, record), patience)
    log.info("work ends", unit=unit_id)
    return True


def _claim(
    context: Context, work: LeaseKind, unit_id: str, read: Callable[[Session], Task]
) -> tuple[Lease, Task] | None:
    database, seconds = context.database, context.settings.lease_seconds
    with database.writing() as session:
        now = database.now(session)
        lease = leases.claim(session, work, unit_id, owner=identity(), now=now, seconds=seconds)
        return None if lease is None else (lease, read(session))


def _outcome(
    do: Callable[[Task, LeaseKeeper], Outcome], task: Task, keeper: LeaseKeeper, what: str
) -> Outcome | Failure:
    try:
        return do(task, keeper)
    except (WorkCancelledError, WorkInterruptedError):
        raise
    except Exception as error:  # whatever happens, the unit's row must say so
        return failure_of(error, what)


def _record(
    context: Context,
    lease: Lease,
    task: Task,
    outcome: Outcome | Failure,
    record: Callable[[Session, Lease, Task, Outcome | Failure, float], object],
) -> None:
    with context.database.writing() as session:
        now = context.database.now(session)
        record(session, lease, task, outcome, now)
        jobs.settle_cancelled(session, lease.row_id, now)  # it may have ended just before it heard of a cancel
