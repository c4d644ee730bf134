"""How far a job has come: one way to count per kind of job, and one way to say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.chunks import ChunkState
from api_schemas.jobs import JobKind, JobState
from api_schemas.plans import AugmentationPlan, Plan
from api_schemas.progress import Progress
from api_schemas.training.trials import TrialState
from store.rows.tables import ChunkRow, JobRow, JobTrialRow, TrialRow


@dataclass(frozen=True)
class Tally:
    """What was counted. Effort is in units of the kind's own; fresh effort was not reused from earlier jobs."""

    units: dict[str, int]
    effort_done: float
    effort_total: float
    fresh_effort_done: float


def progress_of(session: Session, row: JobRow, now: float) -> Progress:
    """The progress of a job of any kind."""
    tally = _TALLIES[JobKind(row.kind)](session, row)
    fraction = 1.0 if row.state == JobState.SUCCEEDED else tally.effort_done / max(1.0, tally.effort_total)
    return Progress(
        **tally.units,
        fraction=round(min(1.0, fraction), 4),
        estimated_finish=_estimated_finish(row, tally, now),
    )


def _estimated_finish(row: JobRow, tally: Tally, now: float) -> str | None:
    if row.state != JobState.RUNNING or row.started_at is None or not tally.fresh_effort_done:
        return None
    pace = (now - row.started_at) / tally.fresh_effort_done
    return timestamp(now + pace * (tally.effort_total - tally.effort_done))


_TRIED = (TrialState.SUCCEEDED, TrialState.FAILED)


def _tally_trials(session: Session, row: JobRow) -> Tally:
    """Effort is epochs."""
    groups = session.execute(
        select(
            TrialRow.state,
            JobTrialRow.reused,
            func.count(),
            func.sum(TrialRow.epoch),
            func.sum(TrialRow.epochs),
        )
        .join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id)
        .where(JobTrialRow.job_id == row.id)
        .group_by(TrialRow.state, JobTrialRow.reused)
    ).all()
    planned = 0 if row.plan is None else Plan.model_validate(row.plan).trials
    # A trial that failed early or diverged has all its epochs behind it.
    epochs = [int(total if state in _TRIED else epoch) for state, _, _, epoch, total in groups]
    return Tally(
        units={
            "trials_total": sum(count for _, _, count, _, _ in groups) or planned,
            "trials_done": sum(count for state, _, count, _, _ in groups if state in _TRIED),
            "trials_reused": sum(count for _, reused, count, _, _ in groups if reused),
            "trials_running": sum(count for state, _, count, _, _ in groups if state == TrialState.RUNNING),
            **_probes(session, row.id),
        },
        effort_done=sum(epochs),
        effort_total=sum(int(total) for *_, total in groups),
        fresh_effort_done=sum(e for e, (_, reused, *_) in zip(epochs, groups, strict=True) if not reused),
    )


def _probes(session: Session, job_id: str) -> dict[str, int]:
    of_job = select(ChunkRow.state, func.count()).where(ChunkRow.job_id == job_id)
    counted: dict[str, int] = {group[0]: group[1] for group in session.execute(of_job.group_by(ChunkRow.state))}
    return {
        "chunks_total": sum(counted.values()),
        "chunks_done": counted.get(ChunkState.SUCCEEDED, 0) + counted.get(ChunkState.FAILED, 0),
        "chunks_running": counted.get(ChunkState.RUNNING, 0),
    }


def _tally_chunks(session: Session, row: JobRow) -> Tally:
    """Effort is chunks, each counted by the share of its images that is done; assembling is one of them."""
    groups = session.execute(
        select(ChunkRow.state, func.count(), func.sum(1.0 * ChunkRow.done / ChunkRow.images))
        .where(ChunkRow.job_id == row.id)
        .group_by(ChunkRow.state)
    ).all()
    planned = 0 if row.plan is None else (AugmentationPlan.model_validate(row.plan).chunks or 0) + 1
    counted = {state: count for state, count, _ in groups}
    done = sum(float(share) for *_, share in groups)
    return Tally(
        units={
            "chunks_total": planned,
            "chunks_done": counted.get(ChunkState.SUCCEEDED, 0),
            "chunks_running": counted.get(ChunkState.RUNNING, 0),
        },
        effort_done=done,
        effort_total=planned,
        fresh_effort_done=done,
    )


_TALLIES: dict[JobKind, Callable[[Session, JobRow], Tally]] = {
    JobKind.COMPARISON: _tally_trials,
    JobKind.TRAINING: _tally_trials,
    JobKind.AUGMENTATION: _tally_chunks,
}
