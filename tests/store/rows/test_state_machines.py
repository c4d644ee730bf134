"""Which state may follow which, and that of two movers exactly one wins."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from api_schemas.jobs import JobState
from api_schemas.models.model import ModelState
from api_schemas.training.trials import TrialState
from api_schemas.webhooks.delivery import DeliveryState
from api_schemas.webhooks.webhook import WebhookState
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import jobs, leases, state_machines
from store.rows.models import registered
from store.rows.outbox import messages
from store.rows.outbox.tables import DeliveryRow, WebhookRow
from store.rows.state_machines import StateMachine, move
from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow, TrialRow
from tests.store.databases import NOW, new_job, new_trial, ready_dataset, running_job
from tests.store.rows.webhooks.telling import new_webhook


def _new_model(session: Session) -> RegisteredModelRow:
    return registered.register(
        session, DEFAULT_PROJECT, {"kind": "path", "path": "/net.keras", "architecture": None}, NOW
    )


def _new_message(session: Session) -> DeliveryRow:
    message = messages.ping(session, new_webhook(session), NOW)
    session.flush()
    return message


MAKERS: dict[type, Callable[[Session], Any]] = {
    DatasetRow: ready_dataset,
    JobRow: new_job,
    RegisteredModelRow: _new_model,
    TrialRow: new_trial,
    DeliveryRow: _new_message,
    WebhookRow: new_webhook,
}
TERMINAL = {
    JobState: {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED},
    TrialState: {TrialState.SUCCEEDED, TrialState.FAILED, TrialState.CANCELLED},
    DatasetState: {DatasetState.DELETED},
    ModelState: {ModelState.DELETED},
    DeliveryState: {DeliveryState.DELIVERED, DeliveryState.FAILED},
    WebhookState: {WebhookState.DELETED},
}
MACHINES = [
    (state_machines.JOB, JobState),
    (state_machines.TRIAL, TrialState),
    (state_machines.DATASET, DatasetState),
    (state_machines.MODEL, ModelState),
    (state_machines.DELIVERY, DeliveryState),
    (state_machines.WEBHOOK, WebhookState),
]
NAMES = ["job", "trial", "dataset", "model", "delivery", "webhook"]
of_every_machine = pytest.mark.parametrize(("machine", "states"), MACHINES, ids=NAMES)


def _reachable(machine: StateMachine, start: str) -> set[str]:
    seen, frontier = {start}, {start}
    while frontier:
        frontier = {target for state in frontier for target in machine.moves.get(state, ())} - seen
        seen |= frontier
    return seen


@of_every_machine
def test_every_state_can_be_reached_from_the_first(machine: StateMachine, states: type[StrEnum]) -> None:
    """No state of the wire contract is dead, and no move leads to a state that the contract does not know."""
    assert _reachable(machine, next(iter(states))) == set(states)


@of_every_machine
def test_exactly_the_terminal_states_have_no_way_out(machine: StateMachine, states: type[StrEnum]) -> None:
    """Terminal states are immutable, and from every other one a terminal state can be reached."""
    assert set(states) - set(machine.moves) == TERMINAL[states]
    for state in machine.moves:
        assert _reachable(machine, state) & TERMINAL[states]


def test_only_an_extension_takes_a_job_out_of_a_terminal_state() -> None:
    """And only one that has succeeded; it is a table apart, so that no other move to `running` does it by the way."""
    assert state_machines.EXTENDED_JOB.moves == {JobState.SUCCEEDED: {JobState.RUNNING}}
    assert JobState.SUCCEEDED not in state_machines.JOB.sources(JobState.RUNNING)


def test_only_who_asks_for_it_again_has_a_message_sent_that_is_over() -> None:
    """In a table apart, too."""
    over = {DeliveryState.DELIVERED, DeliveryState.FAILED}
    assert state_machines.REPEATED_DELIVERY.moves == {state: {DeliveryState.QUEUED} for state in over}


def test_a_job_that_has_succeeded_is_extended_once_and_no_other_is(database: Database) -> None:
    """Of two that extend it exactly one does; it has no end and a deadline of its own again."""
    with database.writing() as session:
        job = running_job(session)
        for state in JobState:
            if state is not JobState.SUCCEEDED:
                session.execute(update(JobRow).where(JobRow.id == job.id).values(state=state))
                session.refresh(job)
                assert not jobs.extend(session, job, 6, NOW, NOW + 9)
        session.execute(update(JobRow).where(JobRow.id == job.id).values(state="succeeded", finished_at=NOW))
        session.refresh(job)
        assert jobs.extend(session, job, 6, NOW, NOW + 9)
        session.refresh(job)
        assert (job.state, job.phase, job.finished_at, job.deadline_at) == ("running", "training", None, NOW + 9)
        assert job.plan is not None
        assert job.plan["extensions"] == [6]
        assert not jobs.extend(session, job, 8, NOW, NOW + 9)
        assert [entry.type for entry in jobs.events.timeline(session, job.id)].count("extended") == 1


@of_every_machine
def test_a_row_moves_exactly_as_the_table_says(
    machine: StateMachine, states: type[StrEnum], database: Database
) -> None:
    """For every pair of states the move happens if it is legal, and changes nothing if it is not."""
    with database.writing() as session:
        row = MAKERS[machine.row](session)
        for source in states:
            for target in states:
                session.execute(update(machine.row).where(machine.row.id == row.id).values(state=source))
                moved = move(session, machine, row.id, target)
                session.refresh(row)
                assert moved == (target in machine.moves.get(source, ())), f"{source} to {target}"
                assert row.state == (target if moved else source)


def test_a_move_whose_condition_does_not_hold_changes_nothing(database: Database) -> None:
    """The extra conditions are part of the compare-and-set, and so are the extra values."""
    with database.writing() as session:
        trial = new_trial(session)
        assert not move(session, state_machines.TRIAL, trial.id, TrialState.RUNNING, TrialRow.attempts == 1, epoch=7)
        session.refresh(trial)
        assert (trial.state, trial.epoch) == (TrialState.QUEUED, 0)
        assert move(session, state_machines.TRIAL, trial.id, TrialState.RUNNING, TrialRow.attempts == 0, epoch=7)
        session.refresh(trial)
        assert (trial.state, trial.epoch) == (TrialState.RUNNING, 7)


def test_moving_a_row_that_does_not_exist_moves_nothing(database: Database) -> None:
    """An id from a stale message is harmless."""
    with database.writing() as session:
        assert not move(session, state_machines.TRIAL, "trial_none", TrialState.RUNNING)


def test_of_many_workers_that_claim_one_trial_exactly_one_gets_it(database: Database) -> None:
    """The claim is compare-and-set across connections, not within one."""
    with database.writing() as session:
        trial_id = new_trial(session).id
    together = Barrier(8)

    def try_to_claim(number: int) -> leases.Lease | None:
        together.wait()
        with database.writing() as session:
            return leases.claim(session, leases.TRIALS, trial_id, owner=str(number), now=NOW, seconds=10)

    with ThreadPoolExecutor(8) as pool:
        won = [lease for lease in pool.map(try_to_claim, range(8)) if lease is not None]
    assert len(won) == 1
    with database.reading() as session:
        row = session.get_one(TrialRow, trial_id)
    assert (row.lease_id, row.attempts) == (won[0].lease_id, 1)


def test_a_block_that_raises_leaves_no_trace(database: Database) -> None:
    """A transaction is all or nothing."""

    def create_a_job_and_fail() -> None:
        with database.writing() as session:
            new_job(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        create_a_job_and_fail()
    with database.reading() as session:
        assert session.query(JobRow).count() == 0
        assert session.query(DatasetRow).count() == 0


def test_what_a_reader_changes_is_thrown_away(database: Database) -> None:
    """Only writing blocks write."""
    with database.writing() as session:
        trial_id = new_trial(session).id
    with database.reading() as session:
        session.get_one(TrialRow, trial_id).epoch = 99
        session.flush()
    with database.reading() as session:
        assert session.get_one(TrialRow, trial_id).epoch == 0
