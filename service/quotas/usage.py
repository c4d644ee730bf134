"""What a project has taken, beside what it may."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from api_schemas.access.limits import Limits
from api_schemas.access.usage import DayOfUse, LimitedUse, LimitName, Usage
from api_schemas.base import optional_timestamp, timestamp
from store.rows.access import projects
from store.rows.quotas import counting, stored, usage
from store.rows.quotas.tables import UsageDayRow
from store.settings import SECONDS_PER_DAY

_BY_DAY: tuple[LimitName, ...] = ("trials_per_day", "training_seconds_per_day")


def of_project(session: Session, project: str, of_all: Limits, now: float, days: int) -> Usage:
    """What a project has taken and may.

    Args:
        session: to count in.
        project: whose use it is.
        of_all: limits of projects that have none of their own.
        now: in Unix seconds.
        days: how many of the last ones to list.
    """
    limits = projects.limits_of(projects.find(session, project), of_all)
    used = _used(session, project, now)
    tomorrow = usage.end_of_day(now)
    return Usage(
        project=project,
        at=timestamp(now),
        limits=[
            LimitedUse(
                name=name,
                used=used.get(name),
                limit=getattr(limits, name),
                resets_at=optional_timestamp(tomorrow if name in _BY_DAY else None),
            )
            for name in LIMIT_ORDER
        ],
        days=[_day(row) for row in usage.last_days(session, project, now, days)],
    )


LIMIT_ORDER: tuple[LimitName, ...] = (
    "jobs_waiting",
    *_BY_DAY,
    "stored_bytes",
    "datasets",
    "event_streams",
    "requests_per_minute",
)


def _used(session: Session, project: str, now: float) -> dict[LimitName, float]:
    """What is counted in the store: processes count their requests and streams themselves."""
    jobs, reserved = counting.live_jobs(session, project)
    trials, seconds = usage.of_day(session, project, usage.day_of(now))
    return {
        "jobs_waiting": jobs,
        "trials_per_day": trials + reserved + counting.unfinished_trials(session, project),
        "training_seconds_per_day": round(seconds, 1),
        "stored_bytes": stored.total(session, project),
        "datasets": counting.datasets(session, project),
    }


def _day(row: UsageDayRow) -> DayOfUse:
    day = datetime.fromtimestamp(row.day * SECONDS_PER_DAY, UTC).date().isoformat()
    return DayOfUse(day=day, trials=row.trials, training_seconds=round(row.training_seconds, 1))
