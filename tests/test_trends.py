"""What ``benchmarks/soak.py`` calls flat is flat, and what grows is found."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.soaking.trends import BLOCKS, trend_of

SECONDS = [10.0 * number for number in range(180)]
"""Half an hour."""


def test_noise_is_called_growth_about_as_rarely_as_the_interval_says() -> None:
    """Also where neighbouring samples are alike, as memory is: its blocks have the error, and not its samples."""
    generator = np.random.default_rng(1)
    growing = 0
    for _ in range(400):
        steps = generator.normal(size=len(SECONDS) + 5)
        smooth = np.convolve(steps, np.ones(6) / 6, mode="valid")
        growing += not trend_of(SECONDS, list(100 + smooth)).is_flat
    assert growing <= 20


def test_a_leak_is_found_and_its_size_is_within_the_interval() -> None:
    """Two megabytes an hour under noise of a tenth of one."""
    generator = np.random.default_rng(2)
    values = [200 + 2 * at / 3600 + generator.normal(scale=0.1) for at in SECONDS]
    trend = trend_of(SECONDS, values)
    assert not trend.is_flat
    assert trend.low <= 2 <= trend.high


def test_what_never_changes_is_flat() -> None:
    """Without a division by the error that there is not."""
    assert trend_of(SECONDS, [7.0] * len(SECONDS)).is_flat


def test_a_series_that_is_too_short_is_refused() -> None:
    """Rather than to say something of it."""
    with pytest.raises(ValueError, match="too few"):
        trend_of(SECONDS[:BLOCKS], [1.0] * BLOCKS)
