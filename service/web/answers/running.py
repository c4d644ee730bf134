"""Jobs that are not over, as the first page shows them: what goes on, how far, how long. No verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.jobs import JobKind, JobState, Phase
from augury.reporting.formatting import plain
from augury.wording import count
from service.web.phases import UNITS, goes_on
from service.web.titles import title_of
from store.rows.answers.names import dataset_name, model_name
from store.rows.answers.unfinished import unfinished
from store.rows.tables import DatasetRow, JobRow
from store.rows.views.progress import progress_of

MAX_SHOWN = 8
"""How far one is takes a few statements each."""


@dataclass(frozen=True)
class RunningJob:
    """One of them.

    Attributes:
        job_id: its id.
        title: what it asks.
        about: dataset and model.
        goes_on: what goes on in it, in words.
        share: how far it is, 0 to 1; None while it waits.
        done: of how many trials or parts, in words; empty before that is known.
        ends_at: when it will be over, in ISO 8601; None where that is not known.
        waiting_for: which kind of worker is missing, in a sentence.
        can_stop: whether it may be ended early with a report.
        can_cancel: whether it may be dropped.
    """

    job_id: str
    title: str
    about: str
    goes_on: str
    share: float | None
    done: str
    ends_at: str | None
    waiting_for: str | None
    can_stop: bool
    can_cancel: bool
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Running:
    """Those that are shown, and how many there are besides."""

    jobs: list[RunningJob]
    more: int


def running(session: Session, project: str, now: float) -> Running:
    """A project's jobs that are not over."""
    rows, total = unfinished(session, project, MAX_SHOWN)
    return Running([_job(session, row, dataset, now) for row, dataset in rows], total - len(rows))


def _job(session: Session, row: JobRow, dataset: DatasetRow, now: float) -> RunningJob:
    state, kind = JobState(row.state), JobKind(row.kind)
    progress = progress_of(session, row, now)
    counted = kind is JobKind.AUGMENTATION
    total = progress.chunks_total if counted else progress.trials_total
    finished = progress.chunks_done if counted else progress.trials_done
    model = model_name(row.request)
    return RunningJob(
        job_id=row.id,
        title=title_of(row.request),
        about=" · ".join(filter(None, [dataset_name(dataset.reference), model])),
        goes_on=goes_on(state, Phase(row.phase)),
        share=None if state is JobState.QUEUED else progress.fraction,
        done=f"{finished} of {count(total, UNITS[kind])}" if total else "",
        ends_at=progress.estimated_finish,
        waiting_for=progress.waiting_for,
        can_stop=can_stop(row),
        can_cancel=state in (JobState.QUEUED, JobState.RUNNING),
        labels={plain(key): plain(value) for key, value in row.labels.items()},
    )


def can_stop(row: JobRow) -> bool:
    """Whether a job may be ended early with a report on what is done, as ``store.rows.jobs.stop`` has it."""
    is_live = row.state in (JobState.QUEUED, JobState.RUNNING)
    return is_live and row.kind != JobKind.AUGMENTATION and row.plan is not None and row.stop_requested_at is None
