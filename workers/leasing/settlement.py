"""How leased work ends other than by its own result."""

from __future__ import annotations

from store.database import Database
from store.rows import jobs, leases
from store.rows.leases import Lease


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
