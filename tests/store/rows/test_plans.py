"""Plans with what the trials in the database add to them."""

from __future__ import annotations

from augury.planning import comparison as plans
from store.database import Database
from store.rows import trials
from store.rows.plans import with_reuse_and_estimate
from tests.store.databases import FACTS, NOW, comparison, ready_dataset, running_job, succeed


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


def test_a_trial_that_is_only_waiting_has_not_been_trained(database: Database) -> None:
    """What another job has queued is shared, but the plan must not call it already trained."""
    request = comparison()
    with database.writing() as session:
        running_job(session, request)
        plan = plans.plan_comparison(request, FACTS.dtype)
        known = with_reuse_and_estimate(session, request, plan, ready_dataset(session))
    assert known.trials_reusable == 0
