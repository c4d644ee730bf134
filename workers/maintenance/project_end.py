"""Projects that are being deleted: everything of them goes, a few hundred rows a transaction, some of them a sweep.

Nothing is kept in memory between steps: after a crash the next sweep, of whichever worker, finds what is left.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from store.files.names import trial_folder
from store.rows import jobs
from store.rows.audit import trail
from store.rows.ending import old_jobs, project_end
from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow, TrialRow
from store.rows.upkeep import tombstones
from workers.context import Context

_MAX_ROWS = 200
_MAX_STEPS = 40
"""Transactions for each project in one sweep."""
log = structlog.get_logger(__name__)


def go_on(context: Context) -> None:
    """Take every project that is being deleted some way further."""
    with context.database.reading() as session:
        projects = project_end.ending(session)
    for project in projects:
        _cancel_jobs(context, project)
        steps = 0
        while steps < _MAX_STEPS and _step(context, project):
            steps += 1
        if _is_finished(context, project):
            log.info("a project is gone", project=project)


def _cancel_jobs(context: Context, project: str) -> None:
    """Once a sweep: a job whose workers still have to stop is asked again, in case nobody has noticed that they did."""
    with context.database.reading() as session:
        live = project_end.live_jobs(session, project, _MAX_ROWS)
    for job_id in live:
        with context.database.writing() as session:
            job = jobs.locked(session, job_id)
            if job is not None:
                jobs.cancel(session, job, context.database.now(session))


def _step(context: Context, project: str) -> bool:
    """The first thing that there is to do; False where there is nothing, or nothing yet."""
    for needs_gone, do in _STEPS:
        with context.database.writing() as session:
            if project_end.is_anything_left(session, project, *needs_gone):
                return False
            if do(session, project, context.database.now(session)):
                return True
    return False


def _forget_jobs(session: Session, project: str, now: float) -> int:
    forgotten = old_jobs.forget(session, float("inf"), _MAX_ROWS, JobRow.project_id == project)
    tombstones.bury(session, [each.folder for each in forgotten], now, project)
    return len(forgotten)


def _forget_trials(session: Session, project: str, now: float) -> int:
    forgotten = project_end.forget_trials(session, project, _MAX_ROWS)
    tombstones.bury(session, map(trial_folder, forgotten), now, project)
    return len(forgotten)


def _give_up(session: Session, project: str, now: float) -> int:
    return project_end.give_up(session, project, now, _MAX_ROWS)


def _forget_purged(session: Session, project: str, _now: float) -> int:
    return project_end.forget_purged(session, project, _MAX_ROWS)


def _forget_rest(session: Session, project: str, _now: float) -> int:
    return project_end.forget_rest(session, project, _MAX_ROWS)


_STEPS: tuple[tuple[tuple[type, ...], Callable[[Session, str, float], int]], ...] = (
    ((), _forget_jobs),
    ((JobRow,), _forget_trials),
    ((TrialRow,), _give_up),
    ((), _forget_purged),
    ((DatasetRow, RegisteredModelRow), _forget_rest),
)
"""What has to be gone before, and what is done then."""


def _is_finished(context: Context, project: str) -> bool:
    with context.database.writing() as session:
        if not project_end.finish(session, project):
            return False
        trail.append(session, None, trail.SERVICE, "project_deleted", context.database.now(session), project)
        return True
