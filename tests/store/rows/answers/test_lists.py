"""Lists of answers: every job is on exactly one page, in the order that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.jobs import JobState
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import jobs
from store.rows.access import projects
from store.rows.answers import lists, noting
from store.rows.answers.lists import AnswerFilter, Order
from store.rows.answers.tables import AnswerRow
from store.rows.answers.unfinished import unfinished
from tests.augury.reporting.samples import difference, full
from tests.store.databases import NOW, comparison, new_job, running_job
from tests.store.statements import statements

MEANS = [2.0, -3.0, 0.5, 2.0, -1.0, 0.0, 2.0]
NONE = AnswerFilter()


def _job(
    database: Database, mean: float, verdict: str = "helps", project: str = DEFAULT_PROJECT, **request: Any
) -> str:
    """One that is over, with a candidate of this difference."""
    report = full()
    candidate = report.candidates[0].model_copy(update={"difference": difference(mean, 1.0), "verdict": verdict})
    with database.writing() as session:
        projects.create(session, project, NOW)
        job = new_job(session, comparison(**request), project=project)
        jobs.begin(session, job, jobs.Phase.TRAINING, NOW)
        assert jobs.succeed(session, job.id, "jobs/x/report.json", NOW)
        noting.note_report(session, job.id, report.model_copy(update={"candidates": [candidate]}))
        return job.id


def _pages(database: Database, narrowed: AnswerFilter, order: Order, limit: int) -> list[str]:
    """The ids on all pages, one after the other."""
    found: list[str] = []
    cursor = None
    with database.reading() as session:
        for _ in range(20):
            page = lists.page(session, DEFAULT_PROJECT, narrowed, order, limit=limit, cursor=cursor)
            found += [row.id for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                return found
    raise AssertionError("the list does not end")


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("order", ["newest", "oldest", "gain", "loss"])
def test_pages_make_up_the_list(database: Database, order: Order, limit: int) -> None:
    """However large they are, and with equal values in it: nothing twice, nothing left out."""
    made = [_job(database, mean) for mean in MEANS]
    expected = {
        "newest": sorted(made, reverse=True),
        "oldest": sorted(made),
        "gain": [made[at] for at in sorted(range(len(made)), key=lambda at: (MEANS[at], made[at]), reverse=True)],
        "loss": [made[at] for at in sorted(range(len(made)), key=lambda at: (-MEANS[at], made[at]), reverse=True)],
    }[order]
    assert _pages(database, NONE, order, limit) == expected


def test_a_list_is_narrowed(database: Database) -> None:
    """By what a job is about, by its verdicts, its state and its labels, or by several of these."""
    first = _job(database, 2.0, labels={"team": "a"})
    second = _job(database, -2.0, "hurts", model={"name": "linear"}, labels={"team": "b"})
    with database.writing() as session:
        third = new_job(session)
        jobs.cancel(session, third, NOW)
        third_id = third.id
    expected = {
        NONE: [third_id, second, first],
        AnswerFilter(verdict="helps"): [first],
        AnswerFilter(verdict="equivalent"): [],
        AnswerFilter(verdict="%"): [],
        AnswerFilter(model="linear"): [second],
        AnswerFilter(dataset="digits", metric="accuracy"): [third_id, second, first],
        AnswerFilter(state=JobState.CANCELLED): [third_id],
        AnswerFilter(label=("team", "b")): [second],
        AnswerFilter(label=("team", "b"), verdict="helps"): [],
        AnswerFilter(kind="training"): [],
    }
    assert {narrowed: _pages(database, narrowed, "newest", 9) for narrowed in expected} == expected


def test_a_dataset_is_found_by_its_id_too(database: Database) -> None:
    """As pages of datasets link to their jobs: names may be those of several."""
    job_id = _job(database, 1.0)
    with database.reading() as session:
        dataset_id = session.get_one(jobs.JobRow, job_id).dataset_id
    assert _pages(database, AnswerFilter(dataset=dataset_id), "newest", 9) == [job_id]
    assert _pages(database, AnswerFilter(dataset="ds_none"), "newest", 9) == []


def test_other_projects_are_not_in_it(database: Database) -> None:
    """Neither in the list nor in what it can be narrowed to."""
    _job(database, 2.0, project="others", model={"name": "linear"})
    mine = _job(database, 1.0)
    assert _pages(database, NONE, "newest", 9) == [mine]
    assert _pages(database, NONE, "gain", 9) == [mine]
    with database.reading() as session:
        assert lists.choices(session, DEFAULT_PROJECT, 9)["model"] == ["small_cnn"]


def test_a_job_of_an_earlier_version_is_listed_before_its_answer_is_known(database: Database) -> None:
    """By its dataset and state."""
    job_id = _job(database, 1.0)
    with database.writing() as session:
        session.delete(session.get_one(AnswerRow, job_id))
    assert _pages(database, NONE, "newest", 9) == [job_id]


@pytest.mark.parametrize(("order", "cursor"), [("newest", "job_1~2.0"), ("gain", "job_1"), ("loss", "job_1~x")])
def test_a_cursor_of_another_order_is_refused(database: Database, order: Order, cursor: str) -> None:
    """Rather than a page that nobody asked for."""
    with pytest.raises(ValueError), database.reading() as session:
        lists.page(session, DEFAULT_PROJECT, NONE, order, limit=9, cursor=cursor)


def test_a_page_costs_one_statement(database: Database) -> None:
    """However many jobs are on it."""
    for mean in MEANS:
        _job(database, mean)
    with statements(database) as seen, database.reading() as session:
        lists.page(session, DEFAULT_PROJECT, NONE, "newest", limit=9, cursor=None)
    assert len([each for each in seen if each.lstrip().lower().startswith("select")]) == 1


def test_what_runs_comes_before_what_waits(database: Database) -> None:
    """Each the newest first; all are counted, and those alone that are not over."""
    _job(database, 1.0)
    with database.writing() as session:
        waiting = [new_job(session).id for _ in range(2)]
        running = running_job(session).id
    with database.reading() as session:
        found, total = unfinished(session, DEFAULT_PROJECT, 2)
        assert [job.id for job, _ in found] == [running, max(waiting)]
        assert total == 3
