"""All that the report of a comparison or a training is made from, read once."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.chunks import ChunkState
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.plans import Plan
from api_schemas.reports.final_scores import FinalScores
from augury.evidence.analysis import Analysis
from augury.evidence.arm_results import ArmRecord
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.final_scores.arms import scored_arms
from augury.evidence.final_scores.report import OtherImages, final_scores
from augury.evidence.metrics.table import Metric, all_metrics, metric_of
from augury.evidence.probe_results import Probe
from augury.evidence.stored.predictions import PredictionsReader
from store.files.names import predictions_name, scored_name
from store.files.snapshots import load_snapshot
from store.rows import chunks, jobs, trials
from store.rows.tables import DatasetRow, JobRow
from workers.context import Context
from workers.planner.condition_reader import read_conditions
from workers.planner.final_scores import stored_scores


def read_results(context: Context, job_id: str) -> ComparisonResults:
    """A job's trials, predictions and probes.

    Raises:
        ArtifactMissingError: predictions are not stored any more.
    """
    with context.database.reading() as session:
        job = session.get_one(JobRow, job_id)
        dataset = session.get_one(DatasetRow, job.dataset_id)
        wire = [trials.to_wire(link, row) for link, row in trials.of_job(session, job_id)]
        asked = chunks.probes(session, job_id)
        plan, request = Plan.model_validate(job.plan), jobs.trial_request_of(job)
        digest, facts = dataset.digest, DatasetFacts.model_validate(dataset.facts)
        answers = [row.result for row in asked if row.state == ChunkState.SUCCEEDED]
        failed = sum(row.state == ChunkState.FAILED for row in asked)
        is_stopped = job.stop_requested_at is not None
    assert digest is not None, "trials exist only once the dataset is ready"
    class_names = list(facts.classes)
    metric = metric_of(request.evaluation.metric, class_names)
    reader = _reader(context, metric, class_names)
    return ComparisonResults(
        job_id=job_id,
        request=request,
        plan=plan,
        digest=digest,
        facts=facts,
        trials=wire,
        records={
            arm.name: ArmRecord(arm.name, arm.spec, reader.records(wire, arm.name, predictions_name))
            for arm in plan.arms
        },
        probes=[Probe.model_validate(answer) for answer in answers if answer is not None],
        stopped=is_stopped,
        groups=None if facts.groups is None else load_snapshot(context.artifacts, digest).groups,
        failed_probes=failed,
        conditions=read_conditions(context, job_id, plan, wire),
    )


def read_scores(context: Context, results: ComparisonResults, analysis: Analysis | None = None) -> FinalScores | None:
    """What the arms that matter gave for images that nothing was decided by; to be read when a report is made.

    Raises:
        ArtifactMissingError: predictions are not stored any more.
    """
    arms, dataset_id = scored_arms(results, analysis), results.request.evaluation.test_dataset
    other = None if dataset_id is None else stored_scores(context, results, dataset_id)
    reader = _reader(context, results.metric, list(results.facts.classes))
    specs = {arm.name: arm.spec for arm in results.plan.arms}
    files = _scored_files(results) if other is None else other.files
    records = {
        arm.name: ArmRecord(arm.name, specs[arm.name], reader.scored(results.trials, arm.name, files)) for arm in arms
    }
    shown = None if other is None or dataset_id is None else OtherImages(dataset_id, other.groups, other.failed)
    return final_scores(results, arms, records, shown)


def _scored_files(results: ComparisonResults) -> dict[tuple[str, int], str]:
    """Where trials keep what they predicted of the test split, by arm and seed."""
    return {(trial.arm, trial.seed): scored_name(trial.id) for trial in results.trials}


def _reader(context: Context, metric: Metric, class_names: Sequence[str]) -> PredictionsReader:
    return PredictionsReader(context.artifacts.read, all_metrics(metric, class_names), len(class_names))
