"""Recovery's own heart: a thread of every control worker, of which one at a time sweeps.

It depends on no message and on no other process: whoever finds the duty free takes it.
"""

from __future__ import annotations

import threading

from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.queue import identity
from store.rows.counters.catalogue import SWEEPS
from store.rows.counters.counting import count
from store.rows.upkeep import duties
from workers.context import Context
from workers.maintenance.repeating import keep_doing
from workers.maintenance.sweep import sweep
from workers.settings import WorkerSettings


def keep_beating(context: Context) -> threading.Thread:
    """A thread that sweeps every few seconds, for as long as the process lives."""
    return keep_doing("heart", lambda: beat(context), context.settings.sweep_seconds)


def is_beating(settings: WorkerSettings) -> bool:
    """Whether a sweep was done lately, by whichever worker; False where the database is away, too."""
    database = Database(settings.resolved_database_url)
    try:
        with database.reading() as session:
            return duties.is_swept(session, database.now(session), settings.sweep_seconds)
    except SQLAlchemyError:
        return False
    finally:
        database.close()


def beat(context: Context) -> bool:
    """Sweep if no other worker has the duty; whether it was this one that swept, to the end."""
    held = max(3 * context.settings.sweep_seconds, context.settings.lease_seconds)
    with context.database.writing() as session:
        now = context.database.now(session)
        if not duties.take(session, duties.SWEEP, owner=identity(), now=now, seconds=held):
            return False
    is_whole = sweep(context)
    with context.database.writing() as session:
        count(session, SWEEPS, "whole" if is_whole else "in_part")
        if is_whole:
            duties.note_done(session, duties.SWEEP, context.database.now(session))
    return is_whole
