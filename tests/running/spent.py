"""What the tests spend: processor time by file, which is the same whatever else a machine does, as a clock's is not."""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

_PROPERTY = "processor seconds"
_SHOWN = 20

_before = 0.0


def begin() -> None:
    """Count from here on: what comes before is to find the tests."""
    global _before
    _before = _now()


def _now() -> float:
    return sum(os.times()[:4])


def note(report: pytest.TestReport) -> None:
    """Have a report carry what was spent since the one before, by this process and by children that have ended."""
    global _before
    now = _now()
    report.user_properties.append((_PROPERTY, now - _before))
    _before = now


def by_file(reports: list[pytest.TestReport]) -> dict[str, float]:
    """Seconds of each file, whichever processes had its tests."""
    spent: dict[str, float] = defaultdict(float)
    for report in reports:
        for name, value in report.user_properties:
            if name == _PROPERTY and isinstance(value, float):
                spent[report.nodeid.partition("::")[0]] += value
    return spent


def summary(reports: list[pytest.TestReport]) -> list[str]:
    """Lines for the end of a run: the whole, and the files that took the most of it."""
    spent = by_file(reports)
    most = sorted(spent.items(), key=lambda each: -each[1])[:_SHOWN]
    whole = f"{sum(spent.values()):.0f} s of processor time went into {len(spent)} files, starts of servers included"
    return [whole, *(f"{seconds:7.1f} s {file}" for file, seconds in most)]
