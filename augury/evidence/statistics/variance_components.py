"""How sure a paired difference is: its variance over seeds and over images, and the interval that follows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from augury.evidence.statistics.distributions import binomial_tail, t_quantile, t_tail
from augury.evidence.statistics.drawn_units import DrawnUnits, drawn_units
from augury.evidence.statistics.paired_outcomes import Floats, Integers, PairedOutcomes
from augury.evidence.statistics.weighted_units import telling_units, weighted_signs


@dataclass(frozen=True)
class Interval:
    """A mean, its confidence interval and the standard deviation of what it was taken over, in one unit."""

    mean: float
    low: float
    high: float
    standard_deviation: float


@dataclass(frozen=True)
class PairedDifference:
    """A mean paired difference and where its uncertainty comes from; points, and points squared for variances.

    The seeds' differences d_1 ... d_k have the variance s² among themselves, which more seeds average out, and a
    covariance, because the same images are validated on again and again, which no number of seeds does. The mean of
    all then has the variance s²/k + covariance: the random-effects variance of a crossed design of seeds and images.
    A fixed validation set is the design with every image under every seed, a random split one with some of them.
    """

    mean: float
    standard_deviation: float
    """Of the differences over seeds, as observed."""
    seeds: int
    between_seeds: float
    """Variance of one seed's difference that is its own."""
    drawing: float
    """What of that comes of judging by so few images; the rest comes of training, and no image takes it away."""
    covariance: float
    """Of two seeds' differences, on the safe side by one standard error of its estimate."""
    likely_covariance: float
    """Of two seeds' differences, as estimated."""
    units: int
    """Different images (or groups of them) that were validated on under any seed."""
    units_per_seed: float
    population: float
    """Images (or groups) that the validation sets overlap as if drawn from; infinite where none overlap."""
    images_per_unit: float
    effective_units: float = math.inf
    """So many units of one size would tell as much (Kish): no more than there are, and all of them if alike in size."""
    gained: int = 0
    """Units on which the candidate was right more often than the reference, over all seeds."""
    lost: int = 0
    """Units on which it was right less often; the other units speak for neither."""
    step: float = 1.0
    """The most that an image's coming out otherwise changes of its contribution; 1 of accuracy."""

    @property
    def standard_error(self) -> float:
        """Of the mean."""
        return math.sqrt(self.between_seeds / self.seeds + self.covariance)

    @property
    def degrees_of_freedom(self) -> float:
        """Of the standard error, after Welch and Satterthwaite; k - 1 or more."""
        of_seeds, units = self.between_seeds / self.seeds, min(self.units, self.effective_units)
        return degrees_of_freedom(of_seeds, self.covariance, self.seeds, units)

    @property
    def sign_p(self) -> float:
        """The two-sided p of the exact sign test over the units that speak for either arm, as ``sign_test`` has it."""
        return sign_test(self.gained, self.lost)

    def interval(self, confidence: float) -> Interval:
        """The two-sided t interval, in points.

        As long as the units that speak for a difference are so few, or so divided, that an exact sign test over them
        does not find one at this confidence, it is no narrower than so many units can resolve (see ``resolution``).

        Raises:
            ValueError: *confidence* is not in (0, 1).
        """
        if not 0 < confidence < 1:
            raise ValueError(f"a confidence lies between 0 and 1, got {confidence}")
        half = t_quantile((1 + confidence) / 2, self.degrees_of_freedom) * self.standard_error
        if not self._is_shown_by_signs(1 - confidence):
            half = max(half, self.step * resolution(self.units, confidence))
        return Interval(self.mean, self.mean - half, self.mean + half, self.standard_deviation)

    def p_value(self) -> float:
        """One minus the largest confidence at which the interval leaves zero out; 1 for a mean of zero."""
        if self.mean == 0:
            return 1.0
        by_resolution = min(1.0, 2 * max(0.0, 1 - abs(self.mean) / (100 * self.step)) ** self.units)
        by_signs = self.sign_p if self._is_of_one_sign else 1.0
        by_units = min(by_resolution, by_signs)
        if self.standard_error == 0:
            return by_units
        return max(by_units, 2 * t_tail(abs(self.mean) / self.standard_error, self.degrees_of_freedom))

    @property
    def _is_of_one_sign(self) -> bool:
        """Whether the mean has the sign of most of the units: signs that say the contrary show nothing of it."""
        return self.mean * (self.gained - self.lost) > 0

    def _is_shown_by_signs(self, level: float) -> bool:
        return self._is_of_one_sign and self.sign_p < level


def estimate_paired_difference(outcomes: PairedOutcomes) -> PairedDifference:
    """Estimate where the uncertainty of a paired difference comes from.

    The variance among seeds is the observed s², but no less than what drawing the images alone makes of it: two seeds
    that happen to agree to the image, which is common when a point is four images, are no proof of certainty.

    The covariance follows from how alike two seeds' differences are on the images that both have (their intraclass
    correlation, Fisher 1925), where Nadeau and Bengio (Machine Learning 52, 2003, section 3) have to assume that they
    are the same. One standard error is added, which with hardly a shared image comes to their assumption.
    The estimators are those of a two-way random-effects design with empty cells (Henderson 1953; Owen, Annals of
    Applied Statistics 1, 2007).
    """
    per_seed, units = outcomes.per_seed, drawn_units(outcomes)
    cells = _cells(outcomes, units, per_seed)
    seeds, of_unit = outcomes.seeds, np.bincount(cells.unit)
    pairs = float((of_unit**2 - of_unit).sum()) / 2
    correlation, error = _correlation(cells, pairs)
    per_seed_units = len(cells.value) / seeds
    effective = _effective_units(units)
    if outcomes.step is not None:
        effective = min(effective, telling_units(np.bincount(cells.unit, cells.value).astype(np.float64)))
    # A deviation from a mean of few is smaller than one from the truth.
    few = per_seed_units * effective / len(of_unit)
    if outcomes.step is not None:
        few = max(few, 2.0)
    of_cell = float(np.mean(cells.value**2)) * few / max(few - 1, 1)
    shared = of_cell * 2 * pairs / (seeds * (seeds - 1))
    # Of a class with three images nothing is known of the fourth: one that says otherwise is counted with them.
    unseen = (100 * outcomes.unseen / len(of_unit)) ** 2
    covariance = shared * min(max(correlation + error, 0.0), 1.0)
    gained, lost = _signs(outcomes, units)
    observed, drawing = float(np.var(per_seed, ddof=1)), of_cell * per_seed_units - covariance
    return PairedDifference(
        mean=math.fsum(per_seed) / seeds,
        standard_deviation=math.sqrt(observed),
        seeds=seeds,
        between_seeds=max(observed, drawing),
        drawing=drawing,
        covariance=covariance + unseen,
        likely_covariance=shared * min(max(correlation, 0.0), 1.0) + unseen,
        units=len(of_unit),
        effective_units=effective,
        gained=gained,
        lost=lost,
        units_per_seed=per_seed_units,
        population=per_seed_units**2 * seeds * (seeds - 1) / (2 * pairs) if pairs else math.inf,
        images_per_unit=len(outcomes.difference) / len(cells.value),
        step=1.0 if outcomes.step is None else outcomes.step,
    )


def sign_test(gained: float, lost: float) -> float:
    """The two-sided p of the exact sign test, for *gained* units against *lost* ones; 1 where there is neither.

    On single images and one seed this is McNemar's test in its exact form (Psychometrika 12, 1947). A t statistic does
    not know how few they are: two images that are always wrong have no spread at all.
    """
    more, all_of_them = round(max(gained, lost)), round(gained) + round(lost)
    return min(1.0, 2 * binomial_tail(more, all_of_them, 0.5)) if all_of_them else 1.0


def resolution(units: float, confidence: float) -> float:
    """The difference that may hide behind *units* images without a single one in its favour; points.

    The exact binomial bound 1 - (alpha/2)^(1/n) (the "rule of three" of Hanley and Lippman-Hand, JAMA 249, 1983).
    """
    return 100 * -math.expm1(math.log((1 - confidence) / 2) / units)


def degrees_of_freedom(of_seeds: float, of_images: float, seeds: float, units: float) -> float:
    """Of the sum of two variance estimates that have seeds - 1 and units - 1 of their own (Satterthwaite 1946)."""
    total = of_seeds + of_images
    if total == 0:
        return seeds - 1
    return 1 / ((of_seeds / total) ** 2 / (seeds - 1) + (of_images / total) ** 2 / max(units - 1, 1))


def _effective_units(units: DrawnUnits) -> float:
    """Units, discounted for differing in size: (sum of sizes)² / sum of squares (Kish, Survey Sampling, 1965, 8.2).

    A size is a unit's images in one seed, so that single images all count in full, however often they were drawn. Where
    a few groups have most of the images, a mean over all and its variance rest on those few.
    """
    sizes = np.bincount(units.unit) / np.bincount(units.unit_of_cell)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def _signs(outcomes: PairedOutcomes, units: DrawnUnits) -> tuple[int, int]:
    """Units that gained and units that lost, by their sums over all seeds and images."""
    sums = np.bincount(units.unit, outcomes.difference)
    if outcomes.step is not None:
        return weighted_signs(sums.astype(np.float64))
    return int((sums > 0).sum()), int((sums < 0).sum())


@dataclass(frozen=True)
class _Cells:
    """What each unit adds to the mean of a seed, beyond its share; units numbered from 0."""

    value: Floats
    unit: Integers
    one_image: float
    """What one image is at least; 0 where contributions may be as small as they like."""


def _cells(outcomes: PairedOutcomes, units: DrawnUnits, per_seed: Floats) -> _Cells:
    sizes = np.bincount(outcomes.seed, minlength=outcomes.seeds)
    contribution = (100 * outcomes.difference - per_seed[outcomes.seed]) / sizes[outcomes.seed]
    value = np.bincount(units.cell, contribution).astype(np.float64)  # the stubs take all counts for integers
    return _Cells(value, units.unit_of_cell, 0.0 if outcomes.step is not None else 100 / float(np.mean(sizes)))


def _correlation(cells: _Cells, pairs: float) -> tuple[float, float]:
    """The correlation of two seeds' values on a unit that both have, and its standard error; (1, 0) if unknowable.

    The error counts one pair more than was seen, so that a correlation of which few pairs could tell is not taken
    for small because they happen to say nothing.
    """
    square = float(np.mean(cells.value**2))
    if pairs == 0 or square == 0:
        return 1.0, 0.0
    sums, squares, fourths = (np.bincount(cells.unit, cells.value**power) for power in (1, 2, 4))
    products = float((sums**2 - squares).sum()) / 2
    products_squared = max(float((squares**2 - fourths).sum()) / 2, 0.0)
    one_more = max(cells.one_image**2, square) ** 2
    return products / (pairs * square), math.sqrt(products_squared + one_more) / (pairs * square)
