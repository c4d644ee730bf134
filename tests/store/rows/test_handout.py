"""Which unit of work is next, whatever the order of messages was."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkSpan
from api_schemas.service.priority import Priority
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import chunks, datasets, handout, jobs, leases, trials
from store.rows.handout import Turn
from store.rows.tables import JobRow, TrialRow
from store.rows.turns.waiting import AGEING_SECONDS, WEIGHTS
from tests.store.databases import DIGITS, NOW, comparison, running_job


def _take(session: Session, queue: str = "cpu", now: float = NOW) -> Turn | None:
    turn = handout.claim_next(session, queue, owner="worker", now=now, seconds=1e9)
    if turn is not None and turn.job_id is not None:
        handout.note_served(session, turn.job_id, now)
        session.flush()
    return turn


def _finish(session: Session, turn: Turn, now: float) -> None:
    assert leases.finish(session, turn.lease, "failed", now=now)


def _job(session: Session, first_seed: int, seeds: int = 10, now: float = NOW, **request: Any) -> JobRow:
    """A job with two arms on so many seeds that no other has."""
    asked = comparison(evaluation={"seeds": seeds, "first_seed": first_seed}, **request)
    return running_job(session, asked, now=now)


def test_nothing_is_handed_out_where_nothing_waits(database: Database) -> None:
    """A worker that is rung for nothing goes on sleeping."""
    with database.writing() as session:
        assert _take(session) is None


def test_ingestions_and_probes_come_before_training(database: Database) -> None:
    """They are short, and others wait for them, however many trials were there first."""
    with database.writing() as session:
        job = _job(session, 0)
        chunks.add(session, job.id, ChunkRole.PROBE, [ChunkSpan(number=0, first=0, images=1)], "cpu", NOW + 1)
        uploaded = datasets.register(session, DEFAULT_PROJECT, DIGITS | {"image_size": [9, 9]}, NOW + 2)
        kinds = []
        for _ in range(3):
            turn = _take(session)
            assert turn is not None
            kinds.append(turn.lease.kind)
            assert turn.lease.kind is not leases.INGESTIONS or turn.lease.row_id == uploaded.id
    assert kinds == [leases.INGESTIONS, leases.CHUNKS, leases.TRIALS]


def test_a_small_job_does_not_wait_for_a_large_one_that_came_first(database: Database) -> None:
    """Of two workers each job gets one."""
    with database.writing() as session:
        large, small = _job(session, 0, seeds=40), _job(session, 100, seeds=3, now=NOW + 60)
        served = [turn.job_id for now in range(4) if (turn := _take(session, now=NOW + 61 + now))]
    assert Counter(served) == {large.id: 2, small.id: 2}


def test_a_single_worker_serves_jobs_in_turn(database: Database) -> None:
    """The one that was served longest ago is next."""
    served = []
    with database.writing() as session:
        _job(session, 0), _job(session, 100), _job(session, 200)
        for number in range(9):
            turn = _take(session, now=NOW + 10 * (number + 1))
            assert turn is not None
            served.append(turn.job_id)
            _finish(session, turn, NOW + 10 * (number + 1) + 5)
    assert Counter(served) == dict.fromkeys(served[:3], 3)
    assert served == served[:3] * 3


@pytest.mark.parametrize(("priority", "share"), [("high", 6), ("normal", 4), ("low", 2)])
def test_priorities_are_shares_of_the_workers(database: Database, priority: Priority, share: int) -> None:
    """Beside a normal job of eight workers."""
    with database.writing() as session:
        asked, _ = _job(session, 0, seeds=20, priority=priority), _job(session, 100, seeds=20)
        served = [turn.job_id for _ in range(8) if (turn := _take(session, now=NOW + 1))]
    assert abs(served.count(asked.id) - share) <= 1


def test_whoever_waits_long_enough_is_served(database: Database) -> None:
    """Even of low priority beside many jobs that have no worker at all."""
    with database.writing() as session:
        old = _job(session, 0, priority="low")
        assert _take(session) is not None
        later = NOW + 3 * AGEING_SECONDS / min(WEIGHTS.values())
        for number in range(1, 5):
            _job(session, 100 * number, now=later, priority="high")
        turn = _take(session, now=later)
        assert turn is not None
    assert turn.job_id == old.id


def test_a_job_goes_seed_by_seed(database: Database) -> None:
    """So that one which is ended early has whole pairs, and a trial that lost its worker is next again."""
    with database.writing() as session:
        job = _job(session, 5, seeds=3)
        slots = {trial.id: (link.seed, link.arm) for link, trial in trials.of_job(session, job.id)}
        taken = [turn.lease for _ in range(6) if (turn := _take(session))]
        assert [slots[lease.row_id] for lease in taken] == sorted(slots.values())
        assert leases.give_back(session, taken[2])
        again = _take(session)
        assert again is not None
        assert again.lease.row_id == taken[2].row_id


def test_a_trial_is_for_every_kind_of_worker_that_a_job_asks_for(database: Database) -> None:
    """One that a job wants from a GPU, which is not there, is no less a trial that a processor can train."""
    with database.writing() as session:
        running_job(session, comparison(device="gpu"))
        assert _take(session, "cpu") is None
        second = running_job(session, comparison(device="cpu"))
        assert {link.reused for link, _ in trials.of_job(session, second.id)} == {True}
        turn = _take(session, "cpu")
        assert turn is not None
        row = session.get_one(TrialRow, turn.lease.row_id)
        session.refresh(row)
        assert (row.queue, row.state, turn.job_id) == ("gpu", "running", second.id)


def test_jobs_that_are_not_live_get_nothing(database: Database) -> None:
    """Nobody waits for what a cancelled job has left."""
    with database.writing() as session:
        job = _job(session, 0)
        assert jobs.cancel(session, job, NOW) == "cancelled"
        assert _take(session) is None


def test_as_many_units_wait_as_can_be_taken(database: Database) -> None:
    """So that as many doorbells are rung, on each side."""
    with database.writing() as session:
        _job(session, 0, seeds=2)
        _job(session, 100, seeds=3, device="gpu")
        datasets.register(session, DEFAULT_PROJECT, DIGITS | {"image_size": [9, 9]}, NOW)
        counts = {queue: handout.waiting(session, queue) for queue in ("cpu", "gpu")}
        for queue, count in counts.items():
            assert [_take(session, queue) is not None for _ in range(count + 1)] == [True] * count + [False]


JOBS = st.lists(st.tuples(st.integers(2, 4), st.sampled_from(sorted(WEIGHTS))), min_size=1, max_size=3)
"""Seeds and priorities."""


@settings(max_examples=15)
@given(JOBS, st.integers(1, 5))
def test_every_unit_is_handed_out_once(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[tuple[int, Priority]], workers: int
) -> None:
    """Whatever the jobs and their priorities, with so many workers that finish in their order."""
    from tests.store.databases import migrated_copy  # a database for each example

    database = migrated_copy(tmp_path_factory.mktemp("handout"))
    taken: list[str] = []
    with database.writing() as session:
        for number, (seeds, priority) in enumerate(sizes):
            _job(session, 100 * number, seeds=seeds, priority=priority)
        running: list[Turn] = []
        for step in range(200):
            while len(running) < workers and (turn := _take(session, now=NOW + step)):
                running.append(turn)
                taken.append(turn.lease.row_id)
            if not running:
                break
            _finish(session, running.pop(0), NOW + step)
    database.close()
    assert len(taken) == len(set(taken)) == sum(2 * seeds for seeds, _ in sizes)


def test_judging_under_conditions_takes_its_turn_after_the_training(database: Database) -> None:
    """It may take long, so that it is no question that others wait for: trials of its job first, others' in turn."""
    with database.writing() as session:
        job, other = _job(session, 0, seeds=2), _job(session, 100, seeds=2)
        chunks.add(session, job.id, ChunkRole.CONDITION, [ChunkSpan(number=0, first=0, images=1)], "cpu", NOW)
        turns = [_take(session) for _ in range(9)]
    served = [(turn.job_id == other.id, turn.lease.kind is leases.CHUNKS) for turn in turns if turn is not None]
    assert [is_chunk for _, is_chunk in served].index(True) == 8
    assert sum(is_of_other for is_of_other, _ in served) == 4


def test_a_job_on_jax_is_for_workers_that_have_it_alone(database: Database) -> None:
    """And whatever else is asked of its models, too: what computes a process is one for all that it does."""
    with database.writing() as session:
        usual, on_jax = _job(session, 0, seeds=3), _job(session, 100, seeds=3, training={"epochs": 1, "backend": "jax"})
        chunks.add(session, on_jax.id, ChunkRole.PROBE, [ChunkSpan(number=100, first=0, images=1)], on_jax.queue, NOW)
        taken = {kind: [_take(session, kind) for _ in range(8)] for kind in ("cpu", "cpu-jax", "gpu-jax")}
        waiting = {kind: handout.waiting(session, kind) for kind in taken}
    served = {kind: [turn.job_id for turn in turns if turn is not None] for kind, turns in taken.items()}
    assert served == {"cpu": [usual.id] * 6, "cpu-jax": [None] + [on_jax.id] * 6, "gpu-jax": []}
    assert waiting == dict.fromkeys(taken, 0)
