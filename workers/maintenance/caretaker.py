"""What every process that does work does beside it: it says that it is there, and clears away what ended work left.

Workspaces lie on the machine that reads the dataset, and only a process there can remove them.
"""

from __future__ import annotations

import threading

import structlog
from sqlalchemy.exc import SQLAlchemyError

from store.database import Database
from store.rows.upkeep import workers_seen
from workers.maintenance.workspaces import remove_abandoned
from workers.settings import WorkerSettings

_ROUNDS_PER_CLEARING = 6

log = structlog.get_logger(__name__)


def keep_house(settings: WorkerSettings) -> threading.Thread:
    """A thread that goes its rounds for as long as the process lives."""
    thread = threading.Thread(target=_keep_house, args=(settings,), name="caretaker", daemon=True)
    thread.start()
    return thread


def _keep_house(settings: WorkerSettings) -> None:
    stop = threading.Event()  # never set: the thread ends with its process
    number = 0
    while True:
        try:
            go_round(settings, is_clearing=number % _ROUNDS_PER_CLEARING == 0)
        except (OSError, SQLAlchemyError) as error:
            log.warning("a round was not done", reason=str(error))
        number += 1
        stop.wait(workers_seen.NOTED_EVERY_SECONDS)


def go_round(settings: WorkerSettings, *, is_clearing: bool) -> None:
    """Note a worker of this kind as seen now; and remove the workspaces of ended ingestions on this machine.

    No connection stays open in between: ten seconds are long for one that does nothing.
    """
    database = Database(settings.resolved_database_url)
    try:
        with database.writing() as session:
            workers_seen.note(session, settings.worker_kind, database.now(session))
        if is_clearing:
            remove_abandoned(settings, database)
    finally:
        database.close()
