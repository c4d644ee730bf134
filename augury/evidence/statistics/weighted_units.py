"""How many units speak where each has a weight of its own, as with every metric but accuracy."""

from __future__ import annotations

import numpy as np

from augury.evidence.metrics.outputs import Floats


def telling_units(contributions: Floats) -> float:
    """So many units of normal contributions would tell as much of the variance; no more than there are.

    A sample variance of n values with the kurtosis k has about 2 n / (k - 1) degrees of freedom, as its own variance
    says (Satterthwaite, Biometrics Bulletin 2, 1946; O'Neill, The American Statistician 68, 2014). Where three images
    of a rare class, or two lost with certainty, make nearly all of it, it rests on those few.

    Args:
        contributions: of units to a mean, deviations from it ``[units]``.
    """
    units, squares = len(contributions), float((contributions**2).sum())
    if squares == 0:
        return float(units)
    kurtosis = units * float((contributions**4).sum()) / squares**2
    return float(units) if kurtosis <= 1 else min(float(units), 1 + 2 * units / (kurtosis - 1))


def weighted_signs(sums: Floats) -> tuple[int, int]:
    """Units that speak for the candidate and against it, for the sign test: as many of one weight as tell as much.

    Those of unequal weights count as (sum of sizes)² / sum of squares (Kish, Survey Sampling, 1965, 8.2), shared out
    by size. The exact test of so many then stands for flipping each unit's sign at random (Fisher, The Design of
    Experiments, 1935): both have the same normal deviate, sum / sqrt(sum of squares).

    Args:
        sums: what each unit contributed over all seeds ``[units]``.
    """
    sizes = np.abs(sums)
    total = float(sizes.sum())
    if total == 0:
        return 0, 0
    speaking, share = total**2 / float((sizes**2).sum()), float(sums[sums > 0].sum()) / total
    return round(speaking * share), round(speaking * (1 - share))
