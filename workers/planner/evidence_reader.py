"""All that the report of a comparison or a training is made from, read once."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.plans import Plan
from api_schemas.training.trials import Trial, TrialResult
from augury.conditions.answers import ConditionResults, from_npz
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.probe_results import Probe
from augury.planning.conditions import judged_models
from store.files.artifacts import Artifacts
from store.files.names import condition_answers_name, predictions_name
from store.files.snapshots import load_snapshot
from store.rows import chunks, jobs, trials
from store.rows.tables import DatasetRow, JobRow
from workers.context import Context


def read_results(context: Context, job_id: str) -> ComparisonResults:
    """A job's trials, predictions and probes.

    Raises:
        ArtifactMissingError: predictions are not stored any more.
    """
    with context.database.reading() as session:
        job = session.get_one(JobRow, job_id)
        dataset = session.get_one(DatasetRow, job.dataset_id)
        assert dataset.digest is not None, "trials exist only once the dataset is ready"
        plan = Plan.model_validate(job.plan)
        wire = [trials.to_wire(link, row) for link, row in trials.of_job(session, job_id)]
        asked = chunks.probes(session, job_id)
        answers = [row.result for row in asked if row.state == ChunkState.SUCCEEDED]
        return ComparisonResults(
            job_id=job_id,
            request=jobs.trial_request_of(job),
            plan=plan,
            digest=dataset.digest,
            facts=DatasetFacts.model_validate(dataset.facts),
            trials=wire,
            records={arm.name: ArmRecord(arm.name, arm.spec, _records(context, wire, arm.name)) for arm in plan.arms},
            probes=[Probe.model_validate(answer) for answer in answers if answer is not None],
            stopped=job.stop_requested_at is not None,
            groups=_groups(context, dataset),
            failed_probes=sum(row.state == ChunkState.FAILED for row in asked),
            conditions=_conditions(context, session, job_id, plan),
        )


def _conditions(context: Context, session: Session, job_id: str, plan: Plan) -> ConditionResults | None:
    if plan.conditions is None:
        return None
    models, rows = judged_models(plan), chunks.of_role(session, job_id, ChunkRole.CONDITION)
    done = [row.number for row in rows if row.state == ChunkState.SUCCEEDED]
    others = [target.name for target in plan.conditions.targets if not target.strengths]
    found = {each: session.get(DatasetRow, each) for each in others}
    groups = {name: _groups(context, row) for name, row in found.items() if row is not None and row.digest is not None}
    return ConditionResults(
        answers={
            models[number]: from_npz(context.artifacts.read(condition_answers_name(job_id, number))) for number in done
        },
        failed=sum(row.state == ChunkState.FAILED for row in rows),
        groups={name: of_images for name, of_images in groups.items() if of_images is not None},
    )


def _groups(context: Context, dataset: DatasetRow) -> npt.NDArray[np.int64] | None:
    assert dataset.facts is not None
    assert dataset.digest is not None
    if dataset.facts.get("groups") is None:
        return None
    return load_snapshot(context.artifacts, dataset.digest).groups


def _records(context: Context, wire: list[Trial], arm: str) -> dict[int, SeedRecord]:
    of_arm = {trial.seed: trial for trial in wire if trial.arm == arm}
    return {
        seed: seed_record(context.artifacts, trial.id, trial.result)
        for seed, trial in of_arm.items()
        if trial.result is not None
    }


def seed_record(artifacts: Artifacts, trial_id: str, result: TrialResult) -> SeedRecord:
    """What one finished trial measured, with its predictions."""
    with np.load(io.BytesIO(artifacts.read(predictions_name(trial_id))), allow_pickle=False) as stored:
        return SeedRecord(
            accuracy=result.validation_accuracy,
            clean_training_accuracy=result.clean_training_accuracy,
            final_training_loss=result.final_training_loss,
            still_improving=result.still_improving,
            diverged=result.diverged,
            indices=stored["indices"],
            labels=stored["labels"],
            predicted=stored["predicted"].astype(np.int64),
        )
