"""What was trained for a project, day by day: counted in the transaction in which a training ends."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from store.database import insert_into
from store.rows.quotas.tables import UsageDayRow
from store.rows.tables import TrialRow
from store.settings import SECONDS_PER_DAY


def day_of(now: float) -> int:
    """The day, in UTC, counted from 1970."""
    return int(now // SECONDS_PER_DAY)


def end_of_day(now: float) -> float:
    """When the next day begins, in Unix seconds."""
    return (day_of(now) + 1) * SECONDS_PER_DAY


def note_trained(session: Session, trial_id: str, now: float) -> None:
    """Count a training that ends now, to its project. To be called once it is known that it is this worker's to end.

    With the seconds of its result, which of trials that were computed together are a share, or else since it began. The
    row is held until the transaction ends, which should write little more.
    """
    seconds = func.coalesce(TrialRow.result["seconds"].as_float(), now - TrialRow.started_at, 0.0)
    trained = select(TrialRow.project_id, literal(day_of(now)), literal(1), seconds).where(TrialRow.id == trial_id)
    insert = insert_into(session, UsageDayRow)
    insert = insert.from_select(["project_id", "day", "trials", "training_seconds"], trained)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[UsageDayRow.project_id, UsageDayRow.day],
            set_={
                "trials": UsageDayRow.trials + insert.excluded.trials,
                "training_seconds": UsageDayRow.training_seconds + insert.excluded.training_seconds,
            },
        )
    )


def of_day(session: Session, project: str, day: int) -> tuple[int, float]:
    """Trials and seconds of training of a project on a day."""
    columns = (UsageDayRow.trials, UsageDayRow.training_seconds)
    found = session.execute(
        select(*columns).where(UsageDayRow.project_id == project, UsageDayRow.day == day)
    ).one_or_none()
    return (0, 0.0) if found is None else (found[0], found[1])


def last_days(session: Session, project: str, now: float, days: int) -> Sequence[UsageDayRow]:
    """The days of the last so many on which anything was trained for a project, newest first."""
    query = select(UsageDayRow).where(UsageDayRow.project_id == project, UsageDayRow.day > day_of(now) - days)
    return session.scalars(query.order_by(UsageDayRow.day.desc())).all()
