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

from augury.evidence.arm_results import ArmRecord
from augury.evidence.probe_results import ClassCounts, Probe
from augury.evidence.statistics.distributions import normal_quantile, t_quantile

CONFIDENCE = 0.95
_MIN_SEEDS = 3


@dataclass(frozen=True)
class Affinity:
    """A ratio of accuracies with its interval; 1 where augmentation costs the model nothing."""

    value: float
    low: float
    high: float


def affinity_of(
    augmented: Sequence[ClassCounts], clean: Sequence[ClassCounts], distinct: float = 1.0
) -> Affinity | None:
    """A(m, D'_val) / A(m, D_val), pooled over the baseline models m of several seeds, with a 95% interval.

    D_val are clean validation images and D'_val the same with the augmentation, labels unchanged. The value is the
    ratio of the seeds' mean accuracies. The interval is the wider of two: Student's t over the seeds' own ratios, from
    three seeds on, which has the models' spread in it; and that of the images, which are no more than the different
    ones among them, however many copies, seeds or models answered, and which takes all spread of answers for theirs.

    Args:
        augmented: answers to augmented images, one per seed.
        clean: answers to the same images as they are, in the same order of seeds.
        distinct: the share of the images shown over all seeds that are different ones, in (0, 1]; see
            ``distinct_share``.

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
    both = _both_ways(augmented, share * reference)
    low, high = _of_images(share, reference, both, distinct * sum(sum(each.shown) for each in clean))
    if len(ratios) >= _MIN_SEEDS:
        error = float(np.std(ratios, ddof=1)) / math.sqrt(len(ratios))
        half_width = t_quantile((1 + CONFIDENCE) / 2, len(ratios) - 1) * error
        low, high = min(low, value - half_width), max(high, value + half_width)
    return Affinity(value, max(0.0, min(low, value)), max(high, value))


def _both_ways(augmented: Sequence[ClassCounts], if_unknown: float) -> float:
    """The mean share of images that are recognised with and without augmentation."""
    shares = [
        sum(each.correct_both_ways) / max(1, sum(each.shown))
        for each in augmented
        if each.correct_both_ways is not None
    ]
    return float(np.mean(shares)) if len(shares) == len(augmented) else if_unknown


def _of_images(share: float, reference: float, both: float, images: float) -> tuple[float, float]:
    """A 95% interval for the ratio of two shares that were observed on the same images.

    That of Bonett and Price for paired data (Statistics in Medicine 25, 2006): two of Wilson's intervals, each with as
    much of the error as makes their ratio's right on the logarithmic scale. Images that are recognised neither way say
    nothing of the ratio.

    Args:
        share: of the images that are recognised augmented.
        reference: of those that are recognised as they are, positive.
        both: of those that are recognised both ways. Where that was not counted it is taken to be as if one had nothing
            to do with the other, which makes the interval too wide rather than too narrow.
        images: how many different ones there are.
    """
    mine, theirs = share * images, reference * images
    either = mine + theirs - min(both, share, reference) * images
    discordant = 2 * either - mine - theirs
    whole = math.sqrt((discordant + 2) / ((mine + 1) * (theirs + 1)))
    parts = [math.sqrt((1 - (count + 1) / (either + 2)) / (count + 1)) for count in (mine, theirs)]
    z = normal_quantile((1 + CONFIDENCE) / 2) * whole / sum(parts)
    (low, high), (least, most) = (_wilson(min(count / either, 1.0), either, z) for count in (mine, theirs))
    return low / most, high / least


def distinct_share(probes: Sequence[Probe], baseline: ArmRecord) -> float:
    """The expected share of the images that probes showed, over all their seeds, that are different ones, in (0, 1].

    A probe shows all validation images of its seed, or a random choice. On a fixed validation set every seed shows the
    same ones, of which each tells its own story once; drawn splits have some in common.
    """
    shown = {probe.seed: sum(probe.clean.shown) for probe in probes if probe.seed in baseline.seeds}
    if not shown:
        return 1.0
    indices = [baseline.seeds[seed].indices for seed in shown]
    images, position = np.unique(np.concatenate(indices), return_inverse=True)
    chosen = np.repeat([min(1.0, shown[seed] / len(each)) for seed, each in zip(shown, indices, strict=True)],
                       [len(each) for each in indices])  # fmt: skip
    never = np.ones(len(images))
    np.multiply.at(never, position, 1 - chosen)
    return min(1.0, float((1 - never).sum()) / float(chosen.sum()))


def class_affinities(
    augmented: Sequence[ClassCounts], clean: Sequence[ClassCounts], distinct: float = 1.0
) -> list[Affinity | None]:
    """The same for every class by itself, in class order; None where no clean image of a class is recognised.

    Counts are pooled over the seeds before the ratio is taken, as one seed may show a handful of images of a class; the
    interval is that of the images, of which a share *distinct* are different ones.
    """
    shown, correct = _totals(augmented)
    clean_shown, clean_correct = _totals(clean)
    counted = [each.correct_both_ways for each in augmented if each.correct_both_ways is not None]
    both = [sum(column) for column in zip(*counted, strict=True)] if len(counted) == len(augmented) else None
    found: list[Affinity | None] = []
    for label, (images, clean_images) in enumerate(zip(shown, clean_shown, strict=True)):
        if not images or not clean_correct[label]:
            found.append(None)
            continue
        share, reference = correct[label] / images, clean_correct[label] / clean_images
        together = share * reference if both is None else both[label] / images
        low, high = _of_images(share, reference, together, distinct * clean_images)
        found.append(Affinity(share / reference, low, high))
    return found


def wilson(share: float, trials: float) -> tuple[float, float]:
    """Wilson's 95% interval for a probability, from an observed share (JASA 22, 1927)."""
    return _wilson(share, trials, normal_quantile((1 + CONFIDENCE) / 2))


def _wilson(share: float, trials: float, z: float) -> tuple[float, float]:
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
