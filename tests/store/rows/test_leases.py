"""A unit of work belongs to one worker at a time, for as long as that worker keeps saying so."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from sqlalchemy.orm import Session

from api_schemas.failures import Failure, FailureClass
from api_schemas.training.trials import TrialState
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, leases, trials
from store.rows.leases import INGESTIONS, TRIALS, Lease
from store.rows.tables import TrialRow
from tests.store.databases import DIGITS, FACTS, NOW, claim, migrated_copy, new_trial, result

LEASE_SECONDS = 10.0
MAX_ATTEMPTS = 3


def test_a_claim_takes_the_trial_and_says_who_has_it_until_when(database: Database) -> None:
    """Everything that another process needs to know is in the row."""
    with database.writing() as session:
        trial = new_trial(session)
        lease = leases.claim(session, TRIALS, trial.id, owner="host:1", now=NOW, seconds=10)
        session.refresh(trial)
        assert lease is not None
        assert (trial.state, trial.lease_id, trial.lease_owner) == ("running", lease.lease_id, "host:1")
        assert (trial.lease_until, trial.started_at, trial.attempts) == (NOW + 10, NOW, 1)


@pytest.mark.parametrize("state", ["running", "succeeded", "failed", "cancelled"])
def test_only_queued_work_can_be_claimed(state: str, database: Database) -> None:
    """A repeated message finds nothing to do."""
    with database.writing() as session:
        trial = new_trial(session)
        trial.state = state
        session.flush()
        assert leases.claim(session, TRIALS, trial.id, owner="w", now=NOW, seconds=10) is None
        assert leases.claim(session, TRIALS, "trial_none", owner="w", now=NOW, seconds=10) is None


def test_a_renewed_lease_outlives_its_first_end_and_carries_progress(database: Database) -> None:
    """The heartbeat moves the end and notes the epoch in one statement."""
    with database.writing() as session:
        trial = new_trial(session)
        lease = claim(session, trial)
        assert leases.renew(session, lease, now=NOW + 9, seconds=10, epoch=4)
        assert leases.expire(session, TRIALS, now=NOW + 15, max_attempts=3) == []
        session.refresh(trial)
        assert (trial.state, trial.epoch) == ("running", 4)


def test_work_whose_lease_ran_out_goes_back_to_the_queue_to_be_published_again(database: Database) -> None:
    """The lost attempt is counted, and the trial has no message any more."""
    with database.writing() as session:
        trial = new_trial(session)
        trial.published_at = NOW
        claim(session, trial)
        assert leases.expire(session, TRIALS, now=NOW + 10, max_attempts=3) == [], (
            "the lease ends after its last second"
        )
        assert leases.expire(session, TRIALS, now=NOW + 10.1, max_attempts=3) == [trial.id]
        session.refresh(trial)
        assert (trial.state, trial.lease_id, trial.published_at, trial.attempts) == ("queued", None, None, 1)


def test_a_lease_that_was_renewed_after_the_sweep_looked_is_left_alone(database: Database) -> None:
    """The sweep decides on what it read a moment ago; the row has the last word."""
    with database.writing() as session:
        trial = new_trial(session)
        lease = claim(session, trial)
        session.refresh(trial)
        session.expunge(trial)  # as the sweep read it
        assert leases.renew(session, lease, now=NOW + 10.5, seconds=10)
        assert not leases._take_back(session, TRIALS, trial, NOW + 11, 3)
        assert session.get_one(TrialRow, trial.id).state == "running"


def test_the_third_lost_worker_fails_the_trial_for_good(database: Database) -> None:
    """A trial that kills its workers ends with worker_lost, never in a loop."""
    with database.writing() as session:
        trial = new_trial(session)
        for loss in (1, 2, 3):
            later = NOW + 100 * loss
            claim(session, trial, later)
            assert leases.expire(session, TRIALS, now=later + 11, max_attempts=3) == [trial.id]
            session.refresh(trial)
            assert trial.state == ("queued" if loss < 3 else "failed")
        assert trial.error is not None
        assert trial.error["class"] == "worker_lost"
        assert trial.error["message"].startswith("3 workers were lost")
        assert trial.finished_at == NOW + 311


def test_lost_work_that_was_to_be_cancelled_is_cancelled(database: Database) -> None:
    """Nobody wants it, so it does not go back to the queue."""
    with database.writing() as session:
        trial = new_trial(session)
        claim(session, trial)
        trial.cancel_requested_at = NOW
        session.flush()
        leases.expire(session, TRIALS, now=NOW + 11, max_attempts=3)
        session.refresh(trial)
        assert (trial.state, trial.error, trial.finished_at) == ("cancelled", None, NOW + 11)


def test_a_worker_that_lost_its_lease_can_change_nothing(database: Database) -> None:
    """Fencing: results, failures, renewals and returns of the old holder are refused once another has the trial."""
    with database.writing() as session:
        trial = new_trial(session)
        old = claim(session, trial)
        leases.expire(session, TRIALS, now=NOW + 11, max_attempts=3)
        new = claim(session, trial, NOW + 12)
        assert not leases.renew(session, old, now=NOW + 12, seconds=10, epoch=9)
        assert not leases.give_back(session, old)
        assert not trials.succeed(session, old, result(), NOW + 12)
        assert not trials.fail(session, old, Failure.of(FailureClass.INTERNAL, "x"), NOW + 12)
        session.refresh(trial)
        assert (trial.state, trial.lease_id, trial.result, trial.epoch) == ("running", new.lease_id, None, 0)


def test_work_that_is_given_back_was_never_begun(database: Database) -> None:
    """A worker that is told to stop does not count as lost."""
    with database.writing() as session:
        trial = new_trial(session)
        trial.published_at = NOW
        assert leases.give_back(session, claim(session, trial))
        session.refresh(trial)
        assert (trial.state, trial.attempts, trial.published_at, trial.lease_id) == ("queued", 0, None, None)


def test_a_finished_trial_keeps_its_result_against_everything(database: Database) -> None:
    """Terminal states are immutable, and a released lease is worth nothing."""
    with database.writing() as session:
        trial = new_trial(session)
        lease = claim(session, trial)
        assert trials.succeed(session, lease, result(0.75), NOW + 1)
        assert not trials.succeed(session, lease, result(0.25), NOW + 2)
        assert not leases.renew(session, lease, now=NOW + 2, seconds=10)
        assert leases.expire(session, TRIALS, now=NOW + 100, max_attempts=3) == []
        session.refresh(trial)
        assert trial.result is not None
        assert (trial.state, trial.result["validation_accuracy"], trial.finished_at) == ("succeeded", 0.75, NOW + 1)
        assert trial.epoch == 1


def test_an_ingestion_is_leased_like_a_trial(database: Database) -> None:
    """Queued, ingesting, lost, again, ready."""
    with database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, NOW)
        assert leases.claim(session, INGESTIONS, row.id, owner="w", now=NOW, seconds=10)
        assert leases.expire(session, INGESTIONS, now=NOW + 11, max_attempts=3) == [row.id]
        again = leases.claim(session, INGESTIONS, row.id, owner="w", now=NOW + 12, seconds=10)
        assert again is not None
        assert datasets.finish_ingestion(session, again, "a" * 64, FACTS, NOW + 13)
        session.refresh(row)
        assert (row.state, row.digest, row.facts) == ("ready", "a" * 64, FACTS.model_dump(mode="json"))


class LifeOfATrial(RuleBasedStateMachine):
    """Any interleaving of workers, the sweep and a cancel, against a model of who may do what."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self._database = migrated_copy(Path(self._folder.name))
        self._session = Session(self._database.engine, expire_on_commit=False)
        self._trial = new_trial(self._session)
        self.now = NOW
        self.state, self.holder, self.until, self.attempts, self.is_cancelled = "queued", None, 0.0, 0, False

    def teardown(self) -> None:
        """Throw everything away."""
        self._session.close()
        self._database.close()
        self._folder.cleanup()

    def _is_valid(self, lease: Lease) -> bool:
        return self.state == "running" and self.holder == lease.lease_id

    @rule(seconds=st.floats(0, 1.5 * LEASE_SECONDS))
    def time_passes(self, seconds: float) -> None:
        """The clock that all share moves on."""
        self.now += seconds

    @rule(target=held)
    def claim(self) -> Lease:
        """A worker gets the trial exactly when it is queued."""
        lease = leases.claim(self._session, TRIALS, self._trial.id, owner="w", now=self.now, seconds=LEASE_SECONDS)
        assert (lease is not None) == (self.state == "queued")
        if lease is None:
            return multiple()
        self.state, self.holder, self.until = "running", lease.lease_id, self.now + LEASE_SECONDS
        self.attempts += 1
        return lease

    @rule(lease=held, epoch=st.integers(0, 30))
    def renew(self, lease: Lease, epoch: int) -> None:
        """Renewing works exactly for the one who holds the trial."""
        renewed = leases.renew(self._session, lease, now=self.now, seconds=LEASE_SECONDS, epoch=epoch)
        assert renewed == self._is_valid(lease)
        if renewed:
            self.until = self.now + LEASE_SECONDS

    @rule(lease=held, state=st.sampled_from(["succeeded", "failed", "cancelled"]))
    def finish(self, lease: Lease, state: str) -> None:
        """Finishing works exactly for the one who holds the trial."""
        finished = leases.finish(self._session, lease, state, now=self.now)
        assert finished == self._is_valid(lease)
        if finished:
            self.state, self.holder = state, None

    @rule(lease=consumes(held))
    def give_back(self, lease: Lease) -> None:
        """Giving back works exactly for the one who holds the trial, and is no attempt."""
        returned = leases.give_back(self._session, lease)
        assert returned == self._is_valid(lease)
        if returned:
            self.state, self.holder = "queued", None
            self.attempts -= 1

    @rule()
    def request_cancel(self) -> None:
        """Somebody cancels the only job that needs the trial."""
        self._trial.cancel_requested_at = self.now
        self._session.flush()
        self.is_cancelled = True

    @rule()
    def expire(self) -> None:
        """The sweep takes back exactly what is overdue."""
        is_overdue = self.state == "running" and self.until < self.now
        taken = leases.expire(self._session, TRIALS, now=self.now, max_attempts=MAX_ATTEMPTS)
        assert taken == ([self._trial.id] if is_overdue else [])
        if is_overdue:
            tried_enough = self.attempts >= MAX_ATTEMPTS
            self.state = "cancelled" if self.is_cancelled else "failed" if tried_enough else "queued"
            self.holder = None

    @invariant()
    def the_row_is_what_the_model_says(self) -> None:
        """State, holder and attempts agree after every step; a lease exists exactly while the trial runs."""
        row = self._session.get_one(TrialRow, self._trial.id, populate_existing=True)
        assert (row.state, row.lease_id, row.attempts) == (self.state, self.holder, self.attempts)
        assert (row.lease_until is not None) == (row.state == "running")
        assert (row.finished_at is not None) == TrialState(row.state).is_terminal
        assert 0 <= row.attempts <= MAX_ATTEMPTS


LifeOfATrial.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestLifeOfATrial = LifeOfATrial.TestCase
