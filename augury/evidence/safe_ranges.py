"""How strong a random parameter may be before the baseline's model no longer recognises the images."""

from __future__ import annotations

from collections.abc import Sequence

from augury.evidence.dose_response import FLIPS, SHIFTS, Shape, at_fraction
from augury.evidence.probe_results import Value

THRESHOLD = 0.95
"""The affinity that a safe range keeps.

Lower than one would think, since an augmentation that changes nothing has no use, and an affinity is known to about one
point from 360 images; see docs/why.md for what other thresholds gave in training.
"""

Points = Sequence[tuple[float, float]]
"""(fraction of the spec's strength, affinity), ascending in fraction."""


def safe_fraction(points: Points, threshold: float = THRESHOLD) -> float:
    """The largest fraction of a strength up to which the affinity stays at or above the threshold.

    Affinity is taken to fall as strength grows (the envelope of its smallest values so far), to be 1 at strength zero,
    and to be straight between the strengths that were measured.

    Returns:
        In [0, 1]; 1 where it never falls below.
    """
    last_fraction, last = 0.0, 1.0
    for fraction, affinity in points:
        lowest = min(last, affinity)
        if lowest < threshold:
            if last <= threshold:
                return last_fraction
            return last_fraction + (fraction - last_fraction) * (last - threshold) / (last - lowest)
        last_fraction, last = fraction, lowest
    return 1.0


def safe_value(
    parameter: str, value: Value, points: Points, shape: Shape, threshold: float = THRESHOLD
) -> Value | None:
    """A parameter's value at its safe fraction; None where no strength is safe.

    Whole-pixel shifts and flips have no values between, and take the largest strength that was measured and is safe.
    """
    fraction = safe_fraction(points, threshold)
    if parameter in FLIPS or (parameter in SHIFTS and isinstance(value, int)):
        fraction = max((each for each, _ in points if each <= fraction), default=0.0)
    return at_fraction(parameter, value, fraction, shape) if fraction > 0 else None
