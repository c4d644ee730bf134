"""The files of datasets that are of no use any more: deleted ones, and what a failed ingestion left behind."""

from __future__ import annotations

from api_schemas.datasets.dataset import DatasetState
from store.rows import dataset_files
from store.rows.quotas import stored
from store.rows.upkeep import tombstones
from store.settings import SECONDS_PER_DAY
from workers.context import Context

_MAX_AT_ONCE = 50


def bury(context: Context) -> None:
    """Have snapshots and uploads deleted that no dataset has any more."""
    with context.database.writing() as session:
        now = context.database.now(session)
        dataset_files.lock_snapshot_deletion(context.database, session)
        dataset_files.forget_failed(session, now - context.settings.failed_dataset_days * SECONDS_PER_DAY)
        for row, names in dataset_files.needless(session, _MAX_AT_ONCE):
            tombstones.bury(session, names, now, row.project_id)
            row.digest = None
            if row.state == DatasetState.DELETED:
                row.purged_at = now
                stored.note(session, row, 0)
