"""What every process that does work does beside it: it says that it is there, and clears away what ended work left.

Workspaces lie on the machine that reads the dataset, and only a process there can remove them.
"""

from __future__ import annotations

import itertools
import threading

from store.database import Database
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
        lambda: go_round(settings, is_clearing=next(numbers) % _ROUNDS_PER_CLEARING == 0),
        workers_seen.NOTED_EVERY_SECONDS,
    )


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
