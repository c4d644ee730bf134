"""What a project has at the moment, counted by indexes that hold what is there or not over, and no history.

Trials are promised before they are made: a job is accepted with so many *reserved* (``JobRow.trials_reserved``), and
as its slots are filled they become trials that wait, or none where there is one to be reused.
"""

from __future__ import annotations

from sqlalchemy import case, func, select, text, update
from sqlalchemy.orm import Session

from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow, TrialRow

_LOCK = 0x61756775  # "augu"
_IS_UNFINISHED = text("trials.state in ('queued', 'running')")  # all of these in the words of their indexes
_IS_DATASET = text("datasets.state <> 'deleted'")
_IS_MODEL = text("registered_models.state <> 'deleted'")


def lock(session: Session, project: str) -> None:
    """Until the transaction ends, nobody else counts to see whether the project may have one more.

    Without it two that come at once would both see the last free place. SQLite's writers are alone anyway.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(
            text("select pg_advisory_xact_lock(:lock, hashtext(:project))"), {"lock": _LOCK, "project": project}
        )


def live_jobs(session: Session, project: str) -> tuple[int, int]:
    """How many jobs of a project are not over, and how many trials these have reserved."""
    reserved = func.coalesce(func.sum(JobRow.trials_reserved), 0)
    query = select(func.count(), reserved).where(JobRow.project_id == project, JobRow.finished_at.is_(None))
    jobs, trials = session.execute(query).one()
    return int(jobs), int(trials)


def unfinished_trials(session: Session, project: str) -> int:
    """How many trials of a project wait or run."""
    return session.scalar(select(func.count()).where(TrialRow.project_id == project, _IS_UNFINISHED)) or 0


def datasets(session: Session, project: str) -> int:
    """How many datasets of a project are not deleted."""
    return session.scalar(select(func.count()).where(DatasetRow.project_id == project, _IS_DATASET)) or 0


def models(session: Session, project: str) -> int:
    """How many registered models of a project are not deleted."""
    return session.scalar(select(func.count()).where(RegisteredModelRow.project_id == project, _IS_MODEL)) or 0


def reserve(row: JobRow, trials: int) -> None:
    """A job is accepted for so many trials more than it has."""
    row.trials_reserved += trials


def note_filled(session: Session, job_id: str, slots: int, *, are_all: bool) -> None:
    """So many slots of a job have got their trials; whether these were all that it has so far."""
    left = 0 if are_all else case((JobRow.trials_reserved > slots, JobRow.trials_reserved - slots), else_=0)
    due = (JobRow.id == job_id, JobRow.trials_reserved > 0)
    session.execute(update(JobRow).where(*due).values(trials_reserved=left))
