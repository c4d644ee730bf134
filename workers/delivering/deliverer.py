"""The deliverer: looks for messages to webhooks, and sends a bounded number of them at a time, each on a thread.

It is a part of every control worker and stands beside its planner: a receiver that keeps it waiting keeps no job
waiting. It is told by no message of the broker what there is to do, as events come from every process: it looks.
"""

from __future__ import annotations

import threading

import structlog

from store.database import patiently
from store.queue import identity
from store.rows.handout import Turn
from store.rows.webhooks import deliveries
from workers.context import Context
from workers.delivering import message
from workers.leasing import shutdown
from workers.leasing.run_leased import carry_out_claimed
from workers.maintenance.repeating import keep_doing

_UNITS = {message.UNIT.kind: message.UNIT}
log = structlog.get_logger(__name__)


def keep_delivering(context: Context) -> threading.Thread:
    """A thread that looks for messages every second or so, for as long as the process lives."""
    deliverer = Deliverer(context)
    return keep_doing("deliverer", deliverer.start_what_is_due, context.webhooks.poll_seconds)


class Deliverer:
    """Sends what is due, on so many threads at most."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._free = threading.Semaphore(context.webhooks.at_once)
        self._claiming = threading.Lock()

    def start_what_is_due(self) -> list[threading.Thread]:
        """Start a thread for each message that is due, while there is room; each goes on while there are more."""
        started = []
        while self._free.acquire(blocking=False):
            thread = self._next_thread()
            if thread is None:
                self._free.release()
                break
            thread.start()
            started.append(thread)
        return started

    def _next_thread(self) -> threading.Thread | None:
        try:
            turn = self._claim()
        except BaseException:
            self._free.release()
            raise
        if turn is None:
            return None
        return threading.Thread(target=self._deliver, args=(turn,), name="delivery", daemon=True)

    def _claim(self) -> Turn | None:
        if shutdown.is_requested():
            return None
        database, seconds = self._context.database, self._context.settings.lease_seconds
        with self._claiming:  # so that threads do not pass limits by claiming at the same time
            with database.reading() as session:  # mostly nothing is due, and nobody waits for that
                if not deliveries.is_any_due(session, database.now(session)):
                    return None
            with database.writing() as session:
                now = database.now(session)
                return deliveries.claim_next(session, owner=identity(), now=now, seconds=seconds)

    def _deliver(self, turn: Turn | None) -> None:
        try:
            while turn is not None:
                carry_out_claimed(self._context, turn, _UNITS)
                turn = patiently(self._claim, self._context.settings.lease_seconds)
        except Exception:  # the message's lease runs out, and it is sent by another
            log.exception("a delivery broke off")
        finally:
            self._free.release()
