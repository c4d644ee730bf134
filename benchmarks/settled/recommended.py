"""How often a report would recommend what is worse than its baseline: reports drawn from kept trials."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from augury.evidence.recommendation.rejection import CAUTION
from augury.evidence.statistics.distributions import t_quantile
from settled.judged import Group, groups_of
from settled.trials import BASELINE, KeptTrial

_REPORTS = 20_000
_FRESH = 5
"""Seeds of a confirmation."""


@dataclass(frozen=True)
class Recommended:
    """What became of the recommendations of one setting, as shares of all reports."""

    kept: float
    """A candidate was recommended in the end, and not the baseline."""
    is_worse: float
    """It was, and over all seeds that candidate is below the baseline by more than the practical effect."""
    would_be_by_mean: float
    """The same if a mean that is not below zero were enough."""
    would_be_worse: float
    """The same if confirmations changed nothing."""
    harm: float
    """Mean points that reports lose by their recommendation, of those in which it is worse; 0 where none is."""


def recommended_table(trials: Iterable[KeptTrial], seeds: int) -> str:
    """As Markdown, a setting a row. *seeds* is how many the comparison has, before those of its confirmation."""
    heads = ("setting", "recommended", "worse", "by mean: worse", "unconfirmed: worse", "loses")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for group in groups_of(trials, ["accuracy"]):
        told = _of_group(group, seeds)
        if told is not None:
            shares = (told.kept, told.is_worse, told.would_be_by_mean, told.would_be_worse)
            cells = [f"{100 * each:.1f} %" for each in shares]
            lines.append(f"| {group.setting} | {' | '.join(cells)} | {told.harm:.1f} |")
    return "\n".join(lines)


def _of_group(group: Group, seeds: int) -> Recommended | None:
    """Of reports whose seeds are drawn, with replacement, from those that all arms have; None of fewer than three.

    The candidate with the highest mean is what is tried on fresh seeds; there it stays where its mean is not below
    zero and does not leave harm too likely, as in ``augury.evidence.recommendation.rejection``, but by its seeds alone,
    as images are not drawn.
    """
    if len(group.seeds) < 3:
        return None
    differences = _differences(group)
    true = differences.mean(axis=1)
    drawn = np.random.default_rng(0).integers(0, len(group.seeds), (_REPORTS, seeds + _FRESH))
    seen = differences[:, drawn]  # [candidates, reports, seeds]
    best = seen[:, :, :seeds].mean(axis=2).argmax(axis=0)
    fresh = np.take_along_axis(seen[:, :, seeds:], best[np.newaxis, :, np.newaxis], axis=0)[0]
    confirmed, error = fresh.mean(axis=1), fresh.std(axis=1, ddof=1) / np.sqrt(_FRESH)
    cautious = confirmed - t_quantile((1 + CAUTION) / 2, _FRESH - 1) * error
    is_kept = (confirmed >= 0) & (cautious >= -group.evaluation.practical_effect)
    is_bad = true[best] < -group.evaluation.practical_effect
    is_worse = is_kept & is_bad
    harm = float(-true[best][is_worse].mean()) if is_worse.any() else 0.0
    by_mean = float(((confirmed >= 0) & is_bad).mean())
    return Recommended(float(is_kept.mean()), float(is_worse.mean()), by_mean, float(is_bad.mean()), harm)


def _differences(group: Group) -> npt.NDArray[np.float64]:
    """Points ``[candidates, seeds]``."""
    baseline = group.arms[BASELINE].seeds
    return np.array(
        [
            [100 * (group.arms[name].seeds[seed].accuracy - baseline[seed].accuracy) for seed in group.seeds]
            for name in group.candidates
        ]
    )
