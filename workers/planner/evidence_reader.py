"""All that the report of a comparison or a training is made from, read once."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt

from api_schemas.chunks import ChunkState
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.plans import Plan
from api_schemas.training.trials import Trial, TrialResult
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.probe_results import Probe
from store.files.artifacts import Artifacts
from store.files.names import predictions_name
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
