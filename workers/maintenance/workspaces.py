"""Folders in which datasets and models are read: one for each lease, and none that outlives it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from augury.private_files import FOLDER_MODE, make_private_folder
from store.database import Database
from store.rows.tables import DatasetRow, RegisteredModelRow
from workers.settings import WorkerSettings


@contextmanager
def workspace_for(settings: WorkerSettings, database: Database, lease_id: str) -> Iterator[Path]:
    """A new folder for one reading on this machine, gone when it ends; those that a crash left make room for it."""
    remove_abandoned(settings, database)
    workspace = _folder(settings) / lease_id
    make_private_folder(workspace.parent)
    workspace.mkdir(mode=FOLDER_MODE)
    try:
        yield workspace
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def remove_abandoned(settings: WorkerSettings, database: Database) -> None:
    """Remove the folders of readings on this machine that have ended, however they did."""
    for folder in abandoned(settings, database):
        shutil.rmtree(folder, ignore_errors=True)


def abandoned(settings: WorkerSettings, database: Database) -> list[Path]:
    """These folders."""
    folder = _folder(settings)
    found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    if not found:
        return []
    with database.reading() as session:  # after the listing: a folder's lease is committed before it is made
        queries = [select(row.lease_id).where(row.lease_id.in_(found)) for row in (DatasetRow, RegisteredModelRow)]
        held = {lease_id for query in queries for lease_id in session.scalars(query)}
    return [folder / name for name in found if name not in held]


def _folder(settings: WorkerSettings) -> Path:
    return settings.data_dir.resolve() / "ingest"
