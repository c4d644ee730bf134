"""Recovery's own heart: one worker at a time sweeps, and everybody can see that it was done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.queue import identity
from store.rows.upkeep import duties
from store.rows.upkeep.tables import DutyRow
from workers.context import Context
from workers.maintenance import sweep as sweeping
from workers.maintenance.heart import beat, is_beating


def _swept_at(context: Context) -> float | None:
    with context.database.reading() as session:
        return duties.done_at(session, duties.SWEEP)


def _hold_elsewhere(context: Context, until: float) -> None:
    with context.database.writing() as session:
        now = context.database.now(session)
        assert duties.take(session, duties.SWEEP, owner="another:1", now=now - 1000, seconds=1000 + until)


def test_a_sweep_is_noted_with_its_time(context: Context) -> None:
    """Before the first one nobody can say that lost work is found."""
    assert not is_beating(context.settings)
    assert beat(context)
    assert _swept_at(context) is not None
    assert is_beating(context.settings)


def test_while_another_worker_has_the_duty_this_one_does_not_sweep(context: Context) -> None:
    """And takes it once that one has not come back in time."""
    _hold_elsewhere(context, until=100)
    assert not beat(context)
    assert _swept_at(context) is None
    with context.database.writing() as session:
        session.get_one(DutyRow, duties.SWEEP).held_until = context.database.now(session) - 1
    assert beat(context)
    with context.database.reading() as session:
        assert session.get_one(DutyRow, duties.SWEEP).owner == identity()


def test_an_old_sweep_is_seen(context: Context) -> None:
    """Whoever asks how the service is hears that recovery stands still."""
    assert beat(context)
    with context.database.writing() as session:
        session.get_one(DutyRow, duties.SWEEP).done_at = context.database.now(session) - 3600
    assert not is_beating(context.settings)


def test_a_database_that_is_away_counts_as_no_sweep(context: Context) -> None:
    """Nothing is raised to whoever asks."""
    settings = context.settings.model_copy(update={"database_url": "sqlite:////nowhere/at/all/augury.db"})
    assert not is_beating(settings)


def test_a_part_of_the_sweep_that_fails_holds_up_no_other_and_is_seen(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts after it are done all the same; the sweep does not count as done."""
    done = []

    def fails(*_: object) -> None:
        raise RuntimeError("a row that nobody thought of")

    monkeypatch.setattr(sweeping, "_PARTS", (fails, lambda *_: done.append(True)))
    assert not beat(replace(context))
    assert done == [True]
    assert not is_beating(context.settings)
