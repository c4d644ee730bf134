"""Differences between arms, and what they amount to: what every kind of evidence in a report is told in."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from api_schemas.base import Body, Points


class Verdict(StrEnum):
    """What the data say about a candidate, asked in this order."""

    EQUIVALENT = "equivalent"
    HELPS = "helps"
    HURTS = "hurts"
    INCONCLUSIVE = "inconclusive"


class Difference(Body):
    """A mean paired difference of the deciding metric with its interval, in points; above zero is better."""

    mean: Points
    low: Points
    high: Points
    confidence: float = Field(description="Of this interval taken alone.")
    standard_deviation: Points = Field(description="Of the paired differences over seeds.")
    seeds: list[int] = Field(description="The seeds that both arms finished and that the metric is defined on.")
    per_seed: list[Points]
