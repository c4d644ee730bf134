"""Folders in which datasets and models are read: one for each lease, and none that outlives it."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import select

from store.database import Database
from store.rows.tables import DatasetRow, RegisteredModelRow
from workers.settings import WorkerSettings


def workspace_of(settings: WorkerSettings, lease_id: str) -> Path:
    """The folder for one ingestion on this machine."""
    return _folder(settings) / lease_id


def remove_abandoned(settings: WorkerSettings, database: Database) -> None:
    """Remove the folders of ingestions on this machine that have ended, however they did."""
    folder = _folder(settings)
    found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    if not found:
        return
    with database.reading() as session:  # after the listing: a folder's lease is committed before it is made
        queries = [select(row.lease_id).where(row.lease_id.in_(found)) for row in (DatasetRow, RegisteredModelRow)]
        held = {lease_id for query in queries for lease_id in session.scalars(query)}
    for name in found:
        if name not in held:
            shutil.rmtree(folder / name, ignore_errors=True)


def _folder(settings: WorkerSettings) -> Path:
    return settings.data_dir.resolve() / "ingest"
