"""Looking at the evidence several times, with the error of all looks together kept.

Every look gets a share of the error, as a group-sequential design spends it (Lan and DeMets, Biometrika 70, 1983), by
the power family of Kim and DeMets (Biometrika 74, 1987). The shares simply add up, which is a little conservative, as
looks share seeds; in return it is exact for t intervals of few seeds, for unplanned losses of trials, and needs no
joint distribution. As all intervals of all looks cover the truth together, *every* verdict drawn from them is
controlled: an early "equivalent" as much as an early "helps".
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from api_schemas.reports.report import Verdict

_SPENDING_POWER = 1.5
_MAX_STEP = 2.0


def looks(minimum: int, maximum: int) -> list[int]:
    """How many seeds each arm has at each look: from *minimum* in about equal ratios, below doubling, to *maximum*.

    Raises:
        ValueError: not 2 <= minimum <= maximum.
    """
    if not 2 <= minimum <= maximum:
        raise ValueError(f"looks need 2 <= minimum <= maximum, got {minimum} and {maximum}")
    steps = math.ceil(math.log(maximum / minimum, _MAX_STEP) - 1e-9)
    ratio = maximum / minimum
    return [minimum, *(round(minimum * ratio ** (step / steps)) for step in range(1, steps + 1))]


def confidence_at(schedule: Sequence[int], seeds: int, confidence: float, comparisons: int = 1) -> float:
    """The confidence of each interval at a look, for all of all looks and comparisons to hold together.

    Args:
        schedule: from ``looks``; a fixed number of seeds is a schedule of one look.
        seeds: planned per arm so far. A comparison that is ended between two looks uses up the coming one's share,
            which is spent once, as no later look follows.
        confidence: of everything together, in (0, 1).
        comparisons: candidates that get a verdict (Bonferroni).

    Raises:
        ValueError: a confidence out of range, or no comparison.
    """
    if not 0 < confidence < 1 or comparisons < 1:
        raise ValueError(f"expected 0 < confidence < 1 and a comparison or more, got {confidence} and {comparisons}")
    look = min(bisect_left(schedule, seeds), len(schedule) - 1)
    before = _spent(schedule[look - 1] / schedule[-1]) if look else 0.0
    share = _spent(schedule[look] / schedule[-1]) - before
    return 1 - (1 - confidence) * share / comparisons


def settled(verdict: Verdict) -> bool:
    """Whether a candidate needs no further seeds. A settled verdict stands, with the interval that settled it."""
    return verdict is not Verdict.INCONCLUSIVE


def _spent(fraction: float) -> float:
    """The share of the error that is spent when this fraction of the seeds is there."""
    return math.pow(fraction, _SPENDING_POWER)
