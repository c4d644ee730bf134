"""What is asked of the database all the time is found by an index, however much history there is.

The real functions are called, and SQLite is asked how it would carry out what they have said.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Engine, event

from api_schemas.access.projects import Retention
from store.ids import DEFAULT_PROJECT
from store.rows import chunks, datasets, handout, jobs, trials
from store.rows.access import projects
from store.rows.audit import trail
from store.rows.ending import old_jobs, project_end
from store.rows.needs import use
from store.rows.quotas import counting, stored, usage
from store.rows.tables import Base
from store.rows.upkeep import tombstones
from store.rows.views import job_views
from store.rows.views.job_views import JobFilter
from tests.store.databases import DIGITS, NOW, claim, comparison, new_job, running_job
from workers.context import Context
from workers.maintenance import retention
from workers.maintenance.sweep import sweep
from workers.planner.advance import advance

_TABLES = "|".join(table.name for table in Base.metadata.sorted_tables)
_WHOLE_TABLE = re.compile(rf"SCAN (?:{_TABLES})(?:_\d+)?$")


def _how(engine: Engine, statements: list[tuple[str, Any]]) -> dict[str, list[str]]:
    """By statement, the steps in which SQLite would carry it out."""
    connection = engine.raw_connection()
    plans: dict[str, list[str]] = {}
    for statement, parameters in statements:
        rows = connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[func-returns-value]
        plans[statement] = [row[3] for row in rows]  # type: ignore[attr-defined]
    connection.close()
    return plans


def test_no_hot_query_reads_a_whole_table(context: Context) -> None:
    """Submitting, planning, claiming, ending, sweeping, listing, looking at a job, cancelling."""
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE") and not is_many:
            said.append((statement, parameters))

    with context.database.writing() as session:
        first = running_job(session).id
    event.listen(context.database.engine, "before_cursor_execute", note)
    with context.database.writing() as session:
        second = new_job(session, comparison({"turn": {"rotation_range": 9, "rescale": 1 / 255}})).id
        datasets.last_failure(session, DEFAULT_PROJECT, DIGITS)
    advance(context, second)
    with context.database.writing() as session:
        turn = handout.claim_next(session, "cpu", owner="w", now=NOW, seconds=10)
        assert turn is not None
        assert handout.claim_companions(session, turn, 0, owner="w", now=NOW, seconds=10) == []
        trial = next(trial for _, trial in trials.of_job(session, second) if trial.state == "queued")
        trials.fail(session, claim(session, trial), jobs.Failure.model_validate(_FAILURE), NOW)
        assert chunks.probes_of_trial(session, trial.id, 4) == []
        assert datasets.jobs_in_need(session, session.get_one(jobs.JobRow, first).dataset_id) == [first, second]
    advance(context, second)
    sweep(context)
    with context.database.writing() as session:
        old_jobs.forget(session, NOW, 10)
        for narrowed in (JobFilter(), JobFilter(state="running"), JobFilter(kind="x"), JobFilter(label=("a", "b"))):
            job_views.page(session, DEFAULT_PROJECT, narrowed, limit=5, cursor="job_x")
        job = jobs.locked(session, second)
        assert job is not None
        job_views.to_wire(session, job, NOW)
        jobs.cancel(session, job, NOW)
    event.remove(context.database.engine, "before_cursor_execute", note)
    plans = _how(context.database.engine, said)
    assert len(plans) > 40
    assert {statement: steps for statement, steps in plans.items() if any(map(_WHOLE_TABLE.match, steps))} == {}


def test_what_a_project_takes_is_counted_without_its_history(context: Context) -> None:
    """Limits, use, the trail, retention, the end of a project: by indexes of what is there, or what is due."""
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool) -> None:
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE") and not is_many:
            said.append((statement, parameters))

    with context.database.writing() as session:
        running_job(session)
        projects.keep(projects.require_known(session, DEFAULT_PROJECT), dict.fromkeys(Retention.model_fields, 1.0))
    event.listen(context.database.engine, "before_cursor_execute", note)
    with context.database.writing() as session:
        projects.held(session, DEFAULT_PROJECT)
        for count in (counting.live_jobs, counting.unfinished_trials, counting.datasets, counting.models, stored.total):
            count(session, DEFAULT_PROJECT)
        usage.of_day(session, DEFAULT_PROJECT, 1)
        usage.last_days(session, DEFAULT_PROJECT, NOW, 30)
        use.note(session, DEFAULT_PROJECT, ["ds_1", "d" * 64], NOW)
        trail.page(session, DEFAULT_PROJECT, trail.AuditFilter(action="x"), limit=9, cursor=99)
        trail.forget(session, NOW, 9)
        project_end.live_jobs(session, DEFAULT_PROJECT, 9)
        project_end.give_up(session, "other", NOW, 9)
        project_end.forget_purged(session, "other", 9)
        tombstones.is_any_of(session, DEFAULT_PROJECT)
    retention.carry_out(context)
    event.remove(context.database.engine, "before_cursor_execute", note)
    plans = _how(context.database.engine, said)
    assert len(plans) > 20
    scans = {statement: steps for statement, steps in plans.items() if any(map(_WHOLE_TABLE.match, steps))}
    assert {statement for statement in scans if "FROM projects" not in statement} == set()


_FAILURE = {"class": "internal", "message": "x", "retryable": False}
