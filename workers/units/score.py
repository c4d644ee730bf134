"""The last score on another dataset: one trained model is shown all images of it, once all that decides is done."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from api_schemas.plans import Plan
from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.final_scores import final_scores_problem, slot_of
from augury.planning.trial_definition import TrialDefinition
from store.files.names import final_score_name, model_name
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
    """A trial, and the dataset that its model is to score."""

    job_id: str
    number: int
    trial_id: str
    definition: dict[str, Any]
    """As it is stored."""
    evaluation: EvaluationSettings
    own: Known | None
    other: Known | None


def read(session: Session, row: ChunkRow) -> Details:
    """What is to be scored by what."""
    job = session.get_one(JobRow, row.job_id)
    arm, seed = slot_of(Plan.model_validate(job.plan), row.number)
    trial = trained_trial(session, job, arm, seed)
    evaluation = jobs.trial_request_of(job).evaluation
    assert evaluation.test_dataset is not None, "such chunks are made for a job that asks for it"
    return Details(
        job.id,
        row.number,
        trial.id,
        trials.definition_of(session, trial),
        evaluation,
        other_dataset.find(session, job.dataset_id),
        other_dataset.find(session, evaluation.test_dataset),
    )


def score(context: Context, details: Details, keeper: LeaseKeeper) -> dict[str, Any]:
    """Show the model the images, and store its predictions.

    Raises:
        UserInputError: a dataset was deleted meanwhile, or the other's images are none for this model.
    """
    definition = TrialDefinition.model_validate(details.definition)
    return measured(definition, lambda: _score(context, details, definition, keeper))


def _score(context: Context, details: Details, definition: TrialDefinition, keeper: LeaseKeeper) -> dict[str, Any]:
    from augury.probing.score_trial import score_trial  # imports TensorFlow, which only pool processes may do

    own, evaluation = other_dataset.require_own(details.own), details.evaluation
    problem = partial(final_scores_problem, evaluation)
    other = other_dataset.require_other(evaluation.test_dataset or "", details.other, own, problem)
    predictions = score_trial(
        definition,
        context.artifacts.read(model_name(details.trial_id)),
        load_snapshot(context.artifacts, definition.dataset),
        load_snapshot(context.artifacts, other.digest),
        keeper,
    )
    context.artifacts.write(final_score_name(details.job_id, details.number), predictions.to_npz())
    return {"trial": details.trial_id, "images": len(predictions.labels)}
