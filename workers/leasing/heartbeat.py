"""Keeping a lease while the work runs, and ending the work when it must end.

A thread renews the lease and looks for a cancel or a shutdown. The work calls ``raise_if_cancelled()`` often; if it
does not heed for too long, or the lease is lost, the whole process is killed: one without a lease must not go on. What
else the process does, where trials are computed together, goes back to the queue before that, as it is not its fault.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from types import TracebackType
from typing import Any, Self

import structlog
from sqlalchemy import select

from store.database import Database, patiently
from store.rows import jobs, leases
from store.rows.leases import Lease
from workers.leasing import shutdown
from workers.settings import WorkerSettings

log = structlog.get_logger(__name__)

_kept: set[LeaseKeeper] = set()
"""By this process: one, or as many as there are trials that it computes together."""


class WorkCancelledError(Exception):
    """Raised by raise_if_cancelled(): nobody wants the work any more."""


class WorkInterruptedError(Exception):
    """Raised by raise_if_cancelled(): this worker is stopping; the work goes back to the queue."""


class LeaseKeeper:
    """Holds one lease for as long as its ``with`` block runs."""

    def __init__(self, database: Database, lease: Lease, settings: WorkerSettings) -> None:
        self._database, self._lease, self._settings = database, lease, settings
        self._reason: type[Exception] | None = None
        self._reason_since = 0.0
        self._progress: dict[str, Any] = {}
        self._renewed_at = self._noted_at = time.monotonic()
        self._done = threading.Event()
        self._parent = os.getppid()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    def __enter__(self) -> Self:
        """Start watching."""
        _kept.add(self)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching."""
        _kept.discard(self)
        self._done.set()
        self._thread.join()

    def report_progress(self, **progress: Any) -> None:
        """Columns to be written with the next renewal, e.g. ``epoch=3``."""
        self._progress = progress

    @property
    def lease_id(self) -> str:
        """Of the lease that is kept."""
        return self._lease.lease_id

    def record(self, **columns: Any) -> None:
        """Columns that must be written before the work goes on.

        Raises:
            WorkInterruptedError: the lease is lost, so this work is not ours any more.
        """
        if not patiently(lambda: self._renew(columns), self._settings.lease_seconds):
            raise WorkInterruptedError

    def raise_if_cancelled(self) -> None:
        """Return if the work should go on.

        Raises:
            WorkCancelledError: it was cancelled.
            WorkInterruptedError: this worker is stopping.
        """
        if self._reason is not None:
            raise self._reason

    def _run(self) -> None:
        while not self._done.wait(self._settings.cancel_poll_seconds):
            try:
                self._watch()
            except Exception as error:  # whatever it is: without this thread nobody would see that the lease runs out
                log.warning("lease not renewed", id=self._lease.row_id, reason=str(error))
            self._kill_if_unheeded()

    def _watch(self) -> None:
        if shutdown.is_requested() or os.getppid() != self._parent:
            self._ask_to_end(WorkInterruptedError)
        row = self._lease.kind.row
        columns = (row.lease_id, row.state, row.cancel_requested_at)
        with self._database.reading() as session:
            lease_id, state, cancel_requested_at = session.execute(
                select(*columns).where(row.id == self._lease.row_id)
            ).one()
        if (lease_id, state) != (self._lease.lease_id, self._lease.kind.active):
            self._kill("the lease was lost")
        if cancel_requested_at is not None:
            self._ask_to_end(WorkCancelledError)
        self._renew_if_due()

    def _renew_if_due(self) -> None:
        clock = time.monotonic()
        is_due = clock - self._renewed_at > self._settings.lease_seconds / 4
        has_news = bool(self._progress) and clock - self._noted_at > 1.0
        if not (is_due or has_news):
            return
        progress, self._progress = self._progress, {}
        self._renew(progress)
        self._renewed_at = self._noted_at = clock

    def _renew(self, columns: dict[str, Any]) -> bool:
        with self._database.writing() as session:
            now = self._database.now(session)
            return leases.renew(session, self._lease, now=now, seconds=self._settings.lease_seconds, **columns)

    def _ask_to_end(self, reason: type[Exception]) -> None:
        if self._reason is None:
            self._reason, self._reason_since = reason, time.monotonic()

    def _kill_if_unheeded(self) -> None:
        clock = time.monotonic()
        if clock - self._renewed_at > self._settings.lease_seconds:
            self._kill("the lease could not be renewed in time")
        if (
            self._reason is None
            or clock - self._reason_since < self._settings.cancel_grace_seconds
            or self._done.is_set()
        ):
            return
        self._settle_for_the_work()
        self._kill("the work did not end when it was asked to")

    def _settle_for_the_work(self) -> None:
        settle = settle_cancelled if self._reason is WorkCancelledError else give_back
        try:
            settle(self._database, self._lease)
        except Exception as error:  # the sweep will settle it
            log.warning("the work's end was not recorded", id=self._lease.row_id, reason=str(error))

    def _kill(self, reason: str) -> None:
        log.error("killing this worker process", reason=reason, id=self._lease.row_id)
        for other in _kept - {self}:
            other._settle_for_the_work()
        os.kill(os.getpid(), signal.SIGKILL)


def settle_cancelled(database: Database, lease: Lease) -> None:
    """The work has stopped because it was cancelled; jobs that waited for that are cancelled with it."""
    with database.writing() as session:
        now = database.now(session)
        if leases.finish(session, lease, lease.kind.cancelled, now=now):
            jobs.settle_cancelled(session, lease.row_id, now)


def give_back(database: Database, lease: Lease) -> None:
    """The work goes back to the queue, as if it had not been begun here."""
    with database.writing() as session:
        leases.give_back(session, lease)
