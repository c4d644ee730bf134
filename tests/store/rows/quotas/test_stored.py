"""A project's sum of bytes is that of its rows, whatever is stored and given up in whichever order."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from store.database import Database
from store.rows.access import projects
from store.rows.ending import old_jobs
from store.rows.quotas import stored
from store.rows.tables import JobRow
from tests.store.databases import NOW, migrated_copy, new_job

PROJECTS = ("one", "two")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("make"), st.sampled_from(PROJECTS), st.integers(0, 10**12)),
        st.tuples(st.just("change"), st.integers(0, 5), st.integers(0, 10**12)),
        st.tuples(st.just("forget"), st.integers(1, 3), st.just(0)),
    ),
    max_size=12,
)


def _sums(database: Database) -> tuple[dict[str, int], dict[str, int]]:
    with database.reading() as session:
        query = select(JobRow.project_id, func.sum(JobRow.stored_bytes)).group_by(JobRow.project_id)
        of_rows = {project: int(size) for project, size in session.execute(query)}
        return {each: stored.total(session, each) for each in PROJECTS}, {
            each: of_rows.get(each, 0) for each in PROJECTS
        }


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_the_sum_is_that_of_the_rows(steps: list[tuple[str, object, int]]) -> None:
    """After every transaction."""
    with tempfile.TemporaryDirectory() as folder:
        database = migrated_copy(Path(folder))
        made: list[str] = []
        for what, which, size in steps:
            with database.writing() as session:
                if what == "make":
                    projects.create(session, str(which), NOW)
                    job = new_job(session, project=str(which))
                    job.finished_at = NOW
                    session.flush()
                    stored.note(session, job, size)
                    made.append(job.id)
                elif what == "change" and made:
                    assert isinstance(which, int)
                    changed = session.get(JobRow, made[which % len(made)])
                    if changed is not None:
                        stored.note(session, changed, size)
                elif what == "forget":
                    assert isinstance(which, int)
                    old_jobs.forget(session, NOW + 1, which)
            counted, of_rows = _sums(database)
            assert counted == of_rows
        database.close()
