"""The last score on another dataset: asked for when all else is done, and read when the report is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from api_schemas.chunks import ChunkRole, ChunkSpan, ChunkState
from api_schemas.plans import BASELINE
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.final_scores.arms import ScoredArm
from augury.planning.final_scores import number_of_slot, slot_of
from store import queue
from store.files.names import final_score_name
from store.files.snapshots import load_snapshot
from store.rows import chunks, jobs
from store.rows.tables import DatasetRow
from workers.context import Context
from workers.planner.conclusion import is_as_seen


def has_to_wait(context: Context, results: ComparisonResults, arms: Sequence[ScoredArm]) -> bool:
    """Have models score the other dataset that are to and have not; whether the report has to wait for that.

    A job that was stopped is reported on as it is.

    Args:
        context: of this process.
        results: of all rounds.
        arms: that are scored.
    """
    if results.request.evaluation.test_dataset is None or results.stopped or not arms:
        return False
    images = 1 if results.plan.final_scores is None else results.plan.final_scores.images_per_model
    spans = [ChunkSpan(number=number, first=0, images=images) for number in _numbers(results, arms)]
    with context.database.writing() as session:
        job = jobs.locked(session, results.job_id)
        if job is None or not is_as_seen(job, results.plan):
            return True
        chunks.add_missing(session, job.id, ChunkRole.SCORE, spans, job.queue, context.database.now(session))
        is_waiting = chunks.is_any_unfinished(session, job.id)
    if is_waiting:
        context.queue.publish(queue.ADVANCE, results.job_id, queue.CONTROL)
    return is_waiting


def _numbers(results: ComparisonResults, arms: Sequence[ScoredArm]) -> list[int]:
    """Of the chunks of all models that are trained, the baseline's on every seed of the others included."""
    slots = {(arm.name, seed) for arm in arms for seed in arm.seeds}
    if any(arm.name == BASELINE for arm in arms):
        slots |= {(BASELINE, seed) for _, seed in slots}
    trained = {(trial.arm, trial.seed) for trial in results.trials if trial.result is not None}
    return sorted(number_of_slot(results.plan, *slot) for slot in slots & trained)


@dataclass(frozen=True)
class StoredScores:
    """What the models made of the other dataset."""

    files: Mapping[tuple[str, int], str]
    """The names of their predictions, by arm and seed."""
    groups: npt.NDArray[np.int64] | None
    """Of its images ``[N]``, where they come in groups."""
    failed: int
    """Models that should have scored it, and could not."""


def stored_scores(context: Context, results: ComparisonResults, dataset_id: str) -> StoredScores:
    """The scores that are there. Those of a model that is none of the job's any more do not count.

    Raises:
        ArtifactMissingError: the other dataset is not stored any more.
    """
    with context.database.reading() as session:
        rows = [(row.number, row.state, row.result) for row in chunks.of_role(session, results.job_id, ChunkRole.SCORE)]
        dataset = session.get(DatasetRow, dataset_id)
    ids = {(trial.arm, trial.seed): trial.id for trial in results.trials}
    files = {
        slot_of(results.plan, number): final_score_name(results.job_id, number)
        for number, state, result in rows
        if state == ChunkState.SUCCEEDED
        and result is not None
        and result["trial"] == ids.get(slot_of(results.plan, number))
    }
    groups = None
    if files and dataset is not None and dataset.digest is not None and (dataset.facts or {}).get("groups") is not None:
        groups = load_snapshot(context.artifacts, dataset.digest).groups
    return StoredScores(files, groups, sum(state == ChunkState.FAILED for _, state, _ in rows))
