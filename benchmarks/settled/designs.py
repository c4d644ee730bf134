"""What numbers of seeds amount to: simulated differences that are normal, and the looks that plans take at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import stats

from augury.evidence.statistics.alpha_spending import confidence_at, looks, scheduled
from settled.judged import RESERVE

DESIGNS = ((4, 4), (5, 5), (2, 10), (3, 10), (4, 10), (5, 10), (6, 10), (7, 10), (10, 10), (6, 12))
EFFECTS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Differences in units of their deviation from seed to seed."""
CANDIDATES = 3
_COMPARISONS = 4000
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Design:
    """A range of seeds, its looks, and what comes of each effect."""

    looks: list[int]
    of_effect: dict[float, dict[str, float]]


def designs() -> Iterator[Design]:
    """For each range of seeds: how often each effect is found, with how many seeds, and the interval's half width.

    The width is the median of that of the interval that the verdict is from, in units of the deviation.
    """
    for minimum, maximum in DESIGNS:
        generator = np.random.default_rng(0)  # the same differences for all
        seen = generator.standard_normal((_COMPARISONS, max(most for _, most in DESIGNS)))[:, :maximum]
        of_effect = {effect: _of_design(minimum, maximum, seen + effect) for effect in EFFECTS}
        yield Design(looks(minimum, maximum), of_effect)


def _of_design(minimum: int, maximum: int, differences: np.ndarray) -> dict[str, float]:
    """Of differences ``[comparisons, maximum]``."""
    schedule = scheduled(looks(minimum, maximum), (), RESERVE)
    is_open = np.ones(len(differences), bool)
    seeds, half = np.full(len(differences), maximum), np.zeros(len(differences))
    for look in schedule:
        quantile = (1 + confidence_at(schedule, look, _CONFIDENCE, CANDIDATES)) / 2
        of_look = differences[:, :look]
        reach = stats.t.ppf(quantile, look - 1) * of_look.std(axis=1, ddof=1) / np.sqrt(look)
        half[is_open] = reach[is_open]
        is_found = is_open & (np.abs(of_look.mean(axis=1)) > reach)
        seeds[is_found] = look
        is_open &= ~is_found
    return {"found": float(1 - is_open.mean()), "seeds": float(seeds.mean()), "half_width": float(np.median(half))}


def designs_table() -> str:
    """As Markdown."""
    head = " | ".join(f"{effect:g}" for effect in EFFECTS)
    lines = [f"| seeds | looks | {head} |", f"|---|---|{'---|' * len(EFFECTS)}"]
    for (minimum, maximum), row in zip(DESIGNS, designs(), strict=True):
        cells = [
            f"{100 * each['found']:.0f} %, {each['seeds']:.1f}, ±{each['half_width']:.2f}"
            for each in row.of_effect.values()
        ]
        name = f"{minimum}" if minimum == maximum else f"{minimum} to {maximum}"
        lines.append(f"| {name} | {', '.join(map(str, row.looks))} | {' | '.join(cells)} |")
    return "\n".join(lines)
