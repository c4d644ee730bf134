"""The next item is made while the present one is used."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from augury.training.prefetching import one_ahead
from tests.augury.training.conftest import Nobody


def test_items_keep_their_order(monitor: Nobody) -> None:
    """All of them, and the monitor is asked at each."""
    assert list(one_ahead(iter(range(1, 6)), monitor)) == [1, 2, 3, 4, 5]
    assert monitor.checks >= 5


def test_the_next_item_is_made_before_it_is_asked_for(monitor: Nobody) -> None:
    """On another thread, and no further ahead than that."""
    made: list[int] = []
    second_made = threading.Event()

    def items() -> Iterator[int]:
        for item in (1, 2, 3, 4):
            made.append(item)
            if item == 2:
                second_made.set()
            yield item

    coming = one_ahead(items(), monitor)
    assert next(coming) == 1
    assert second_made.wait(60)
    coming.close()  # type: ignore[attr-defined]
    assert made == [1, 2]


def test_what_goes_wrong_in_the_making_is_raised_in_its_place(monitor: Nobody) -> None:
    """After the items before it, a TimeoutError included."""

    def items() -> Iterator[int]:
        yield 1
        raise TimeoutError("too slow")

    coming = one_ahead(items(), monitor)
    assert next(coming) == 1
    with pytest.raises(TimeoutError, match="too slow"):
        next(coming)
