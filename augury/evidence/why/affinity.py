"""Affinity and diversity, the two measures of Gontijo-Lopes et al. 2020.

"Affinity and Diversity: Quantifying Mechanisms of Data Augmentation" (arXiv 2002.08973; ICLR 2021 as "Tradeoffs in
Data Augmentation: An Empirical Study"). Neither measure alone tells how an augmentation will do: at the same affinity
more diversity is better, and at the same diversity more affinity is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from augury.evidence.arm_results import ArmRecord
from augury.evidence.probe_results import ClassCounts

CONFIDENCE = 0.95
_MIN_SEEDS = 3


@dataclass(frozen=True)
class Affinity:
    """A ratio of accuracies with its interval; 1 where augmentation costs the model nothing."""

    value: float
    low: float
    high: float


def affinity_of(augmented: Sequence[ClassCounts], clean: Sequence[ClassCounts]) -> Affinity | None:
    """A(m, D'_val) / A(m, D_val), pooled over the baseline models m of several seeds, with a 95% interval.

    D_val are clean validation images and D'_val the same with the augmentation, labels unchanged. The value is the
    ratio of the seeds' mean accuracies. The interval is the wider of two: Student's t over the seeds' own ratios, from
    three seeds on, which has the models' spread in it; and Wilson's for the share of augmented images that are
    recognised, which has the images' in it, with as many trials as images, not copies, were shown.

    Args:
        augmented: answers to augmented images, one per seed.
        clean: answers to the same images as they are, in the same order of seeds.

    Returns:
        None where no model recognises any clean image.

    Raises:
        ValueError: the two have different lengths.
    """
    if len(augmented) != len(clean):
        raise ValueError(f"one clean answer per augmented one: got {len(clean)} and {len(augmented)}")
    ratios = [mine.accuracy / theirs.accuracy for mine, theirs in zip(augmented, clean, strict=True) if theirs.accuracy]
    if not ratios:
        return None
    reference = float(np.mean([each.accuracy for each in clean]))
    share = float(np.mean([each.accuracy for each in augmented]))
    value = share / reference
    low, high = (end / reference for end in wilson(share, sum(sum(each.shown) for each in clean)))
    if len(ratios) >= _MIN_SEEDS:
        error = float(np.std(ratios, ddof=1)) / math.sqrt(len(ratios))
        half_width = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(ratios) - 1)) * error
        low, high = min(low, value - half_width), max(high, value + half_width)
    return Affinity(value, max(0.0, min(low, value)), max(high, value))


def class_affinities(augmented: Sequence[ClassCounts], clean: Sequence[ClassCounts]) -> list[Affinity | None]:
    """The same for every class by itself, in class order; None where no clean image of a class is recognised.

    Counts are pooled over the seeds before the ratio is taken, as one seed may show a handful of images of a class;
    the interval is Wilson's, with as many trials as images of the class were shown.
    """
    shown, correct = _totals(augmented)
    clean_shown, clean_correct = _totals(clean)
    found: list[Affinity | None] = []
    for images, right, clean_images, clean_right in zip(shown, correct, clean_shown, clean_correct, strict=True):
        if not images or not clean_right:
            found.append(None)
            continue
        reference = clean_right / clean_images
        low, high = wilson(right / images, clean_images)
        found.append(Affinity(right / images / reference, low / reference, high / reference))
    return found


def wilson(share: float, trials: float) -> tuple[float, float]:
    """Wilson's 95% interval for a probability, from an observed share (JASA 22, 1927)."""
    z = float(stats.norm.ppf((1 + CONFIDENCE) / 2))
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half_width = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, centre - half_width), min(1.0, centre + half_width)


def diversity_of(arm: ArmRecord, baseline: ArmRecord) -> float | None:
    """The final training loss under the augmentation over the baseline's, each the mean of its seeds.

    Gontijo-Lopes et al. define diversity as the expected training loss on augmented data; only its relation to the
    loss without augmentation can be compared between models. None where a loss is missing, not finite, or zero.
    """
    losses = [mean_of([record.final_training_loss for record in each.seeds.values()]) for each in (arm, baseline)]
    mine, theirs = losses
    return mine / theirs if mine is not None and theirs else None


def mean_of(values: Sequence[float | None]) -> float | None:
    """The mean; None where there is nothing, or something that is not finite."""
    if not values:
        return None
    finite = [value for value in values if value is not None and math.isfinite(value)]
    return float(np.mean(finite)) if len(finite) == len(values) else None


def _totals(judged: Sequence[ClassCounts]) -> tuple[list[int], list[int]]:
    """Images shown and recognised, by class, over all seeds."""
    shown = [sum(column) for column in zip(*(each.shown for each in judged), strict=True)]
    correct = [sum(column) for column in zip(*(each.correct for each in judged), strict=True)]
    return shown, correct
