"""One trial, from its claim to its result. The training itself is in ``workers.training``."""

from __future__ import annotations

from typing import Any

import structlog

from api_schemas.failures import Failure
from api_schemas.trials import TrialResult
from store import jobs, leases, queue, trials
from store.database import patiently
from store.leases import Lease
from store.queue import identity
from store.snapshots import load_snapshot
from store.tables import TrialRow
from workers.context import Context
from workers.failures import failure_of
from workers.lease_keeper import LeaseKeeper, WorkCancelledError, WorkInterruptedError
from workers.settlement import give_back, settle_cancelled

log = structlog.get_logger(__name__)


def run_trial(context: Context, trial_id: str) -> None:
    """Claim the trial, train, record the outcome, and have the jobs that wait for it advanced."""
    patience = context.settings.lease_seconds
    claimed = patiently(lambda: _claim(context, trial_id), patience)
    if claimed is None:
        return
    lease, definition = claimed
    log.info("trial begins", trial=trial_id, seed=definition["seed"])
    try:
        with LeaseKeeper(context.database, lease, context.settings) as keeper:
            outcome = _train(context, definition, keeper)
    except WorkCancelledError:
        settle_cancelled(context.database, lease)
    except WorkInterruptedError:
        give_back(context.database, lease)
    else:
        patiently(lambda: _record(context, lease, outcome), patience)
    log.info("trial ends", trial=trial_id)
    _advance_waiting_jobs(context, trial_id)


def _claim(context: Context, trial_id: str) -> tuple[Lease, dict[str, Any]] | None:
    database, seconds = context.database, context.settings.lease_seconds
    with database.writing() as session:
        now = database.now(session)
        lease = leases.claim(session, leases.TRIALS, trial_id, owner=identity(), now=now, seconds=seconds)
        if lease is None:
            return None
        return lease, session.get_one(TrialRow, trial_id).definition


def _train(context: Context, definition: dict[str, Any], keeper: LeaseKeeper) -> TrialResult | Failure:
    from workers.training.trial import train_trial  # imports TensorFlow, which only pool processes may do

    try:
        snapshot = load_snapshot(context.artifacts, definition["dataset"])
        return train_trial(definition, snapshot, keeper)
    except (WorkCancelledError, WorkInterruptedError):
        raise
    except Exception as error:  # whatever happens, the trial's row must say so
        return failure_of(error, "training")


def _record(context: Context, lease: Lease, outcome: TrialResult | Failure) -> None:
    with context.database.writing() as session:
        now = context.database.now(session)
        if isinstance(outcome, Failure):
            trials.fail(session, lease, outcome, now)
        else:
            trials.succeed(session, lease, outcome, now)
        jobs.settle_cancelled(session, lease.row_id, now)  # it may have ended just before it heard of a cancel


def _advance_waiting_jobs(context: Context, trial_id: str) -> None:
    with context.database.reading() as session:
        job_ids = trials.jobs_of(session, [trial_id])
    for job_id in job_ids:
        context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)
