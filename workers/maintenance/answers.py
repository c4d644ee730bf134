"""What jobs of earlier versions have answered: read from their reports, a few at each sweep."""

from __future__ import annotations

import structlog
from pydantic import ValidationError

from api_schemas.reports.report import Report
from store.files.artifacts import ArtifactMissingError
from store.queue import identity
from store.rows.answers import noting
from store.rows.tables import JobRow
from store.rows.upkeep import duties
from store.settings import SECONDS_PER_HOUR
from workers.context import Context

_MAX_AT_ONCE = 50

log = structlog.get_logger(__name__)


def note_earlier(context: Context) -> None:
    """Note what the newest jobs have answered of which nothing is noted; looked for once an hour while all are."""
    with context.database.writing() as session:
        now = context.database.now(session)
        if not duties.take(session, duties.ANSWERS, owner=identity(), now=now, seconds=context.settings.lease_seconds):
            return
        done_at = duties.done_at(session, duties.ANSWERS)
        if done_at is not None and now - done_at < SECONDS_PER_HOUR:
            return
        found = noting.unnoted(session, _MAX_AT_ONCE)
        if not found:
            duties.note_done(session, duties.ANSWERS, now)
    for job_id, artifact in found:
        report = None if artifact is None else _read(context, job_id, artifact)
        with context.database.writing() as session:
            job = session.get(JobRow, job_id)
            if job is None or job.finished_at is None:  # forgotten or extended meanwhile
                continue
            noting.note_end(session, job_id)
            if report is not None:
                noting.note_report(session, job_id, report)


def _read(context: Context, job_id: str, artifact: str) -> Report | None:
    try:
        return Report.model_validate_json(context.artifacts.read(artifact))
    except (ArtifactMissingError, ValidationError) as error:
        log.warning(
            "a report cannot be read; its job is listed without an answer", job=job_id, reason=type(error).__name__
        )
        return None
