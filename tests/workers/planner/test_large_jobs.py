"""Jobs of a thousand trials: planned a few hundred at a time, and cheap to look at while they go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, func, select

from api_schemas.reports.report import Report
from store.queue import ADVANCE, CONTROL, doorbell
from store.rows import events, jobs, plans, trials
from store.rows.tables import JobRow, JobTrialRow, TrialRow
from tests.store.databases import NOW, claim, comparison, new_job, ready_dataset, succeed
from tests.workers.conftest import RecordingQueue
from tests.workers.planner.finished import finish_trials
from tests.workers.units.carried import advance
from workers.context import Context

SPECS = {f"turn{degrees}": {"rotation_range": degrees, "rescale": 1 / 255} for degrees in range(1, 13)}
SEEDS = 30
TRIALS = (len(SPECS) + 1) * SEEDS


@pytest.fixture
def large(context: Context) -> str:
    """A job of several pages of trials on a ready dataset, not planned yet."""
    with context.database.writing() as session:
        ready_dataset(session)
        return new_job(session, comparison(SPECS, evaluation={"seeds": SEEDS})).id


def _rows(context: Context, row: Any) -> int:
    with context.database.reading() as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


@contextmanager
def _statements(context: Context) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(context.database.engine, "before_cursor_execute", note)
    yield said
    event.remove(context.database.engine, "before_cursor_execute", note)


def test_a_large_plan_is_made_a_few_hundred_trials_at_a_time(
    context: Context, queue: RecordingQueue, large: str
) -> None:
    """Every call makes one page, rings for it, and asks for the next one; the last does not."""
    pages = []
    while not pages or pages[-1] < TRIALS:
        advance(context, large)
        made = _rows(context, TrialRow) - (pages[-1] if pages else 0)
        pages.append(_rows(context, TrialRow))
        again = [(ADVANCE, large, CONTROL)] if pages[-1] < TRIALS else []
        assert 0 < made <= plans.MAX_TRIALS_AT_ONCE
        assert queue.take() == [doorbell("cpu")] * made + again
    assert len(pages) > 1
    advance(context, large)
    assert (queue.take(), _rows(context, TrialRow), _rows(context, JobTrialRow)) == ([], TRIALS, TRIALS)


def test_planning_that_was_cut_off_goes_on_where_it_stopped(
    context: Context, queue: RecordingQueue, large: str
) -> None:
    """The message that asks for the next page may be lost: whoever looks at the job again makes that page."""
    queue.is_away = True
    advance(context, large)
    queue.is_away = False
    with context.database.reading() as session:
        first = {(link.arm, link.seed): trial.id for link, trial in trials.of_job(session, large)}
        planned = [entry.data for entry in events.timeline(session, large) if entry.type == "planned"]
    advance(context, large)
    with context.database.reading() as session:
        both = {(link.arm, link.seed): trial.id for link, trial in trials.of_job(session, large)}
        assert [entry.data for entry in events.timeline(session, large) if entry.type == "planned"] == planned
    assert len(first) < len(both)
    assert first.items() <= both.items()


def test_nothing_is_concluded_before_the_whole_plan_has_its_trials(
    context: Context, queue: RecordingQueue, large: str
) -> None:
    """Workers may be done with the first page before the second is made."""
    advance(context, large)
    finish_trials(context, large)
    advance(context, large)
    with context.database.reading() as session:
        assert session.get_one(JobRow, large).state == "running"
    assert _rows(context, TrialRow) > plans.MAX_TRIALS_AT_ONCE
    assert queue.take()


def test_a_trial_that_ends_in_mid_round_costs_a_few_counts(context: Context, large: str) -> None:
    """However many trials the job has: nothing of them is loaded, and no statement is made for each."""
    with context.database.writing() as session:
        small = new_job(session, comparison({"flip": {"horizontal_flip": True, "rescale": 1 / 255}})).id
    costs = []
    for job_id in (small, large):
        for _ in range(1 + TRIALS // plans.MAX_TRIALS_AT_ONCE):
            advance(context, job_id)
        with context.database.writing() as session:
            one = next(trial for link, trial in trials.of_job(session, job_id) if link.arm != "baseline")
            succeed(session, one)
        with _statements(context) as said:
            advance(context, job_id)
        costs.append(len(said))
        assert not [each for each in said if "trials.definition" in each or "trials.result" in each]
        assert not [each for each in said if "jobs.request" in each]
    assert costs[0] == costs[1]


def test_a_slot_says_the_state_of_its_trial(context: Context, large: str) -> None:
    """Whatever moves the trial moves the copy in the slot, of every job that has it."""
    with context.database.writing() as session:
        other = new_job(session, comparison(SPECS, evaluation={"seeds": SEEDS})).id
    advance(context, large)
    advance(context, other)
    with context.database.writing() as session:
        first, second, *_ = [trial for _, trial in trials.of_job(session, large)]
        claim(session, first)
        succeed(session, second)
    with context.database.reading() as session:
        told = select(JobTrialRow.trial_state, TrialRow.state).join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        pairs = session.execute(told).all()
        by_state = [plans.slots_by_state(session, job_id) for job_id in (large, other)]
    assert {slot for slot, _ in pairs} == {"queued", "running", "succeeded"}
    assert [slot for slot, _ in pairs] == [trial for _, trial in pairs]
    assert [(each["running"], each["succeeded"]) for each in by_state] == [(1, 1), (1, 1)]


@pytest.mark.parametrize("is_anything_trained", [True, False])
def test_a_job_that_is_stopped_while_it_is_planned_reports_on_what_there_is(
    context: Context, queue: RecordingQueue, large: str, is_anything_trained: bool
) -> None:
    """The other slots are left empty, and nothing is asked for any more."""
    advance(context, large)
    if is_anything_trained:
        finish_trials(context, large)
    with context.database.writing() as session:
        job = jobs.locked(session, large)
        assert job is not None
        assert jobs.stop(session, job, NOW) is None
    queue.take()
    advance(context, large)
    with context.database.reading() as session:
        assert session.get_one(JobRow, large).state == "succeeded"
    assert queue.take() == [doorbell("cpu")], "for whoever makes the report"
    assert _rows(context, JobTrialRow) == plans.MAX_TRIALS_AT_ONCE
    report = Report.model_validate_json(context.artifacts.read(f"jobs/{large}/report.json"))
    assert report.stopped
    assert any(each.difference for each in report.candidates) == is_anything_trained
