"""What projects have said they keep for so many days only: carried out in bounded steps, one project after another."""

from __future__ import annotations

from sqlalchemy.orm import Session

from store.files.names import trial_folder
from store.rows import trials
from store.rows.access import projects
from store.rows.ending import old_jobs, unused
from store.rows.projects.tables import ProjectRow
from store.rows.tables import JobRow, TrialRow
from store.rows.upkeep import tombstones
from store.settings import SECONDS_PER_DAY
from workers.context import Context

_MAX_AT_ONCE = 200


def carry_out(context: Context) -> bool:
    """Give up what is due, of every project; False where there is more of it than a transaction has time for."""
    with context.database.reading() as session:
        names = [row.id for row in projects.every(session) if any(_days(row))]
    are_done = []
    for name in names:
        with context.database.writing() as session:
            row = projects.find(session, name)
            are_done.append(row is None or _give_up(session, row, context.database.now(session)) < _MAX_AT_ONCE)
    return all(are_done)


def _days(row: ProjectRow) -> tuple[float | None, float | None, float | None]:
    return row.keep_jobs_days, row.keep_datasets_days, row.keep_models_days


def _give_up(session: Session, row: ProjectRow, now: float) -> int:
    """The largest number of anything that went."""
    ends = [None if days is None else now - days * SECONDS_PER_DAY for days in _days(row)]
    of_jobs, of_datasets, of_models = ends
    gone = [0]
    if of_jobs is not None:
        gone += _forget_jobs(session, row.id, of_jobs, now)
    if of_datasets is not None:
        gone.append(unused.give_up_datasets(session, row.id, of_datasets, now, _MAX_AT_ONCE))
    if of_models is not None:
        gone.append(unused.give_up_models(session, row.id, of_models, now, _MAX_AT_ONCE))
    return max(gone)


def _forget_jobs(session: Session, project: str, before: float, now: float) -> tuple[int, int]:
    """Jobs that ended before then, and trials that no job has any more."""
    old = old_jobs.forget(session, before, _MAX_AT_ONCE, JobRow.project_id == project)
    unneeded = trials.forget(session, before, _MAX_AT_ONCE, TrialRow.project_id == project)
    tombstones.bury(session, [each.folder for each in old], now, project)
    tombstones.bury(session, map(trial_folder, unneeded), now, project)
    return len(old), len(unneeded)
