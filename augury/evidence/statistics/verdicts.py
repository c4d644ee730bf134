"""The rule from an interval to a verdict."""

from __future__ import annotations

from api_schemas.reports.report import Verdict


def verdict_of(low: float, high: float, practical_effect: float) -> Verdict:
    """What an interval for (candidate minus baseline) supports; all in percentage points.

    Asked in this order: inside ±practical_effect, wholly above zero, wholly below zero.
    """
    if -practical_effect <= low and high <= practical_effect:
        return Verdict.EQUIVALENT
    if low > 0:
        return Verdict.HELPS
    if high < 0:
        return Verdict.HURTS
    return Verdict.INCONCLUSIVE
