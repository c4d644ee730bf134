"""How often comparisons find what is not there, or what is."""

from __future__ import annotations

import numpy as np
from scipy import stats

from api_schemas.reports.report import Verdict
from augury.evidence.statistics.alpha_spending import Schedule, confidence_at, looks, scheduled, settled
from augury.evidence.statistics.paired_outcomes import PairedOutcomes
from augury.evidence.statistics.variance_components import estimate_paired_difference
from augury.evidence.statistics.verdicts import verdict_of
from augury.planning.comparison import RESERVE
from benchmarks.calibrating.pool import Draw

CONFIDENCE, MARGIN = 0.95, 0.5
SCHEDULES = {
    "5 seeds": scheduled(looks(5, 5), (), RESERVE),
    "3 to 10 seeds": scheduled(looks(3, 10), (), RESERVE),
}
WRONG = (Verdict.HELPS, Verdict.HURTS)


def verdict_after(outcomes: PairedOutcomes, schedule: Schedule, candidates: int = 1) -> tuple[Verdict, int]:
    """The verdict of a comparison, and the seeds that it took. Seeds are looked at in their order."""
    verdict = Verdict.INCONCLUSIVE
    for look in schedule:
        so_far = outcomes.only(outcomes.seed < look)
        assert so_far is not None
        interval = estimate_paired_difference(so_far).interval(confidence_at(schedule, look, CONFIDENCE, candidates))
        verdict = verdict_of(interval.low, interval.high, MARGIN)
        if settled(verdict):
            return verdict, look
    return verdict, schedule[-1]


def share(hits: int, comparisons: int) -> dict[str, float]:
    """A rate with its exact 95 % interval (Clopper and Pearson)."""
    interval = stats.binomtest(hits, comparisons).proportion_ci(0.95)
    return {"rate": hits / comparisons, "low": interval.low, "high": interval.high, "comparisons": comparisons}


def false_verdicts(draw: Draw, schedule: Schedule, comparisons: int) -> dict[str, float]:
    """The share of comparisons that find a difference where there is none."""
    verdicts = [verdict_after(draw(schedule[-1]), schedule)[0] for _ in range(comparisons)]
    return share(sum(verdict in WRONG for verdict in verdicts), comparisons)


def power(draw: Draw, schedule: Schedule, comparisons: int, candidates: int = 1) -> dict[str, float]:
    """The share of comparisons that find a planted loss, and the seeds that they take."""
    found = [verdict_after(draw(schedule[-1]), schedule, candidates) for _ in range(comparisons)]
    seeds = float(np.mean([used for _, used in found]))
    return share(sum(verdict is Verdict.HURTS for verdict, _ in found), comparisons) | {"seeds": seeds}
