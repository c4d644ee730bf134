"""A worker says every few seconds that it is there, from each of its pool processes, busy or not."""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.rows import workers_seen

log = structlog.get_logger(__name__)


def keep_saying(database_url: str, kind: str) -> threading.Thread:
    """A thread that notes a worker of this kind as seen, for as long as the process lives."""
    thread = threading.Thread(target=_keep_saying, args=(database_url, kind), name="presence", daemon=True)
    thread.start()
    return thread


def _keep_saying(database_url: str, kind: str) -> None:
    stop = threading.Event()  # never set: the thread ends with its process
    while True:
        say(database_url, kind)
        stop.wait(workers_seen.NOTED_EVERY_SECONDS)


def say(database_url: str, kind: str) -> bool:
    """Note a worker of this kind as seen now; False where the database is away, which others report.

    No connection stays open in between: ten seconds are long for one that does nothing.
    """
    database = Database(database_url)
    try:
        with database.writing() as session:
            workers_seen.note(session, kind, database.now(session))
    except SQLAlchemyError as error:
        log.warning("nobody was told that this worker is there", reason=str(error))
        return False
    finally:
        database.close()
    return True
