"""Why work waits: for each thing of a project that is not being worked at, what has to happen first.

The order is that in which `store.rows.handout` gives work out, and is asked of the same functions. Quotas are no
reason: they refuse a job when it comes, and what was accepted is carried out. Of other projects nothing is said but
that it is their turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.datasets.dataset import DatasetState
from api_schemas.jobs import JobState
from api_schemas.models.model import ModelState
from api_schemas.training.trials import TrialState
from api_schemas.webhooks.webhook import WebhookState
from augury.wording import count
from store.queue import CONTROL
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.tables import (
    ChunkRow,
    ConclusionRow,
    ConclusionState,
    DatasetRow,
    JobRow,
    JobTrialRow,
    RegisteredModelRow,
)
from store.rows.turns import waiting as turns
from store.rows.upkeep import workers_seen

MAX_JOBS = 100
"""Of a project that are looked at, the oldest first: whoever has more knows why they wait."""


class Reason(StrEnum):
    """What has to happen first."""

    NO_WORKER = "no_worker"
    NEXT = "next"
    OTHER_PROJECT = "other_project"
    OTHER_JOB = "other_job"
    DATASET = "dataset"
    NOT_BEFORE = "not_before"
    PAUSED = "paused"


@dataclass(frozen=True)
class Wait:
    """Things of one kind that wait for the same.

    Attributes:
        kind: trial, probe, …; plan: a job that is to be planned.
        count: how many.
        since: when the first of them was made, in Unix seconds.
        queue: the kind of worker that they are for.
        about: the id of their job, or of the dataset, model or webhook.
        reason: why, for programs.
        sentence: why, for people.
    """

    kind: str
    count: int
    since: float
    queue: str
    about: str
    reason: Reason
    sentence: str


def waits(session: Session, project: str, now: float) -> list[Wait]:
    """All that waits of a project at a time in Unix seconds, jobs by their age, then datasets, models and messages."""
    why = _Why(session, project, now)
    live = select(JobRow.id).where(text("jobs.finished_at is null"), JobRow.project_id == project)
    jobs = list(session.scalars(live.order_by(JobRow.id).limit(MAX_JOBS)))
    found = [*_before_the_plan(why, jobs), *_units(why, jobs)]
    order = {job_id: index for index, job_id in enumerate(jobs)}
    found.sort(key=lambda each: (order[each.about], each.kind))
    return [*found, *_to_be_read(why), *_messages(why)]


class _Why:
    """Says why something waits; what is the same for many is found out once."""

    def __init__(self, session: Session, project: str, now: float) -> None:
        self.session, self.project, self.now = session, project, now
        self.absence = cache(lambda queue: workers_seen.absence(session, queue, now))
        self._running = cache(lambda: turns.running_units(session))
        self._projects = cache(lambda queue: turns.projects_in_turn(session, queue, self._running(), now))
        self._jobs = cache(lambda queue: turns.jobs_in_turn(session, project, queue, self._running(), now))

    def of_worker(self, queue: str, otherwise: tuple[Reason, str]) -> tuple[Reason, str]:
        """That nobody is there, or else the reason that is given."""
        absence = self.absence(queue)
        return otherwise if absence is None else (Reason.NO_WORKER, absence)

    def in_turn(self, queue: str, job_id: str) -> tuple[Reason, str]:
        """Of a job whose units take turns with those of others."""
        projects = self._projects(queue)
        if projects and projects[0] != self.project:
            said = "it is the turn of other projects: each that has work gets its share of the workers"
            return self.of_worker(queue, (Reason.OTHER_PROJECT, said))
        jobs = self._jobs(queue)
        before = jobs.index(job_id) if job_id in jobs else len(jobs)
        if before:
            come = "comes" if before == 1 else "come"
            said = f"{count(before, 'other job')} of the project {come} first, by priority and by how long they wait"
            return self.of_worker(queue, (Reason.OTHER_JOB, said))
        return self.next(queue)

    def next(self, queue: str) -> tuple[Reason, str]:
        """Of what is next."""
        said = f"it is next: a worker for {queue!r} takes it as soon as one is free"
        return self.of_worker(queue, (Reason.NEXT, said))


def _before_the_plan(why: _Why, jobs: list[str]) -> Iterator[Wait]:
    """Jobs of which nothing can be carried out yet."""
    query = select(JobRow.id, JobRow.created_at, DatasetRow.id, DatasetRow.state)
    query = query.join(DatasetRow, DatasetRow.id == JobRow.dataset_id)
    unplanned = (JobRow.id.in_(jobs), JobRow.state == JobState.QUEUED)
    for job_id, created_at, dataset_id, dataset_state in why.session.execute(query.where(*unplanned)):
        if dataset_state == DatasetState.READY:
            reason, sentence = why.of_worker(CONTROL, (Reason.NEXT, "a control worker makes its plan next"))
        else:
            reason, sentence = Reason.DATASET, f"its dataset {dataset_id} has to be read first"
        yield Wait("plan", 1, created_at, CONTROL, job_id, reason, sentence)


def _units(why: _Why, jobs: list[str]) -> Iterator[Wait]:
    """Units of jobs: those that come before all others, and those that take turns."""
    trials = select(JobTrialRow.job_id, JobRow.queue, func.count(), JobRow.created_at)
    trials = trials.join(JobRow, JobRow.id == JobTrialRow.job_id)
    trials = trials.where(JobTrialRow.job_id.in_(jobs), JobTrialRow.trial_state == TrialState.QUEUED)
    trials = trials.group_by(JobTrialRow.job_id, JobRow.queue, JobRow.created_at)
    for job_id, queue, number, since in why.session.execute(trials):
        yield Wait("trial", number, since, queue, job_id, *why.in_turn(queue, job_id))
    columns = (ChunkRow.job_id, ChunkRow.role, ChunkRow.queue)
    chunks = select(*columns, func.count(), func.min(ChunkRow.created_at))
    chunks = chunks.where(ChunkRow.job_id.in_(jobs), ChunkRow.state == ChunkState.QUEUED).group_by(*columns)
    for job_id, role, queue, number, since in why.session.execute(chunks):
        reason = why.next(queue) if role == ChunkRole.PROBE else why.in_turn(queue, job_id)
        yield Wait(role, number, since, queue, job_id, *reason)
    asked = (ConclusionRow.job_id.in_(jobs), ConclusionRow.state == ConclusionState.QUEUED)
    conclusions = select(ConclusionRow.job_id, ConclusionRow.queue, ConclusionRow.created_at).where(*asked)
    for job_id, queue, since in why.session.execute(conclusions):
        yield Wait("conclusion", 1, since, queue, job_id, *why.next(queue))


def _to_be_read(why: _Why) -> Iterator[Wait]:
    """Datasets and models, which are read in the order in which they came."""
    tables: tuple[tuple[str, Any, str], ...] = (
        ("dataset", DatasetRow, DatasetState.QUEUED),
        ("model", RegisteredModelRow, ModelState.QUEUED),
    )
    for kind, row, queued in tables:
        waiting = (row.project_id == why.project, row.state == queued)
        query = select(row.id, row.queue, row.created_at).where(*waiting).order_by(row.created_at).limit(MAX_JOBS)
        for row_id, queue, since in why.session.execute(query):
            yield Wait(kind, 1, since, queue, row_id, *why.next(queue))


def _messages(why: _Why) -> Iterator[Wait]:
    """What webhooks are still to be told."""
    first = func.min(DeliveryRow.due_at)
    columns = (WebhookRow.id, WebhookRow.state, WebhookRow.resume_at, DeliveryRow.queue)
    query = select(*columns, func.count(), func.min(DeliveryRow.created_at), first)
    query = query.join(WebhookRow, WebhookRow.id == DeliveryRow.webhook_id)
    query = query.where(DeliveryRow.project_id == why.project, text("webhook_deliveries.state = 'queued'"))
    for webhook_id, state, resume_at, queue, number, since, due_at in why.session.execute(query.group_by(*columns)):
        not_before = max(due_at, resume_at or 0.0)
        if state != WebhookState.ACTIVE:
            reason, sentence = Reason.PAUSED, f"the webhook is {state}"
        elif not_before > why.now:
            reason, sentence = Reason.NOT_BEFORE, f"not before {timestamp(not_before)}: an earlier attempt has failed"
        else:
            reason, sentence = why.next(queue)
        yield Wait("message", number, since, queue, webhook_id, reason, sentence)
