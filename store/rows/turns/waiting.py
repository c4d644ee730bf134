"""Who waits for a kind of worker, in the order of their turns: projects, and within each its jobs.

A project is as entitled as any other, however many jobs it has; priorities are between jobs of one. What is looked at
is found by an index in its order, so that a claim costs no more where thousands of jobs wait.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select, text, union_all
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkState
from api_schemas.jobs import JobState, Phase
from api_schemas.service.priority import Priority
from api_schemas.training.trials import TrialState
from store.rows.chunks import ASSEMBLY_QUEUE
from store.rows.projects.tables import ProjectRow
from store.rows.tables import ChunkRow, JobRow, JobTrialRow

WEIGHTS: dict[Priority, float] = {"low": 0.5, "normal": 1.0, "high": 2.0}
"""How many running units of a job count as one of a normal one's."""

AGEING_SECONDS = 600.0
"""Not to be served for so long weighs as much as one running unit of others."""

MAX_PASSED_OVER = 8
"""Jobs alike that are looked at: one is enough, but where others take their units at the same moment."""

_WITH_WORK = (Phase.TRAINING, Phase.CONFIRMING, Phase.AUGMENTING, Phase.ASSEMBLING)
_IS_LIVE = text("jobs.finished_at is null")  # in the words of its index
_COLUMNS = (JobRow.id, JobRow.priority, JobRow.served_at, JobRow.created_at)


@dataclass(frozen=True)
class Running:
    """What is carried out now.

    Attributes:
        of_jobs: units of each job, by its id; a trial that several jobs share counts for each of them.
        of_projects: units of each project, each of them once.
    """

    of_jobs: Counter[str]
    of_projects: Counter[str]


def running_units(session: Session) -> Running:
    """All units that workers are at for jobs, whatever their kind."""
    trials = select(JobTrialRow.job_id, JobRow.project_id, JobTrialRow.trial_id)
    trials = trials.join(JobRow, JobRow.id == JobTrialRow.job_id).where(text("job_trials.trial_state = 'running'"))
    chunks = select(ChunkRow.job_id, JobRow.project_id, ChunkRow.id)
    chunks = chunks.join(JobRow, JobRow.id == ChunkRow.job_id).where(ChunkRow.state == ChunkState.RUNNING)
    of_jobs: Counter[str] = Counter()
    of_projects: dict[str, set[str]] = defaultdict(set)
    for query in (trials, chunks):
        for job_id, project, unit in session.execute(query):
            of_jobs[job_id] += 1
            of_projects[project].add(unit)
    return Running(of_jobs, Counter({project: len(units) for project, units in of_projects.items()}))


def projects_in_turn(session: Session, queue: str, running: Running, now: float) -> list[str]:
    """Those that have units for a kind of worker: the one with the fewest running ones first.

    Every ``AGEING_SECONDS`` for which one was not served count as one running unit of others. Where that is equal, one
    that was not served since it has something to do comes before all others, and then the one that was not for longest.
    """
    # From one to the next by an index: what is asked for costs as much as there are projects, and not jobs.
    first = select(func.min(JobRow.project_id).label("id")).cte("owners", recursive=True)
    following = select(func.min(JobRow.project_id)).where(JobRow.project_id > first.c.id)
    owners = first.union_all(select(following.scalar_subquery()).where(first.c.id.is_not(None)))
    oldest = select(JobRow.created_at).where(JobRow.project_id == owners.c.id, *_has_work(queue))
    began = oldest.order_by(JobRow.project_id, JobRow.priority, JobRow.served_at, JobRow.id).limit(1).scalar_subquery()
    served = select(ProjectRow.served_at).where(ProjectRow.id == owners.c.id).scalar_subquery()
    waiting = session.execute(select(owners.c.id, began, served).where(owners.c.id.is_not(None))).all()

    def turn(row: Any) -> tuple[float, bool, float, str]:
        project, began_at, served_at = row
        since = max(began_at, served_at or 0.0)
        aged = max(0.0, now - since) // AGEING_SECONDS
        return running.of_projects[project] - aged, since > began_at, since, project

    return [row[0] for row in sorted((row for row in waiting if row[1] is not None), key=turn)]


def jobs_in_turn(session: Session, project: str, queue: str, running: Running, now: float) -> list[str]:
    """The project's jobs that have units for a kind of worker, or of those that nobody is at for the first few."""
    at_work = select(*_COLUMNS).where(JobRow.id.in_(running.of_jobs), JobRow.project_id == project, *_has_work(queue))
    alike = [
        _first(project, queue, priority, running, is_served=is_served)
        for priority in WEIGHTS
        for is_served in (False, True)
    ]
    found = [*session.execute(at_work), *session.execute(union_all(*alike))]

    def turn(job: Any) -> tuple[float, float, str]:
        job_id, priority, served_at, created_at = job
        waited = max(0.0, now - (served_at or created_at))
        return (
            running.of_jobs[job_id] / WEIGHTS[priority] - waited * WEIGHTS[priority] / AGEING_SECONDS,
            created_at,
            job_id,
        )

    return [job[0] for job in sorted(found, key=turn)]


def _first(project: str, queue: str, priority: Priority, running: Running, *, is_served: bool) -> Select[Any]:
    """Of the jobs of a priority that nobody is at, those that have waited for longest."""
    same = (JobRow.project_id == project, JobRow.priority == literal(priority), JobRow.id.not_in(running.of_jobs))
    was_served = JobRow.served_at.is_not(None) if is_served else JobRow.served_at.is_(None)
    query = select(*_COLUMNS).where(*same, was_served, *_has_work(queue))
    first = query.order_by(JobRow.served_at if is_served else JobRow.id).limit(MAX_PASSED_OVER)
    return select(first.subquery())


@lru_cache(maxsize=8)  # a claim asks for it eight times
def _has_work(queue: str) -> tuple[ColumnElement[bool] | Any, ...]:
    """Of a job: it is live, and a unit of it waits for this kind of worker."""
    trial = exists().where(JobTrialRow.job_id == JobRow.id, JobTrialRow.trial_state == TrialState.QUEUED)
    is_chunk = (ChunkRow.job_id == JobRow.id, ChunkRow.state == ChunkState.QUEUED, ChunkRow.queue == queue)
    is_going_on = (_IS_LIVE, JobRow.state == JobState.RUNNING, JobRow.phase.in_(_WITH_WORK))
    return (*is_going_on, _is_offered(queue), or_(trial, exists().where(*is_chunk)))


def _is_offered(queue: str) -> ColumnElement[bool]:
    """A job's work is for the kind of worker that it asks for; putting parts together is for one kind always."""
    own = JobRow.queue == queue
    return or_(own, JobRow.phase == Phase.ASSEMBLING) if queue == ASSEMBLY_QUEUE else own
