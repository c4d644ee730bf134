"""What stands at the top of a job's page: what it asks, how it is, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.jobs import Job, JobKind, JobState
from augury.reporting.formatting import plain
from service.http.failure_classes import FAILURE_CLASSES
from service.web.answers.running import can_stop
from service.web.phases import STATES, UNITS, goes_on
from service.web.titles import title_of
from store.rows.answers.names import dataset_name, metric_name, model_name
from store.rows.tables import DatasetRow, JobRow


@dataclass(frozen=True)
class Failed:
    """Why a job has failed, for people.

    Attributes:
        said: the sentence of what failed.
        meaning: what failures of this class are.
        remedy: what to do about it, with file names in backquotes.
    """

    said: str
    meaning: str
    remedy: str


@dataclass(frozen=True)
class Head:
    """The top of the page.

    Attributes:
        title: what the job asks.
        dataset: its name.
        model: what is trained; empty where nothing is.
        metric: what decides; empty where nothing is measured.
        is_over: whether nothing goes on any more.
        now: what goes on in it, or how it ended, in words.
        state: the same in a word.
        unit: what its progress is counted in.
        can_stop: whether it may be ended early with a report.
        can_cancel: whether it may be dropped.
        heard: the id of the last event that is on the page.
        failed: why it has failed; None where it has not.
    """

    title: str
    dataset: str
    model: str
    metric: str
    is_over: bool
    now: str
    state: str
    unit: str
    can_stop: bool
    can_cancel: bool
    heard: int
    failed: Failed | None


def head_of(session: Session, row: JobRow, job: Job) -> Head:
    """The top of the page of a project's job; *job* is it as clients see it."""
    reference = session.get_one(DatasetRow, row.dataset_id).reference
    return Head(
        title=title_of(job.request),
        dataset=dataset_name(reference),
        model=model_name(job.request),
        metric=metric_name(job.request),
        is_over=job.is_terminal,
        now=goes_on(job.state, job.phase),
        state=STATES[job.state],
        unit=UNITS[JobKind(job.kind)],
        can_stop=can_stop(row),
        can_cancel=job.state in (JobState.QUEUED, JobState.RUNNING),
        heard=max((each.sequence for each in job.timeline), default=0),
        failed=_failed(job),
    )


def _failed(job: Job) -> Failed | None:
    if job.error is None:
        return None
    meaning = FAILURE_CLASSES[job.error.failure_class]
    return Failed(plain(job.error.message, 1_000), meaning.meaning, meaning.remedy.replace("`", ""))
