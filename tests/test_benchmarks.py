"""Benchmarks that fill tables by themselves keep step with the tables."""

from __future__ import annotations

from benchmarks.history import compare


def test_a_history_is_filled_and_everything_done_in_it() -> None:
    """Whatever columns the tables have come to need; how long it takes is not looked at here."""
    medians = compare([1, 2], rounds=1, on_postgres=False)
    assert set(medians) == {1, 2}
    assert all(
        set(times) == {"submit", "list", "list by state", "list by label", "view", "claim", "advance", "sweep"}
        for times in medians.values()
    )
