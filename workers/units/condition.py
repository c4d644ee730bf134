"""Models under conditions: one trained model is shown all images that it is to be judged on besides its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.plans import Plan
from api_schemas.training.conditions import ConditionTarget
from augury.conditions.answers import to_npz
from augury.evidence.metrics.table import metric_of
from augury.planning.conditions import dataset_obstacle, judged_models
from augury.planning.trial_definition import TrialDefinition
from store.files.names import condition_answers_name, model_name
from store.files.snapshots import load_snapshot
from store.rows import jobs, trials
from store.rows.tables import ChunkRow, JobRow
from workers.context import Context
from workers.leasing.heartbeat import LeaseKeeper
from workers.units import other_dataset
from workers.units.asked_model import trained_trial
from workers.units.measured import measured
from workers.units.other_dataset import Known


@dataclass(frozen=True)
class Details:
    """A trial, and the conditions that its model is to be judged under."""

    job_id: str
    number: int
    trial_id: str
    definition: dict[str, Any]
    """As it is stored."""
    targets: list[ConditionTarget]
    metric: str
    """That decides."""
    dataset: Known | None
    others: dict[str, Known | None]
    """The other datasets among the targets, by their ids; None for one that is gone."""


def read(session: Session, row: ChunkRow) -> Details:
    """What is to be judged on what."""
    job = session.get_one(JobRow, row.job_id)
    plan = Plan.model_validate(job.plan)
    assert plan.conditions is not None, "such chunks are made for a plan that has conditions"
    arm, seed = judged_models(plan)[row.number]
    trial = trained_trial(session, job, arm, seed)
    others = [target.name for target in plan.conditions.targets if not target.strengths]
    return Details(
        job.id,
        row.number,
        trial.id,
        trials.definition_of(session, trial),
        plan.conditions.targets,
        jobs.trial_request_of(job).evaluation.metric,
        other_dataset.find(session, job.dataset_id),
        {each: other_dataset.find(session, each) for each in others},
    )


def judge(context: Context, details: Details, keeper: LeaseKeeper) -> dict[str, Any]:
    """Show the model the images, and store what it takes them for.

    Raises:
        UserInputError: another dataset was deleted meanwhile, or its images are none for this model.
    """
    definition = TrialDefinition.model_validate(details.definition)
    return measured(definition, lambda: _judge(context, details, definition, keeper))


def _judge(context: Context, details: Details, definition: TrialDefinition, keeper: LeaseKeeper) -> dict[str, Any]:
    from augury.conditions.value_range import ValueRange  # these import the engine and TensorFlow
    from augury.probing.condition_trial import judge_trial  # which only pool processes may do

    own = other_dataset.require_own(details.dataset)
    others = {
        each: other_dataset.require_other(each, known, own, dataset_obstacle) for each, known in details.others.items()
    }
    answers = judge_trial(
        definition,
        context.artifacts.read(model_name(details.trial_id)),
        load_snapshot(context.artifacts, definition.dataset),
        details.targets,
        {each: load_snapshot(context.artifacts, known.digest) for each, known in others.items()},
        ValueRange.of(own.facts),
        metric_of(details.metric, list(own.facts.classes)),
        keeper,
    )
    context.artifacts.write(condition_answers_name(details.job_id, details.number), to_npz(answers))
    return {"trial": details.trial_id, "images": sum(each.predicted.size for each in answers.values())}
