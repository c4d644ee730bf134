"""How much memory this process holds, and has held."""

from __future__ import annotations

import os

import pytest

from augury.memory import available_bytes, forget_peak, peak_bytes

LARGE = 200_000_000


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the system keeps the peak of all time")
def test_a_peak_is_that_since_it_was_last_forgotten() -> None:
    """What was held before and given back is not counted to what comes after."""
    held = b"\1" * LARGE
    with_it = peak_bytes()
    del held
    forget_peak()
    without_it = peak_bytes()
    assert with_it is not None
    assert without_it is not None
    assert without_it < with_it - LARGE / 2


def test_what_is_left_is_some_of_what_there_is() -> None:
    """More than nothing, where the system says how much."""
    left = available_bytes()
    assert left is None or left > 0
