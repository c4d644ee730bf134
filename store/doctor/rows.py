"""What the database and the broker say of an installation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import func, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api_schemas.service.doctor import Finding, fine, problem, warning
from store import migrate
from store.database import Database
from store.queue import CPU, WORKERS, Queue, celery_app
from store.rows import leases
from store.rows.upkeep import duties, workers_seen
from store.rows.upkeep.tables import TombstoneRow
from store.rows.views.standing import Standing, standing
from store.settings import StoreSettings

MAX_CLOCK_SECONDS = 5.0
MAX_OVERDUE_SECONDS = 60.0
MAX_STANDING_SECONDS = 3_600.0
MAX_DELETIONS_TRIED = 5


def examine_rows(settings: StoreSettings) -> Iterator[Finding]:
    """The database, and what is in it; the broker."""
    url = settings.resolved_database_url
    shown = make_url(url).render_as_string(hide_password=True)
    if _is_not_made_yet(url):
        yield fine("database", f"{shown} is not there yet; it is made when the service starts")
        yield _broker(settings)
        return
    database = Database(url)
    try:
        is_current = migrate.is_current(database)
    except SQLAlchemyError as error:
        says = f"{shown} cannot be reached: {type(error).__name__}"
        yield problem("database", says, "start it, or correct AUGURY_DATABASE_URL; see docs/deployment.md")
    else:
        if not is_current:
            says = f"{shown} has the schema of another version"
            yield problem("database", says, "python -m store migrate, with the newest version that is in use")
        else:
            yield fine("database", f"{shown} answers, and its schema is this version's")
            with database.reading() as session:
                yield from _of_session(session, database, settings)
    finally:
        database.close()
    yield _broker(settings)


def _is_not_made_yet(url: str) -> bool:
    """Whether to look into it would make it."""
    made = make_url(url)
    return made.get_backend_name() == "sqlite" and made.database is not None and not Path(made.database).exists()


def _of_session(session: Session, database: Database, settings: StoreSettings) -> Iterator[Finding]:
    now = database.now(session)
    yield _clock(now)
    found = standing(session, now)
    yield _control(duties.is_swept(session, now, settings.sweep_seconds))
    for kind in WORKERS:
        yield from _workers(kind, workers_seen.absence(session, kind, now), found)
    yield _lost(session, now)
    yield _files(session)


def _clock(now: float) -> Finding:
    apart = time.time() - now
    if abs(apart) <= MAX_CLOCK_SECONDS:
        return fine("clock", "this machine and the database agree on the time")
    says = f"this machine is {abs(apart):.0f} seconds {'ahead of' if apart > 0 else 'behind'} the database"
    return warning("clock", says, "set both by NTP: times in logs and reports do not fit together")


def _control(is_swept: bool) -> Finding:
    if is_swept:
        return fine("control", "a control worker looks for lost work")
    says = "no control worker has looked for lost work lately: jobs are neither planned nor recovered"
    return problem("control", says, "run one: python -m workers control")


def _workers(kind: str, absence: str | None, found: Standing) -> Iterator[Finding]:
    waiting = [each for each in found.units if each.device == kind and each.state == "queued"]
    running = [each for each in found.units if each.device == kind and each.state == "running"]
    count, oldest = sum(each.count for each in waiting), max((each.oldest_seconds for each in waiting), default=0.0)
    if absence is not None and kind != CPU and not waiting:
        return  # most have none of the others
    if absence is not None:
        says = f"no {kind} worker has been seen for a minute, and {count} units of work wait for one"
        yield problem("workers", says, f"run one: python -m workers {kind}")
    elif oldest > MAX_STANDING_SECONDS and not running:
        says = f"{count} units of work wait for {kind} workers, the oldest for {oldest / 60:.0f} minutes; none runs"
        yield warning("queues", says, f"see the log of a {kind} worker; kill -USR2 has it say where its threads are")
    else:
        yield fine("workers", f"{kind} workers are there; {count} units of work wait for them")


def _lost(session: Session, now: float) -> Finding:
    overdue = 0
    for kind in leases.KINDS:
        held = (kind.row.lease_until.is_not(None), kind.row.lease_until < now - MAX_OVERDUE_SECONDS)
        overdue += session.scalar(select(func.count()).select_from(kind.row).where(*held)) or 0
    if not overdue:
        return fine("leases", "no unit of work is held by a worker that is gone")
    says = f"{overdue} units of work are held by workers that are gone, and nobody takes them back"
    return problem("leases", says, "run a control worker: python -m workers control; if one runs, see its log")


def _files(session: Session) -> Finding:
    tried = TombstoneRow.attempts >= MAX_DELETIONS_TRIED
    count = session.scalar(select(func.count()).select_from(TombstoneRow).where(tried)) or 0
    if not count:
        return fine("files", "whatever is to be deleted is deleted")
    says = f"{count} files that nobody needs could not be deleted in {MAX_DELETIONS_TRIED} attempts"
    return warning("files", says, "let the control worker delete among the artifacts; its log says why it cannot")


def _broker(settings: StoreSettings) -> Finding:
    if Queue(celery_app(settings)).is_reachable():
        return fine("broker", "it answers")
    says = "it does not answer: jobs are accepted, and none goes on"
    return problem("broker", says, "start Redis or Valkey, or correct AUGURY_BROKER_URL")
