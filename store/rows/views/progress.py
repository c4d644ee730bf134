"""How far a job has come: one way to count per kind of job, and one way to say it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.chunks import ChunkState
from api_schemas.jobs import JobKind, JobState, Phase
from api_schemas.plans import AugmentationPlan
from api_schemas.progress import Progress
from api_schemas.training.trials import TrialState
from store.queue import CONTROL
from store.rows import plans
from store.rows.chunks import ASSEMBLY_QUEUE
from store.rows.datasets import INGESTION_QUEUE
from store.rows.needs.costs import mean_seconds
from store.rows.tables import ChunkRow, JobRow, JobTrialRow, TrialRow
from store.rows.upkeep import workers_seen

_WORKERS_OF_PHASES = {
    Phase.WAITING: CONTROL,
    Phase.INGESTING: INGESTION_QUEUE,
    Phase.ASSEMBLING: ASSEMBLY_QUEUE,
    Phase.REPORTING: CONTROL,
}
"""Who carries on what is going on; where it is not said, the kind that the job asks for."""

_RUNNING = ("trials_running", "chunks_running")


@dataclass(frozen=True)
class Tally:
    """What was counted. Effort is in units of the kind's own."""

    units: dict[str, int]
    effort_done: float
    effort_total: float
    seconds_per_effort: float | None
    """Of all workers together; None until a whole unit of such work was measured, since what comes before the first one
    is done (starting, compiling, the first epoch) says nothing of the others."""


def progress_of(session: Session, row: JobRow, now: float) -> Progress:
    """The progress of a job of any kind."""
    tally = _TALLIES[JobKind(row.kind)](session, row, now)
    fraction = 1.0 if row.state == JobState.SUCCEEDED else tally.effort_done / max(1.0, tally.effort_total)
    return Progress(
        **tally.units,
        epochs_rule=None if row.plan is None else row.plan.get("epochs_rule"),
        waiting_for=_waiting_for(session, row, tally, now),
        fraction=round(min(1.0, fraction), 4),
        estimated_finish=_estimated_finish(row, tally, now),
    )


def _waiting_for(session: Session, row: JobRow, tally: Tally, now: float) -> str | None:
    """The kind of worker that is missing, where nothing of the job runs; one that is starting is given its time."""
    is_new = now - row.created_at < workers_seen.ABSENT_AFTER_SECONDS
    if is_new or JobState(row.state).is_terminal or any(tally.units.get(name) for name in _RUNNING):
        return None
    return workers_seen.absence(session, _WORKERS_OF_PHASES.get(Phase(row.phase), row.queue), now)


def _estimated_finish(row: JobRow, tally: Tally, now: float) -> str | None:
    if row.state != JobState.RUNNING or tally.seconds_per_effort is None:
        return None
    return timestamp(now + tally.seconds_per_effort * (tally.effort_total - tally.effort_done))


_TRIED = (TrialState.SUCCEEDED, TrialState.FAILED)


def _tally_trials(session: Session, row: JobRow, _now: float) -> Tally:
    """Effort is epochs; how long one takes is known from trials of the same setting, of this job or an earlier one."""
    of_job = JobTrialRow.job_id == row.id
    by_state = plans.slots_by_state(session, row.id)
    planned = 0 if row.plan is None else int(row.plan["trials"])
    units = {
        "trials_total": max(sum(by_state.values()), planned),  # a large plan is given its trials by and by
        "trials_done": sum(by_state.get(state, 0) for state in _TRIED),
        "trials_reused": session.scalar(select(func.count()).where(of_job, JobTrialRow.reused)) or 0,
        "trials_running": by_state.get(TrialState.RUNNING, 0),
        **_probes(session, row.id),
    }
    of_trial = select(TrialRow.setting, TrialRow.epochs).join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id)
    first = session.execute(of_trial.where(of_job).order_by(JobTrialRow.arm, JobTrialRow.seed).limit(1)).first()
    if first is None:
        return Tally(units=units, effort_done=0.0, effort_total=0.0, seconds_per_effort=None)
    seconds, epochs = mean_seconds(session, row.project_id, first.setting), first.epochs
    by_state = _epochs_by_state(session, row.id)
    due = 0 if row.plan is None else int(row.plan.get("trial_epochs") or row.plan["trials"] * epochs)
    return Tally(
        units=units,
        # A trial that failed early or diverged has all its epochs behind it.
        effort_done=sum(by_state.get(state, 0) for state in _TRIED) + _epochs_of_running(session, row.id),
        effort_total=max(sum(by_state.values()), due),
        seconds_per_effort=None if seconds is None else seconds / epochs / max(1, units["trials_running"]),
    )


def _epochs_by_state(session: Session, job_id: str) -> dict[str, int]:
    """Epochs of a job's trials by their state: arms may have budgets of their own."""
    query = select(JobTrialRow.trial_state, func.sum(TrialRow.epochs)).where(JobTrialRow.job_id == job_id)
    query = query.join(TrialRow, JobTrialRow.trial_id == TrialRow.id).group_by(JobTrialRow.trial_state)
    return {group[0]: int(group[1]) for group in session.execute(query)}


def _epochs_of_running(session: Session, job_id: str) -> float:
    """Those that are over, and of the one that is going on the share of its batches."""
    running = (JobTrialRow.job_id == job_id, JobTrialRow.trial_state == TrialState.RUNNING)
    done = TrialRow.epoch + 1.0 * TrialRow.batch / func.coalesce(func.nullif(TrialRow.batches, 0), 1)
    query = select(func.sum(done)).join(JobTrialRow, JobTrialRow.trial_id == TrialRow.id).where(*running)
    return float(session.scalar(query) or 0.0)


def _probes(session: Session, job_id: str) -> dict[str, int]:
    of_job = select(ChunkRow.state, func.count()).where(ChunkRow.job_id == job_id)
    counted: dict[str, int] = {group[0]: group[1] for group in session.execute(of_job.group_by(ChunkRow.state))}
    return {
        "chunks_total": sum(counted.values()),
        "chunks_done": counted.get(ChunkState.SUCCEEDED, 0) + counted.get(ChunkState.FAILED, 0),
        "chunks_running": counted.get(ChunkState.RUNNING, 0),
    }


def _tally_chunks(session: Session, row: JobRow, now: float) -> Tally:
    """Effort is chunks, each counted by the share of its images that is done; assembling is one of them.

    How long one takes is known from the pace since the first was begun, once one is done.
    """
    groups = session.execute(
        select(
            ChunkRow.state,
            func.count(),
            func.sum(1.0 * ChunkRow.done / ChunkRow.images),
            func.min(ChunkRow.started_at),
        )
        .where(ChunkRow.job_id == row.id)
        .group_by(ChunkRow.state)
    ).all()
    planned = 0 if row.plan is None else (AugmentationPlan.model_validate(row.plan).chunks or 0) + 1
    counted = {state: count for state, count, *_ in groups}
    done = sum(float(share) for _, _, share, _ in groups)
    begun = min((begun for *_, begun in groups if begun is not None), default=now)
    is_measured = counted.get(ChunkState.SUCCEEDED, 0) > 0
    return Tally(
        units={
            "chunks_total": planned,
            "chunks_done": counted.get(ChunkState.SUCCEEDED, 0),
            "chunks_running": counted.get(ChunkState.RUNNING, 0),
        },
        effort_done=done,
        effort_total=planned,
        seconds_per_effort=(now - begun) / done if is_measured and done else None,
    )


_TALLIES: dict[JobKind, Callable[[Session, JobRow, float], Tally]] = {
    JobKind.COMPARISON: _tally_trials,
    JobKind.TRAINING: _tally_trials,
    JobKind.AUGMENTATION: _tally_chunks,
}
