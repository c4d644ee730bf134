"""What can happen on a single seed: how often a candidate is ahead, its worst run, and failures that were not seen."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.evidence import SingleSeeds
from api_schemas.reports.report import Difference
from augury.evidence.statistics.distributions import beta_quantile

CONFIDENCE = 0.95
_TIED = 1e-9


def single_seeds(difference: Difference, collapsed: Sequence[int]) -> SingleSeeds:
    """How a candidate did seed by seed. An interval of the mean does not show that one run in twenty fails.

    The share of seeds on which it is ahead estimates P(A > B) of Bouthillier et al. ("Accounting for Variance in
    Machine Learning Benchmarks", MLSys 2021), ties counting half. They take a bootstrap's interval; of few seeds the
    exact one of Clopper and Pearson (Biometrika 26, 1934) is taken here, at whose low end ties count against the
    candidate and at whose high end for it. So is the largest share of failing runs that the runs seen do not exclude.

    Args:
        difference: candidate minus baseline, points, with each seed's own.
        collapsed: the seeds on which the candidate's training failed.
    """
    seeds, points = difference.seeds, difference.per_seed
    won, tied = sum(each > _TIED for each in points), sum(abs(each) <= _TIED for each in points)
    worst = min(range(len(seeds)), key=lambda at: points[at])
    tail = (1 - CONFIDENCE) / 2
    return SingleSeeds(
        seeds=len(seeds),
        worst_seed=seeds[worst],
        worst_difference=points[worst],
        ahead=(won + tied / 2) / len(seeds),
        ahead_low=_share_at(tail, won, len(seeds) - won + 1),
        ahead_high=_share_at(1 - tail, won + tied + 1, len(seeds) - won - tied),
        collapsed=list(collapsed),
        collapse_share_high=_share_at(CONFIDENCE, len(collapsed) + 1, len(seeds) - len(collapsed)),
    )


def _share_at(probability: float, successes: float, failures: float) -> float:
    """A quantile of the beta distribution that an exact binomial bound is; 0 or 1 where one of the two is nothing."""
    if successes == 0:
        return 0.0
    return 1.0 if failures == 0 else beta_quantile(probability, successes, failures)
