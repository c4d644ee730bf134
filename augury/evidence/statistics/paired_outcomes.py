"""What two arms did on the same validation images, seed by seed: what every paired statistic is taken from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.evidence.arm_results import ArmRecord
from augury.evidence.metrics.outputs import ImageDifferences
from augury.evidence.metrics.table import ACCURACY, Metric

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PairedOutcomes:
    """One entry per validation image and seed, all seeds one after the other.

    ``difference`` ``[M]`` is what the image contributes to the difference, above zero where the candidate is better:
    of accuracy 1 where the candidate alone is right, -1 where the reference alone is, and 0 elsewhere; ``seed`` ``[M]``
    counts the seeds from 0 to ``seeds - 1``; ``unit`` ``[M]`` is what was drawn into the validation set: the image's
    index, or that of its group where whole groups are drawn. The same unit under two seeds is the same number.
    ``step`` is the most that an image's coming out otherwise changes of its contribution; None where contributions are
    right or wrong, and it is 1. ``unseen`` is the contribution of one image more, of the class that has the fewest.
    """

    difference: Floats
    seed: Integers
    unit: Integers
    seeds: int
    step: float | None = None
    unseen: float = 0.0

    def __post_init__(self) -> None:
        if self.seeds < 2:
            raise ValueError(f"a spread over seeds needs two of them or more, got {self.seeds}")
        sizes = {len(self.difference), len(self.seed), len(self.unit)}
        if len(sizes) > 1:
            raise ValueError(f"one difference, seed and unit per image, got {sorted(sizes)} of them")
        if self.step is not None:
            if not (np.isfinite(self.difference).all() and 0 < self.step < np.inf):
                raise ValueError(f"differences are finite and their step is above zero, got {self.step}")
        elif not ((self.difference == 0) | (np.abs(self.difference) == 1)).all():
            raise ValueError("differences of right (1) and wrong (0) are -1, 0 or 1")
        empty = np.flatnonzero(np.bincount(self.seed, minlength=self.seeds) == 0)
        if len(empty):
            raise ValueError(f"seed number {empty[0]} has no validation image")

    @property
    def per_seed(self) -> Floats:
        """By how much the candidate is better on each seed, points ``[seeds]``."""
        sums = np.bincount(self.seed, self.difference, self.seeds)
        means: Floats = 100 * sums / np.bincount(self.seed, minlength=self.seeds)
        return means

    def only(self, chosen: Booleans) -> PairedOutcomes | None:
        """The chosen entries ``[M]`` alone; None where they come from fewer than two seeds."""
        seeds, renumbered = np.unique(self.seed[chosen], return_inverse=True)
        if len(seeds) < 2:
            return None
        return PairedOutcomes(
            self.difference[chosen], renumbered, self.unit[chosen], len(seeds), self.step, self.unseen
        )


def outcomes_from(
    candidate: Sequence[npt.ArrayLike], reference: Sequence[npt.ArrayLike], units: Sequence[npt.ArrayLike]
) -> PairedOutcomes:
    """The outcomes of seeds given one by one: which images each arm got right, and which images they were.

    Args:
        candidate: booleans ``[n_s]`` for every seed s.
        reference: booleans ``[n_s]`` for every seed s.
        units: integers ``[n_s]`` for every seed s (see PairedOutcomes).

    Raises:
        ValueError: fewer than two seeds, a seed without images, or lengths that do not match.
    """
    right = [np.asarray(each, dtype=np.bool_) for each in candidate]
    against = [np.asarray(each, dtype=np.bool_) for each in reference]
    of_units = [np.asarray(each, dtype=np.int64) for each in units]
    lengths = [[len(each) for each in side] for side in (right, against, of_units)]
    if not lengths[0] == lengths[1] == lengths[2]:
        raise ValueError(f"the arms and their images differ in number: {lengths[0]}, {lengths[1]}, {lengths[2]}")
    return PairedOutcomes(
        _joined([of - to for of, to in zip(map(_as_floats, right), map(_as_floats, against), strict=True)], np.float64),
        np.repeat(np.arange(len(right)), lengths[0]),
        _joined(of_units, np.int64),
        len(right),
    )


def shared_seeds(candidate: ArmRecord, reference: ArmRecord) -> list[int]:
    """The seeds that both arms finished, ascending."""
    return sorted(candidate.seeds.keys() & reference.seeds.keys())


def paired_differences(
    candidate: ArmRecord, reference: ArmRecord, metric: Metric = ACCURACY
) -> dict[int, ImageDifferences]:
    """What every image contributes to the arms' difference, by seed, ascending.

    Of the seeds that both arms finished and on which the metric is defined for both.

    Args:
        candidate: the arm in question.
        reference: the arm it is compared with, on the same validation images for the same seed.
        metric: that decides.

    Raises:
        ValueError: the arms were validated on different images.
    """
    found = {}
    for seed in shared_seeds(candidate, reference):
        one, other = candidate.seeds[seed], reference.seeds[seed]
        if one.indices is not other.indices and not np.array_equal(one.indices, other.indices):
            raise ValueError(f"{candidate.name!r} and {reference.name!r} were validated on different images")
        differences = metric.differences(one, other)
        if differences is not None:
            found[seed] = differences
    return found


def paired_outcomes(
    candidate: ArmRecord,
    reference: ArmRecord,
    groups: npt.NDArray[Any] | None = None,
    metric: Metric = ACCURACY,
) -> PairedOutcomes | None:
    """The outcomes on the seeds of ``paired_differences``; None for fewer than two.

    Args:
        candidate: the arm in question.
        reference: the arm it is compared with, on the same validation images for the same seed.
        groups: an integer per image of the snapshot ``[N]``, where validation images are drawn in groups.
        metric: that decides.

    Raises:
        ValueError: the arms were validated on different images.
    """
    differences = paired_differences(candidate, reference, metric)
    return outcomes_of(differences, units_of(reference, groups))


def units_of(arm: ArmRecord, groups: npt.NDArray[Any] | None = None) -> dict[int, npt.NDArray[Any]]:
    """What was drawn into an arm's validation sets, by seed: images ``[V]``, or their groups."""
    return {seed: each.indices if groups is None else groups[each.indices] for seed, each in arm.seeds.items()}


def outcomes_of(
    differences: Mapping[int, ImageDifferences], units_by_seed: Mapping[int, npt.NDArray[Any]]
) -> PairedOutcomes | None:
    """The outcomes of ``paired_differences``; None for fewer than two seeds.

    Args:
        differences: by seed.
        units_by_seed: what was drawn ``[V]``, of these seeds and perhaps others.
    """
    if len(differences) < 2:
        return None
    units = [
        units_by_seed[seed] if each.chosen is None else units_by_seed[seed][each.chosen]
        for seed, each in differences.items()
    ]
    steps = [each.step for each in differences.values() if each.step is not None]
    return PairedOutcomes(
        np.concatenate([each.difference for each in differences.values()]),
        np.repeat(np.arange(len(units)), list(map(len, units))),
        np.concatenate(units).astype(np.int64, copy=False),
        len(units),
        float(np.mean(steps)) if steps else None,
        float(np.mean([each.unseen for each in differences.values()])),
    )


def _as_floats(right: Booleans) -> Floats:
    return right.astype(np.float64)


def _joined(arrays: list[npt.NDArray[Any]], dtype: type) -> npt.NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, dtype)
