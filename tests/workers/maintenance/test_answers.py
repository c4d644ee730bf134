"""What jobs of earlier versions have answered is read from their reports, by and by."""

from __future__ import annotations

from store.files.names import report_name
from store.rows import jobs
from store.rows.answers.tables import AnswerRow
from tests.augury.reporting.samples import full
from tests.store.databases import NOW, running_job
from workers.context import Context
from workers.maintenance.answers import note_earlier


def _earlier_job(context: Context, report: bytes | None) -> str:
    """One that was over before answers were noted."""
    with context.database.writing() as session:
        job = running_job(session)
        name = report_name(job.id, "json")
        assert jobs.succeed(session, job.id, name, NOW)
        session.delete(session.get_one(AnswerRow, job.id))
        job_id = job.id
    if report is not None:
        context.artifacts.write(name, report)
    return job_id


def _noted(context: Context, job_id: str) -> AnswerRow | None:
    with context.database.reading() as session:
        return session.get(AnswerRow, job_id)


def test_the_report_of_an_earlier_job_is_read(context: Context) -> None:
    """Its line is the same as if it had ended now."""
    job_id = _earlier_job(context, full().model_dump_json().encode())
    note_earlier(context)
    row = _noted(context, job_id)
    assert row is not None
    assert "hurts" in row.verdicts


def test_a_report_that_cannot_be_read_holds_up_no_other(context: Context) -> None:
    """Its job is listed by what it was about."""
    missing, broken = _earlier_job(context, None), _earlier_job(context, b"{}")
    good = _earlier_job(context, full().model_dump_json().encode())
    note_earlier(context)
    rows = [_noted(context, each) for each in (missing, broken, good)]
    assert [row is not None and row.answer is not None for row in rows] == [False, False, True]
    assert all(row is not None and row.dataset == "digits" for row in rows)


def test_nothing_is_looked_for_while_all_are_noted(context: Context) -> None:
    """For an hour: a sweep must not look at every job there is."""
    note_earlier(context)
    job_id = _earlier_job(context, None)
    note_earlier(context)
    assert _noted(context, job_id) is None
