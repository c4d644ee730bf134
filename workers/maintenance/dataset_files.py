"""The files of datasets that are of no use any more: deleted ones, and what a lost worker left behind."""

from __future__ import annotations

from api_schemas.datasets.dataset import DatasetState
from store.rows import dataset_files
from store.settings import SECONDS_PER_DAY
from workers.context import Context
from workers.maintenance.workspaces import remove_abandoned

_MAX_AT_ONCE = 50


def clean(context: Context) -> None:
    """Remove the workspaces of ended ingestions, and snapshots and uploads that no dataset has any more."""
    remove_abandoned(context.settings, context.database)
    with context.database.writing() as session:
        now = context.database.now(session)
        dataset_files.lock_snapshot_deletion(context.database, session)
        dataset_files.forget_failed(session, now - context.settings.failed_dataset_days * SECONDS_PER_DAY)
        for row, folders, files in dataset_files.needless(session, _MAX_AT_ONCE):
            for folder in folders:
                context.artifacts.delete_folder(folder)
            for file in files:
                context.artifacts.delete(file)
            row.digest = None
            if row.state == DatasetState.DELETED:
                row.purged_at = now
