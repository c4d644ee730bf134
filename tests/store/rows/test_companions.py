"""Trials that are claimed along with one, to be computed with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from store.database import Database
from store.rows import handout, leases, trials
from store.rows.access import projects
from store.rows.handout import Turn
from store.rows.tables import JobRow, TrialRow
from tests.store.databases import NOW, comparison, running_job

KIND = "cpu-jax"


def _job(session: Session, first_seed: int, epochs: int = 1, **where: Any) -> JobRow:
    """A job with two arms on three seeds that no other has."""
    evaluation, training = {"seeds": 3, "first_seed": first_seed}, {"epochs": epochs, "backend": "jax"}
    return running_job(session, comparison(evaluation=evaluation, training=training), **where)


def _claim(session: Session, at_most: int) -> list[Turn]:
    """The next trial and its companions."""
    turn = handout.claim_next(session, KIND, owner="worker", now=NOW, seconds=1e9)
    assert turn is not None
    return [turn, *handout.claim_companions(session, turn, at_most, owner="worker", now=NOW, seconds=1e9)]


def _slots(session: Session, job: JobRow, turns: list[Turn]) -> list[tuple[int, str]]:
    """Which of a job's they are."""
    slots = {trial.id: (link.seed, link.arm) for link, trial in trials.of_job(session, job.id)}
    return [slots[turn.lease.row_id] for turn in turns if turn.lease.row_id in slots]


def test_companions_are_the_next_of_the_same_job(database: Database) -> None:
    """Seed by seed, so that whole pairs are there, each with a lease of its own; and no more than there is room for."""
    with database.writing() as session:
        job = _job(session, 0)
        turns = _claim(session, 3)
        assert _slots(session, job, turns) == [(0, "baseline"), (0, "flip"), (1, "baseline"), (1, "flip")]
        assert {turn.job_id for turn in turns} == {job.id}
        assert len({turn.lease.lease_id for turn in turns}) == 4
        rows = [session.get_one(TrialRow, turn.lease.row_id) for turn in turns]
        assert {(row.state, row.attempts, row.lease_owner) for row in rows} == {("running", 1, "worker")}


def test_what_is_left_of_the_room_is_for_other_jobs_of_the_project(database: Database) -> None:
    """Of the same setting alone: one that is trained for longer is no companion, nor is another project's."""
    with database.writing() as session:
        first, alike = _job(session, 0), _job(session, 100)
        longer = _job(session, 200, epochs=2)
        assert projects.create(session, "other", NOW)
        foreign = _job(session, 300, project="other")
        turns = _claim(session, 8)
        taken = [len(_slots(session, job, turns)) for job in (first, alike, longer, foreign)]
        assert taken == [6, 3, 0, 0]
        assert len(_claim(session, 31)) == 6, "the other project's turn, and for as many as it has"


def test_a_trial_whose_worker_was_lost_has_no_companions_and_is_none(database: Database) -> None:
    """As that may have been its doing; the others are not lost with it once more."""
    with database.writing() as session:
        job = _job(session, 0)
        lost = _claim(session, 0)
        assert leases.expire(session, leases.TRIALS, now=NOW + 2e9, max_attempts=3)
        assert _slots(session, job, _claim(session, 5)) == _slots(session, job, lost) == [(0, "baseline")]
        assert len(_claim(session, 5)) == 5
        session.flush()


def test_a_trial_that_was_given_back_is_a_companion_again(database: Database) -> None:
    """A worker that was told to stop has not been lost over it."""
    with database.writing() as session:
        job = _job(session, 0)
        for turn in _claim(session, 2):
            assert leases.give_back(session, turn.lease)
        assert len(_slots(session, job, _claim(session, 31))) == 6
