"""One trial, from its claim to its result. The training itself is in ``augury.training``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from api_schemas.failures import Failure
from api_schemas.training.trials import TrialResult
from augury.memory import forget_peak, peak_bytes
from augury.planning.trial_definition import TrialDefinition
from augury.training.errors import UserInputError
from store import queue
from store.files.artifacts import ArtifactMissingError
from store.files.models import model_file
from store.files.names import model_name, predictions_name, scored_name
from store.files.snapshots import load_snapshot
from store.rows import leases, trials
from store.rows.leases import Lease
from store.rows.tables import TrialRow
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.leasing.run_leased import UnitOfWork

if TYPE_CHECKING:
    from augury.training.trial import Trained


def _read(session: Session, trial_id: str) -> tuple[str, dict[str, Any]]:
    return trial_id, trials.definition_of(session, session.get_one(TrialRow, trial_id))


def _train(
    context: Context, task: tuple[str, dict[str, Any]], keeper: LeaseKeeper, train: Callable[..., Trained] | None = None
) -> TrialResult:
    """Train, and store the files of the trial before its success is recorded, so that whoever sees it finds them.

    The definition is read here and not with the claim: one that an earlier version wrote and this one does not
    understand fails its trial, instead of the claim over and over.
    """
    from augury.training.trial import train_trial  # imports TensorFlow, which only pool processes may do

    trial_id, stored = task
    definition = TrialDefinition.model_validate(stored)
    snapshot = load_snapshot(context.artifacts, definition.dataset)
    forget_peak()
    with _model_file(context, definition.model.digest) as file:
        trained = (train or train_trial)(definition, snapshot, keeper, file)
    context.artifacts.write(predictions_name(trial_id), trained.predictions)
    if trained.scored is not None:
        context.artifacts.write(scored_name(trial_id), trained.scored)
    if trained.model is not None:
        context.artifacts.write(model_name(trial_id), trained.model)
    return trained.result.model_copy(update={"memory_bytes": peak_bytes()})


@contextmanager
def _model_file(context: Context, digest: str | None) -> Iterator[Path | None]:
    """The stored model that is trained further; None where there is none.

    Raises:
        UserInputError: it is not stored any more.
    """
    if digest is None:
        yield None
        return
    try:
        with model_file(context.artifacts, digest) as file:
            yield file
    except ArtifactMissingError:
        raise UserInputError("the model was deleted; register it again") from None


def _record(
    _context: Context, session: Session, lease: Lease, _task: object, outcome: TrialResult | Failure, now: float
) -> None:
    if isinstance(outcome, Failure):
        trials.fail(session, lease, outcome, now)
    else:
        trials.succeed(session, lease, outcome, now)


def _advance_waiting_jobs(context: Context, trial_id: str) -> None:
    with context.database.reading() as session:
        job_ids = trials.jobs_of(session, [trial_id])
    for job_id in job_ids:
        context.queue.publish(queue.ADVANCE, job_id, queue.CONTROL)


UNIT = UnitOfWork(leases.TRIALS, "training", _read, _train, _record, _advance_waiting_jobs)


def trained_by(train: Callable[..., Trained]) -> UnitOfWork[tuple[str, dict[str, Any]], TrialResult]:
    """The same, carried out by what has the arguments and the result of ``train_trial``."""
    return replace(UNIT, do=partial(_train, train=train))
