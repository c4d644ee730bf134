"""Which signals end a local stack, and how often."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from augury.local import interrupts
from augury.local.interrupts import ENDING, interrupting


@pytest.fixture(autouse=True)
def _as_in_a_terminal() -> Iterator[None]:
    """Whatever the tests themselves were started with: under nohup a closed terminal means nothing."""
    usual = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, usual)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_whatever_ends_a_program_interrupts_it(number: signal.Signals) -> None:
    """So that a service manager's SIGTERM, and a terminal that is closed, stop all that a stack has started."""
    with pytest.raises(KeyboardInterrupt), interrupting():
        signal.raise_signal(number)


def test_signals_that_come_together_are_one_wish() -> None:
    """The second one must not cut short what the first has begun."""
    with interrupting():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        for number in ENDING:
            signal.raise_signal(number)


def test_ctrl_c_some_time_later_is_another_wish_and_nothing_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who does not want to wait any more."""
    monkeypatch.setattr(interrupts, "SAME_WISH_SECONDS", 0.0)
    with interrupting():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_mean_what_they_did() -> None:
    """And under nohup a terminal that is closed means nothing within, either."""
    before = [signal.getsignal(number) for number in ENDING]
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupting():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, usual)
    assert [signal.getsignal(number) for number in ENDING] == before
