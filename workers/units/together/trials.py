"""Small trials in one step, on a worker that computes by JAX: each goes the road of all units, on its own thread.

One is claimed as ever; those that differ from it in seed and spec alone are claimed along with it. Every trial has its
lease, its cancel and its result for itself; what they have in common is the step.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError

from api_schemas.datasets.dataset import DatasetFacts
from augury.planning.trial_definition import TrialDefinition
from store.queue import identity
from store.rows import handout, leases, trials
from store.rows.handout import Turn
from store.rows.tables import DatasetRow, TrialRow
from workers.context import Context
from workers.leasing.run_leased import carry_out_claimed
from workers.units import trial

log = structlog.get_logger(__name__)


def carry_out_together(context: Context, turn: Turn) -> None:
    """Train a trial that was just claimed, and as many that are alike as there is room for."""
    from augury.training.together.group import Group  # imports JAX, which only pool processes may do

    rows = _rows_for(context, turn)
    turns = [turn, *_companions(context, turn, rows - 1)]
    group = Group(rows, range(len(turns)))

    def carry_out_one(row: int) -> None:
        with group.taking_part(row):
            carry_out_claimed(context, turns[row], {leases.TRIALS: trial.trained_by(partial(group.train, row))})

    with ThreadPoolExecutor(len(turns), thread_name_prefix="trial") as pool:
        list(pool.map(carry_out_one, range(len(turns))))


def _rows_for(context: Context, turn: Turn) -> int:
    """Of the stack that the trial is trained in; one where that cannot be said, which its own road then says why."""
    if context.settings.trials_per_step == 1:
        return 1
    try:
        return _rows(context, turn.lease.row_id)
    except Exception as error:
        log.warning("a trial is trained by itself", unit=turn.lease.row_id, reason=str(error))
        return 1


def _rows(context: Context, trial_id: str) -> int:
    from augury.training.together.room import trials_per_step_of  # as above

    with context.database.reading() as session:
        row = session.get_one(TrialRow, trial_id)
        stored, facts = trials.definition_of(session, row), session.get_one(DatasetRow, row.dataset_id).facts
    definition, asked = TrialDefinition.model_validate(stored), context.settings.trials_per_step
    if definition.model.digest is not None:
        return 1  # a model with stored weights, which may have a frozen part, is trained by itself
    if asked is not None:
        return asked
    of_dataset = DatasetFacts.model_validate(facts)
    return trials_per_step_of(definition, of_dataset.shape, len(of_dataset.classes))


def _companions(context: Context, turn: Turn, at_most: int) -> list[Turn]:
    """Claimed; none where the database is away, which is no reason to let go of the one that is there."""
    if not at_most:
        return []
    seconds = context.settings.lease_seconds
    try:
        with context.database.writing() as session:
            now = context.database.now(session)
            return handout.claim_companions(session, turn, at_most, owner=identity(), now=now, seconds=seconds)
    except OperationalError as error:
        log.warning("no companions were claimed", unit=turn.lease.row_id, reason=type(error).__name__)
        return []
