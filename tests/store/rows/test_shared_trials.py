"""Jobs share trials: what is trained for one is there for all, until nobody needs it any more."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from api_schemas.base import timestamp
from api_schemas.failures import Failure, FailureClass
from augury.planning import comparison as plans
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import events, jobs, state_machines, trials
from store.rows.ending import old_jobs
from store.rows.needs import costs
from store.rows.tables import JobRow, JobTrialRow, TrialRow
from store.rows.views import job_views
from store.rows.views.job_views import JobFilter
from tests.store.databases import (
    NOW,
    claim,
    comparison,
    new_job,
    new_trial,
    ready_dataset,
    result,
    running_job,
    succeed,
)

FLIP = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}}
TURN = {"turn": {"rotation_range": 20, "rescale": 1 / 255}}


def _trials(session: Session, job: JobRow) -> dict[tuple[str, int], TrialRow]:
    return {(link.arm, link.seed): trial for link, trial in trials.of_job(session, job.id)}


def _cancel(session: Session, trial: TrialRow) -> None:
    assert state_machines.move(session, state_machines.TRIAL, trial.id, "cancelled")


def _states(session: Session, job: JobRow) -> set[str]:
    return {trial.state for trial in _trials(session, job).values()}


def test_a_job_gets_one_trial_for_every_arm_and_seed(database: Database) -> None:
    """Two arms on two seeds are four trials, all queued and none reused."""
    with database.writing() as session:
        job = running_job(session)
        assert set(_trials(session, job)) == {("baseline", 0), ("baseline", 1), ("flip", 0), ("flip", 1)}
        assert len({trial.id for trial in _trials(session, job).values()}) == 4
        assert _states(session, job) == {"queued"}
        assert not any(link.reused for link, _ in trials.of_job(session, job.id))


def test_the_same_trial_is_never_there_twice(database: Database) -> None:
    """Waiting, running or done, the trial with a definition is found and not made again."""
    with database.writing() as session:
        first = running_job(session, comparison(FLIP))
        baseline = _trials(session, first)["baseline", 0]
        succeed(session, baseline)
        claim(session, _trials(session, first)["baseline", 1])
        second = running_job(session, comparison(TURN))
        for seed in (0, 1):
            assert _trials(session, second)["baseline", seed].id == _trials(session, first)["baseline", seed].id
        reused = {(link.arm, link.seed) for link, _ in trials.of_job(session, second.id) if link.reused}
        assert reused == {("baseline", 0), ("baseline", 1)}


@pytest.mark.parametrize("ending", ["failed", "cancelled"])
def test_a_trial_without_a_result_is_tried_again_for_the_next_job(ending: str, database: Database) -> None:
    """A failure or a cancel belongs to the job that had it."""
    with database.writing() as session:
        first = running_job(session)
        for trial in _trials(session, first).values():
            trial.state = ending
        session.flush()
        second = running_job(session)
        assert _states(session, second) == {"queued"}
        assert not any(link.reused for link, _ in trials.of_job(session, second.id))


def test_two_arms_that_are_the_same_spec_share_their_trials(database: Database) -> None:
    """A candidate that is the baseline under another name costs nothing."""
    with database.writing() as session:
        job = running_job(session, comparison({"same": {"rescale": 1 / 255}}))
        slots = _trials(session, job)
        assert slots["same", 0].id == slots["baseline", 0].id
        assert job_views.to_wire(session, job, NOW).progress.trials_reused == 2


def test_cancelling_one_of_two_jobs_keeps_the_trials_that_the_other_needs(database: Database) -> None:
    """Shared trials stay, the others are dropped at once, and the job is cancelled without waiting."""
    with database.writing() as session:
        first, second = running_job(session, comparison(FLIP)), running_job(session, comparison(TURN))
        claim(session, _trials(session, first)["baseline", 0])
        assert jobs.cancel(session, first, NOW) == "cancelled"
        states = {arm: trial.state for (arm, seed), trial in _trials(session, first).items() if seed == 0}
        assert states == {"baseline": "running", "flip": "cancelled"}
        assert _trials(session, first)["baseline", 0].cancel_requested_at is None
        assert "cancelled" not in _states(session, second)


def test_cancelling_both_jobs_drops_the_trials_that_they_shared(database: Database) -> None:
    """The last one to go takes what is queued with it, and asks what is running to stop."""
    with database.writing() as session:
        first, second = running_job(session), running_job(session)
        lease = claim(session, _trials(session, first)["baseline", 0])
        assert jobs.cancel(session, first, NOW) == "cancelled"
        assert jobs.cancel(session, second, NOW + 1) == "cancelling"
        running = _trials(session, second)["baseline", 0]
        assert (running.state, running.cancel_requested_at) == ("running", NOW + 1)
        assert _states(session, second) == {"running", "cancelled"}
        trials.fail(session, lease, Failure.of(FailureClass.INTERNAL, "x"), NOW + 2)
        jobs.settle_cancelled(session, running.id, NOW + 2)
        session.refresh(second)
        assert (second.state, second.finished_at) == ("cancelled", NOW + 2)


def test_a_finished_job_needs_its_trials_no_more(database: Database) -> None:
    """A failed job does not keep another one's cancelled trials alive."""
    with database.writing() as session:
        first, second = running_job(session), running_job(session)
        jobs.fail(session, first.id, Failure.of(FailureClass.TIMEOUT, "late"), NOW)
        assert _states(session, second) == {"queued"}, "the live job keeps them"
        jobs.cancel(session, second, NOW)
        assert _states(session, second) == {"cancelled"}


def test_a_cancelled_trial_that_another_job_adopted_is_replaced_for_it(database: Database) -> None:
    """Adopting the plan once more fills the gap and leaves the other slots as they are."""
    with database.writing() as session:
        job = running_job(session)
        before = _trials(session, job)
        _cancel(session, before["flip", 0])
        succeed(session, before["flip", 1])
        session.flush()
        jobs.adopt_plan(session, job, plans.plan_comparison(comparison(), "uint8"), ready_dataset(session), NOW)
        after = _trials(session, job)
        assert after["flip", 0].id != before["flip", 0].id
        assert after["flip", 0].state == "queued"
        assert {slot: trial.id for slot, trial in after.items() if slot != ("flip", 0)} == {
            slot: trial.id for slot, trial in before.items() if slot != ("flip", 0)
        }


def test_a_jobs_own_trials_do_not_become_reused_ones(database: Database) -> None:
    """Filling a gap must not make the report say that trials were reused which the job trained itself."""
    with database.writing() as session:
        job = running_job(session)
        _cancel(session, _trials(session, job)["flip", 0])
        session.flush()
        jobs.adopt_plan(session, job, plans.plan_comparison(comparison(), "uint8"), ready_dataset(session), NOW)
        assert [(link.arm, link.seed) for link, _ in trials.of_job(session, job.id) if link.reused] == []


def test_filling_a_gap_does_not_repeat_trials_that_failed(database: Database) -> None:
    """A trial that failed has its answer; only what a cancel took away is due again."""
    with database.writing() as session:
        job = running_job(session)
        slots = _trials(session, job)
        failed, gone = slots["flip", 0], slots["flip", 1]
        trials.fail(session, claim(session, failed), Failure.of(FailureClass.USER_INPUT, "no"), NOW)
        _cancel(session, gone)
        session.flush()
        jobs.adopt_plan(session, job, plans.plan_comparison(comparison(), "uint8"), ready_dataset(session), NOW)
        assert _trials(session, job)["flip", 0].id == failed.id


def test_every_change_of_a_job_is_in_its_timeline(database: Database) -> None:
    """The events tell the whole story, in order, with a cursor that grows."""
    with database.writing() as session:
        job = running_job(session)
        jobs.begin(session, job, jobs.Phase.TRAINING, NOW + 1)
        jobs.begin(session, job, jobs.Phase.REPORTING, NOW + 2)
        jobs.succeed(session, job.id, "jobs/x/report.json", NOW + 3)
        jobs.fail(session, job.id, Failure.of(FailureClass.INTERNAL, "too late"), NOW + 4)
        timeline = events.timeline(session, job.id)
    assert [entry.type for entry in timeline] == ["queued", "running", "planned", "phase", "succeeded"]
    assert [entry.sequence for entry in timeline] == sorted({entry.sequence for entry in timeline})
    assert timeline[2].data == {"arms": 2, "trials": 4, "round": 1}


def test_only_jobs_that_are_not_over_wait_for_a_trial(database: Database) -> None:
    """Two jobs share it and are found, a third one is over."""
    with database.writing() as session:
        first, second, over = (running_job(session) for _ in range(3))
        jobs.fail(session, over.id, Failure.of(FailureClass.TIMEOUT, "late"), NOW)
        shared = _trials(session, first)["baseline", 0]
        assert set(trials.jobs_of(session, [shared.id])) == {first.id, second.id}


def test_a_terminal_job_cannot_be_cancelled_failed_or_begun(database: Database) -> None:
    """What is over stays as it is."""
    with database.writing() as session:
        job = running_job(session)
        assert jobs.succeed(session, job.id, "report", NOW)
        session.refresh(job)
        assert jobs.cancel(session, job, NOW + 1) == "succeeded"
        assert not jobs.fail(session, job.id, Failure.of(FailureClass.INTERNAL, "x"), NOW + 1)
        session.refresh(job)
        assert (job.state, job.error, job.finished_at, job.report_artifact) == ("succeeded", None, NOW, "report")


def test_progress_counts_trials_and_the_epochs_of_running_ones(database: Database) -> None:
    """The fraction grows within trials too, and the finish is estimated once a whole trial was measured."""
    request = comparison(FLIP, training={"epochs": 10})
    with database.writing() as session:
        job = running_job(session, request)
        fresh = job_views.to_wire(session, job, NOW + 1).progress
        assert (fresh.trials_total, fresh.trials_done, fresh.fraction, fresh.estimated_finish) == (4, 0, 0.0, None)
        slots = list(_trials(session, job).values())
        claim(session, slots[1])
        slots[1].epoch = 5
        session.flush()
        slow_start = job_views.to_wire(session, job, NOW + 30).progress
        assert (slow_start.fraction, slow_start.estimated_finish) == (0.125, None)
        succeed(session, slots[0])
        progress = job_views.to_wire(session, job, NOW + 30).progress
        assert (progress.trials_done, progress.trials_running, progress.fraction) == (1, 1, 0.375)
        assert progress.estimated_finish == "2027-01-15T08:00:35.000Z", "25 of 40 epochs are left; 10 of them took 2 s"


def test_batches_of_a_long_epoch_count_and_what_a_trial_foretells_is_believed(database: Database) -> None:
    """A first epoch of an hour moves the bar, and its pace says when the job is done, before any trial is."""
    with database.writing() as session:
        job = running_job(session, comparison(FLIP, training={"epochs": 10}))
        trial = next(iter(_trials(session, job).values()))
        claim(session, trial)
        trial.batch, trial.batches = 2, 5
        session.flush()
        begun = job_views.to_wire(session, job, NOW).progress
        assert (begun.fraction, begun.estimated_finish) == (0.01, None)
        trial.expected_seconds = 100.0
        session.flush()
        progress = job_views.to_wire(session, job, NOW).progress
    assert progress.estimated_finish == timestamp(NOW + 100.0 / 10 * (40 - 0.4))


def test_a_job_of_a_setting_that_was_measured_before_is_estimated_at_once(database: Database) -> None:
    """Another job's trials of the same dataset, model and training tell how long these will take."""
    with database.writing() as session:
        earlier = running_job(session, comparison(FLIP, training={"epochs": 10}))
        for trial in _trials(session, earlier).values():
            succeed(session, trial)
        job = running_job(session, comparison({"turn": {"rotation_range": 9}}, training={"epochs": 10}))
        progress = job_views.to_wire(session, job, NOW).progress
    due = progress.trials_total - progress.trials_done
    assert due > 0
    assert progress.estimated_finish == timestamp(NOW + 2.0 * due)


def test_a_trial_that_ended_early_has_all_its_epochs_behind_it(database: Database) -> None:
    """Divergence and failure do not keep a job below 100 %."""
    with database.writing() as session:
        job = running_job(session, comparison(FLIP, training={"epochs": 10}))
        for trial in _trials(session, job).values():
            trials.fail(session, claim(session, trial), Failure.of(FailureClass.INTERNAL, "x"), NOW)
        assert job_views.to_wire(session, job, NOW).progress.fraction == 1.0


def test_a_page_ends_exactly_where_the_next_begins(database: Database) -> None:
    """Walking by cursor meets every job once, newest first, and ends without an empty page."""
    with database.writing() as session:
        made = sorted((new_job(session).id for _ in range(6)), reverse=True)
        seen, cursor, pages = [], None, 0
        while True:
            page = job_views.page(session, DEFAULT_PROJECT, JobFilter(), limit=3, cursor=cursor)
            seen += [job.id for job in page.items]
            pages += 1
            cursor = page.next_cursor
            if cursor is None:
                break
    assert (seen, pages) == (made, 2)


def test_the_mean_time_of_a_setting_is_that_of_its_finished_trials(database: Database) -> None:
    """Trials of other settings, and those without a result, do not count."""
    with database.writing() as session:
        setting = new_trial(session).setting
        assert costs.mean_seconds(session, DEFAULT_PROJECT, setting) is None
        for seed, seconds in enumerate([1.0, 3.0]):
            trials.succeed(session, claim(session, new_trial(session, seed)), result(seconds=seconds), NOW)
        trials.fail(session, claim(session, new_trial(session, 2)), Failure.of(FailureClass.INTERNAL, "x"), NOW)
        assert costs.mean_seconds(session, DEFAULT_PROJECT, setting) == 2.0
        assert costs.mean_seconds(session, DEFAULT_PROJECT, "t" * 64) is None


def test_jobs_are_forgotten_the_oldest_first_and_a_few_at_a_time(database: Database) -> None:
    """With their labels, events and slots; those that are not over, or ended later, stay."""
    with database.writing() as session:
        ended = [running_job(session, comparison(labels={"team": "a"})) for _ in range(3)]
        live = running_job(session)
        for age, job in enumerate(ended):
            job.finished_at, job.report_artifact = NOW - 10 + age, f"jobs/{job.id}/report.json"
        session.flush()
        assert old_jobs.forget(session, NOW - 8, 1) == [(ended[0].id, DEFAULT_PROJECT, f"jobs/{ended[0].id}")]
        assert [each.job_id for each in old_jobs.forget(session, NOW - 8, 5)] == [ended[1].id]
        assert old_jobs.forget(session, NOW - 8, 5) == []
        assert set(session.scalars(select(JobRow.id))) == {ended[2].id, live.id}
        assert set(session.scalars(select(JobTrialRow.job_id))) == {ended[2].id, live.id}
