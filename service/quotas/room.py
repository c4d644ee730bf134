"""Whether a project may have one thing more: asked in the transaction that gives it, where nobody else counts.

What is not limited is not counted. Each refusal says how much there is, what the limit is, and when or how it ends.
"""

from __future__ import annotations

import math

from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from augury.wording import count
from service.http.problem_rows.quotas import (
    STORAGE_USED_UP,
    TOO_MANY_DATASETS,
    TOO_MANY_JOBS,
    TRAINING_USED_UP,
    TRIALS_USED_UP,
)
from service.quotas.limits import require_limits
from service.resources import Resources
from store.rows.quotas import counting, stored, usage

_LOOK_AGAIN_SECONDS = 30
"""When a job that waits may be over nobody knows."""


def require_room_for_job(resources: Resources, session: Session, project: str, trials: int, now: float) -> None:
    """Let a job pass that is going to train so many trials first.

    Args:
        resources: with the limits of all projects.
        session: of the transaction that accepts the job; others of the project that count wait for its end.
        project: whose it is.
        trials: which are promised to it, see ``store.rows.quotas.counting``.
        now: in Unix seconds.

    Raises:
        ProblemError: it would be more than the project may have, or the project is being deleted.
    """
    limits = require_limits(resources, session, project)
    if limits.jobs_waiting is None and limits.trials_per_day is None and limits.training_seconds_per_day is None:
        return
    counting.lock(session, project)
    jobs, reserved = counting.live_jobs(session, project)
    if limits.jobs_waiting is not None and jobs >= limits.jobs_waiting:
        detail = f"the project has {count(jobs, 'job')} that did not end yet, and may have {limits.jobs_waiting:,}"
        raise TOO_MANY_JOBS.error(detail, headers={"Retry-After": str(_LOOK_AGAIN_SECONDS)})
    trained, seconds = usage.of_day(session, project, usage.day_of(now))
    _require_seconds(limits, seconds, now)
    if limits.trials_per_day is not None and trials:
        waiting = reserved + counting.unfinished_trials(session, project)
        _require_trials(limits.trials_per_day, trials, trained, waiting, now)


def _require_seconds(limits: Limits, seconds: float, now: float) -> None:
    if limits.training_seconds_per_day is not None and seconds >= limits.training_seconds_per_day:
        detail = (
            f"the project has trained for {seconds:,.0f} seconds today, and may for "
            f"{limits.training_seconds_per_day:,.0f}; what is accepted already goes on"
        )
        raise TRAINING_USED_UP.error(detail, headers=_tomorrow(now))


def _require_trials(limit: int, asked: int, trained: int, waiting: int, now: float) -> None:
    if trained + waiting + asked <= limit:
        return
    detail = (
        f"the job asks for {asked:,} trials; {trained:,} were trained today and {waiting:,} wait, of {limit:,} a day"
    )
    raise TRIALS_USED_UP.error(detail, headers=_tomorrow(now) if asked <= limit else None)


def _tomorrow(now: float) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(usage.end_of_day(now) - now)))}


def require_room_for_dataset(resources: Resources, session: Session, project: str, upload_bytes: int) -> None:
    """Let one more dataset pass, whose upload, if it is one, has so many bytes.

    Raises:
        ProblemError: it would be more than the project may have, or the project is being deleted.
    """
    limits = require_limits(resources, session, project)
    if limits.datasets is not None:
        counting.lock(session, project)
        there = counting.datasets(session, project)
        if there >= limits.datasets:
            raise TOO_MANY_DATASETS.error(f"the project has {there:,} datasets, and may have {limits.datasets:,}")
    _require_bytes(session, project, limits, upload_bytes)


def require_room_for_files(resources: Resources, session: Session, project: str, size: int) -> None:
    """Let something pass whose files come to so many bytes; 0 where that is not known yet.

    Raises:
        ProblemError: it would be more than the project may have, or the project is being deleted.
    """
    _require_bytes(session, project, require_limits(resources, session, project), size)


def _require_bytes(session: Session, project: str, limits: Limits, size: int) -> None:
    if limits.stored_bytes is None:
        return
    counting.lock(session, project)
    there = stored.total(session, project)
    if there + size > limits.stored_bytes or there >= limits.stored_bytes:
        more = f", and this has {size:,} more" if size else ""
        detail = f"the files of the project come to {there:,} bytes of {limits.stored_bytes:,}{more}"
        raise STORAGE_USED_UP.error(detail)
