"""A number as experiment trackers keep it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """One value of a metric, at a step: an epoch, a seed, or how many seeds there were."""

    name: str
    value: float
    step: int
