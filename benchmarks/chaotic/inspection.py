"""What must hold once every job is over, read from the database and the artifacts themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from store.database import Database, patiently
from store.rows.tables import ChunkRow, ConclusionRow, DatasetRow, JobEventRow, JobRow, TrialRow

_PATIENCE_SECONDS = 60.0
_UNITS = (TrialRow, ChunkRow, ConclusionRow, DatasetRow)
_UNFINISHED = ("queued", "running", "ingesting")
_ENDS = ("succeeded", "failed", "cancelled")


def live_jobs(database: Database) -> int:
    """How many jobs are not over; waits for a database that is just being restarted."""

    def count() -> int:
        with database.reading() as session:
            return session.scalar(select(func.count()).where(JobRow.finished_at.is_(None))) or 0

    return patiently(count, _PATIENCE_SECONDS)


def faults(database: Database, data_dir: Path, accepted: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    """Everything that is not as it should be; all of it empty or zero where nothing was lost and nothing done twice.

    Args:
        database: of the service.
        data_dir: its data directory.
        accepted: the ids of the jobs by project and number, as the service answered.
    """
    with database.reading() as session:
        rows = {row.id: row.state for row in session.execute(select(JobRow.id, JobRow.state))}
        owners = {row.id: row.project_id for row in session.execute(select(JobRow.id, JobRow.project_id))}
        ended = Counter(session.scalars(select(JobEventRow.job_id).where(JobEventRow.type.in_(_ENDS))))
        stuck = {
            unit.__tablename__: count
            for unit in _UNITS
            if (count := session.scalar(select(func.count()).where(unit.state.in_(_UNFINISHED))) or 0)
        }
        repeated = session.execute(
            select(TrialRow.key)
            .where(TrialRow.state == "succeeded")
            .group_by(TrialRow.project_id, TrialRow.key)
            .having(func.count() > 1)
        ).all()
        known = {
            "jobs": set(rows),
            "trials": set(session.scalars(select(TrialRow.id))),
            "datasets": set(session.scalars(select(DatasetRow.digest))),
        }
    return {
        "accepted_but_unknown": sorted(set(accepted.values()) - set(rows)),
        "made_twice": len(rows) - len(set(accepted.values())),
        "of_another_project": sorted(job for (project, _), job in accepted.items() if owners.get(job) != project),
        "not_succeeded": dict(Counter(state for state in rows.values() if state != "succeeded")),
        "ended_twice": sorted(job_id for job_id, count in ended.items() if count > 1),
        "stuck": stuck,
        "trained_twice": len(repeated),
        "orphan_files": _orphans(data_dir, known),
    }


def _orphans(data_dir: Path, known: dict[str, set[str]]) -> list[str]:
    """Folders among the artifacts that no row has, and workspaces of ended ingestions."""
    found = []
    for kind, names in known.items():
        folder = data_dir / "artifacts" / kind
        found += [f"{kind}/{entry.name}" for entry in _entries(folder) if entry.name not in names]
    return found + [f"ingest/{entry.name}" for entry in _entries(data_dir / "ingest")]


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
