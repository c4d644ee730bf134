"""Deleting the files that tombstones name: outside of transactions, each by itself."""

from __future__ import annotations

import structlog

from store.rows import dataset_files
from store.rows.upkeep import tombstones
from workers.context import Context

_MAX_AT_ONCE = 200

log = structlog.get_logger(__name__)


def delete(context: Context) -> None:
    """Delete what is due; what cannot be deleted is tried again later, and holds up no other."""
    with context.database.reading() as session:
        names = tombstones.due(session, context.database.now(session), _MAX_AT_ONCE)
    for name in names:
        _delete(context, name)


def _delete(context: Context, name: str) -> None:
    with context.database.writing() as session:
        dataset_files.lock_snapshot_deletion(context.database, session)
        if not tombstones.begin(session, name, context.database.now(session)):
            return
    try:
        context.artifacts.delete(name)
    except Exception as error:  # a full disk, missing rights, a bucket that is away
        with context.database.writing() as session:
            attempts = tombstones.postpone(session, name, context.database.now(session))
        log.error("a file was not deleted", name=name, attempts=attempts, reason=str(error))
        return
    with context.database.writing() as session:
        tombstones.confirm(session, name)
