"""Plans with what the trials in the database add to them."""

from __future__ import annotations

from augury.planning import comparison as plans
from store.database import Database
from store.rows import trials
from store.rows.plans import with_reuse_and_estimate
from tests.store.databases import FACTS, NOW, claim, comparison, ready_dataset, running_job, succeed


def test_a_plan_says_what_is_trained_already_and_how_long_the_rest_takes(database: Database) -> None:
    """Two of four trials are done and took two seconds each, so two are due and take four."""
    request = comparison()
    with database.writing() as session:
        job = running_job(session, request)
        plan = plans.plan_comparison(request, "uint8")
        dataset = ready_dataset(session)
        for link, trial in trials.of_job(session, job.id):
            if link.arm == "baseline":
                succeed(session, trial, now=NOW)
            else:
                session.delete(link)
                session.flush()
                session.delete(trial)
        session.flush()
        known = with_reuse_and_estimate(session, request, plan, dataset)
    assert (known.trials, known.trials_reusable, known.estimated_seconds) == (4, 2, 4.0)


def test_what_runs_for_the_first_time_is_estimated_by_what_it_foretells(database: Database) -> None:
    """Of four trials one runs, and expects to take 90 s; once one is finished, that one is believed."""
    request = comparison()
    plan = plans.plan_comparison(request, FACTS.dtype)
    with database.writing() as session:
        job = running_job(session, request)
        first, second, *_ = (trial for _, trial in trials.of_job(session, job.id))
        claim(session, first)
        assert with_reuse_and_estimate(session, request, plan, ready_dataset(session)).estimated_seconds is None
        first.expected_seconds = 90.0
        session.flush()
        assert with_reuse_and_estimate(session, request, plan, ready_dataset(session)).estimated_seconds == 4 * 90.0
        succeed(session, second)
        assert with_reuse_and_estimate(session, request, plan, ready_dataset(session)).estimated_seconds == 3 * 2.0


def test_a_trial_that_is_only_waiting_has_not_been_trained(database: Database) -> None:
    """What another job has queued is shared, but the plan must not call it already trained."""
    request = comparison()
    with database.writing() as session:
        running_job(session, request)
        plan = plans.plan_comparison(request, FACTS.dtype)
        known = with_reuse_and_estimate(session, request, plan, ready_dataset(session))
    assert known.trials_reusable == 0


def test_other_budgets_and_shares_are_estimated_from_what_was_timed(database: Database) -> None:
    """In proportion to epochs and to images: those of 10 epochs took 2 s each, and are there already."""
    asked = {"training": {"epochs": 10}, "budget_response": [5, 10], "data_response": [0.5, 1.0]}
    with database.writing() as session:
        dataset = ready_dataset(session)
        earlier = running_job(session, comparison(training={"epochs": 10}))
        for _, trial in trials.of_job(session, earlier.id):
            succeed(session, trial)
        request = comparison(**asked)
        known = with_reuse_and_estimate(session, request, plans.plan_comparison(request, "uint8"), dataset)
    arms, seeds = 2, 2
    assert (known.trials, known.trials_reusable) == (3 * arms * seeds, arms * seeds)
    assert known.estimated_seconds == arms * seeds * (2.0 * 5 / 10 + 2.0 * 0.5)


def test_a_number_of_epochs_that_is_still_to_be_found_is_estimated_at_its_most(database: Database) -> None:
    """Once a pilot was timed: what the plan may come to, and not what the pilots alone do."""
    request = comparison(training={"epochs": "auto"})
    plan = plans.plan_comparison(request, "uint8")
    with database.writing() as session:
        dataset = ready_dataset(session)
        assert with_reuse_and_estimate(session, request, plan, dataset).estimated_seconds is None
        earlier = running_job(session, request)
        for _, trial in trials.of_job(session, earlier.id):
            succeed(session, trial)
        known = with_reuse_and_estimate(session, request, plan, dataset)
    assert plan.trial_epochs is not None
    assert known.estimated_seconds == 2.0 / 200 * plan.trial_epochs
