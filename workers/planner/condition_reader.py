"""What the models of a comparison answered under conditions, read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.plans import Plan
from api_schemas.training.trials import Trial
from augury.conditions.answers import ConditionResults, from_npz
from augury.planning.conditions import judged_models
from store.files.names import condition_answers_name
from store.files.snapshots import load_snapshot
from store.rows import chunks
from store.rows.tables import DatasetRow
from workers.context import Context


def read_conditions(context: Context, job_id: str, plan: Plan, trials: Sequence[Trial]) -> ConditionResults | None:
    """The answers of all models that were judged; None for a plan without conditions.

    Args:
        context: of this process.
        job_id: of the comparison.
        plan: its plan.
        trials: of the job. Answers of a model that is none of theirs, as it was trained anew since, do not count.

    Raises:
        ArtifactMissingError: answers are not stored any more.
    """
    if plan.conditions is None:
        return None
    others = [target.name for target in plan.conditions.targets if not target.strengths]
    with context.database.reading() as session:
        rows = [(row.number, row.state, row.result) for row in chunks.of_role(session, job_id, ChunkRole.CONDITION)]
        datasets = {each: session.get(DatasetRow, each) for each in others}
    models, ids = judged_models(plan), {(trial.arm, trial.seed): trial.id for trial in trials}
    return ConditionResults(
        answers={
            models[number]: from_npz(context.artifacts.read(condition_answers_name(job_id, number)))
            for number, state, result in rows
            if state == ChunkState.SUCCEEDED and result is not None and result["trial"] == ids.get(models[number])
        },
        failed=sum(state == ChunkState.FAILED for _, state, _ in rows),
        groups=_groups(context, datasets),
    )


def _groups(context: Context, datasets: Mapping[str, DatasetRow | None]) -> dict[str, npt.NDArray[np.int64]]:
    """Of the datasets that have any and are still there; what was judged of others has failed."""
    found = {}
    for dataset_id, row in datasets.items():
        if row is not None and row.digest is not None and (row.facts or {}).get("groups") is not None:
            groups = load_snapshot(context.artifacts, row.digest).groups
            if groups is not None:
                found[dataset_id] = groups
    return found
