"""Pages that several tests look at, rendered once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from augury.reporting.html import render_html
from tests.augury.reporting import samples

SAMPLES = {
    "full": samples.full,
    "minimal": samples.minimal,
    "training": samples.training,
    "troubled": samples.troubled,
    "hostile": samples.hostile,
    "crowded": samples.crowded,
}


@cache
def _page(name: str) -> str:
    report = SAMPLES[name]()
    return render_html(report, {candidate.name: samples.png() for candidate in report.candidates})


@pytest.fixture(scope="session")
def page() -> Callable[[str], str]:
    """The page of a sample, by the sample's name."""
    return _page
