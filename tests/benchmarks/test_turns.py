"""Engines of ``benchmarks/augmentation.py`` take turns, and what is said of them holds beside other work."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.augmenting.turns import Runner, Turn, play, ratio, speed, take_turn

seconds = st.floats(1e-3, 1e3)
rounds_of_two = st.lists(st.tuples(seconds, seconds, seconds), min_size=1, max_size=9)


@given(rounds=rounds_of_two)
def test_a_machine_that_is_slower_in_some_rounds_changes_no_ratio(rounds: list[tuple[float, float, float]]) -> None:
    """Each round by its own factor, which both engines of the round have."""
    idle = ([Turn(10, one, one) for one, _, _ in rounds], [Turn(10, other, other) for _, other, _ in rounds])
    busy = (
        [Turn(10, one * slower, one * slower) for one, _, slower in rounds],
        [Turn(10, other * slower, other * slower) for _, other, slower in rounds],
    )
    assert ratio(*busy) == pytest.approx(ratio(*idle))


@given(rounds=rounds_of_two)
def test_the_median_lies_between_the_lowest_and_the_highest_round(rounds: list[tuple[float, float, float]]) -> None:
    """And these are ratios of rounds that there were."""
    found = ratio([Turn(7, one, 1) for one, _, _ in rounds], [Turn(7, other, 1) for _, other, _ in rounds])
    assert found.lowest <= found.median <= found.highest
    assert found.highest == pytest.approx(max(other / one for one, other, _ in rounds))


def test_what_waits_for_the_processor_is_slower_by_the_wall_alone() -> None:
    """The same work beside much other work: ten times as long until it is done."""
    alone, beside = [Turn(100, 0.5, 0.5)], [Turn(100, 0.5, 5.0)]
    assert ratio(alone, beside).median == 1
    assert ratio(alone, beside, "wall").median == 10
    assert (speed(beside), speed(beside, "wall")) == (200, 20)


def test_engines_that_took_other_numbers_of_turns_are_not_compared() -> None:
    """A ratio is of a round."""
    with pytest.raises(ValueError, match="zip"):
        ratio([Turn(1, 1, 1)] * 2, [Turn(1, 1, 1)])


def test_every_other_round_begins_with_the_last() -> None:
    """So that what comes after another is not always the same one."""
    heard = []

    def runner(name: str) -> Runner:
        return lambda seconds: (heard.append((name, seconds)), Turn(1, 1, 1))[1]

    turns = play({name: runner(name) for name in "abc"}, rounds=3, seconds=0.5)
    assert "".join(name for name, _ in heard) == "abccbaabc"
    assert {seconds for _, seconds in heard} == {0.5}
    assert {name: len(taken) for name, taken in turns.items()} == {"a": 3, "b": 3, "c": 3}


def test_at_least_one_round_is_played() -> None:
    """There is no median of nothing."""
    with pytest.raises(ValueError, match="got 0"):
        play({}, 0, 1.0)


@pytest.mark.parametrize("labelled", [False, True])
def test_a_turn_counts_images_whether_or_not_labels_come_with_them(labelled: bool) -> None:
    """One batch where no time is given."""
    batch = np.zeros((32, 2, 2, 1))
    assert take_turn(iter([(batch, np.zeros(32)) if labelled else batch]), 0.0).images == 32


def test_a_turn_ends_after_so_many_seconds_of_the_processor() -> None:
    """And not before: sleeping does not count."""

    def engine() -> Iterator[np.ndarray]:
        while True:
            time.sleep(0.001)
            began = time.process_time()
            while time.process_time() - began < 0.004:
                pass
            yield np.zeros((1, 1))

    turn = take_turn(engine(), 0.02)
    assert turn.processor >= 0.02
    assert turn.images > 1
    assert turn.wall >= turn.images * 0.001
