"""What every process that does work does beside it: it says that it is there, and clears away what ended work left.

Workspaces lie on the machine that reads the dataset, and only a process there can remove them.
"""

from __future__ import annotations

import itertools
import threading

from store.database import Database
from store.rows.counters.catalogue import POOL_PROCESSES
from store.rows.counters.counting import count
from store.rows.upkeep import workers_seen
from workers.maintenance.repeating import keep_doing
from workers.maintenance.workspaces import remove_abandoned
from workers.settings import WorkerSettings

_ROUNDS_PER_CLEARING = 6


def keep_house(settings: WorkerSettings) -> threading.Thread:
    """A thread that goes its rounds for as long as the process lives."""
    numbers = itertools.count()
    return keep_doing(
        "caretaker",
        lambda: go_round(settings, next(numbers)),
        workers_seen.NOTED_EVERY_SECONDS,
    )


def go_round(settings: WorkerSettings, number: int) -> None:
    """Note a worker of this kind as seen now; in some rounds remove workspaces of ended ingestions on this machine.

    In its first round, which has the *number* 0, a process is counted, too.

    No connection stays open in between: ten seconds are long for one that does nothing.
    """
    database = Database(settings.resolved_database_url)
    try:
        with database.writing() as session:
            workers_seen.note(session, settings.worker_kind, database.now(session))
            if number == 0:
                count(session, POOL_PROCESSES, settings.worker_kind)
        if number % _ROUNDS_PER_CLEARING == 0:
            remove_abandoned(settings, database)
    finally:
        database.close()
