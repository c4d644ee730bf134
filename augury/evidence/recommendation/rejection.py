"""What to use where the recommendation did not hold up on its fresh seeds: nothing that lost is recommended."""

from __future__ import annotations

from dataclasses import dataclass

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.plans import BASELINE
from api_schemas.recommendations import RecommendedSpec
from api_schemas.reports.report import Difference
from augury.evidence.dose_response import random_values
from augury.evidence.wording import preprocessing_in_words, valued
from augury.wording import joined

CAUTION = 2 / 3
"""The confidence of the two-sided interval below which harm has odds of one to five."""


@dataclass(frozen=True)
class Proven:
    """A candidate that the comparison shows to help, and how it did on the fresh seeds of the confirmation."""

    name: str
    spec: ImageDataGeneratorSpec
    against_baseline: Difference


def replacement_for(
    against_baseline: Difference | None,
    against_best: Difference | None,
    baseline: ImageDataGeneratorSpec,
    proven: Proven | None,
    *,
    may_harm: bool,
) -> RecommendedSpec | None:
    """What to use instead of a recommendation that lost; None where it did not.

    It lost where its mean is below the baseline's, shown or not: whoever has the baseline has no reason to change. It
    lost where it may harm all the same, and where it is shown to be below a candidate that is proven. In its place
    comes the proven candidate where that one did not fall below the baseline on the fresh seeds itself, and else the
    baseline.

    Args:
        against_baseline: recommended minus baseline on the fresh seeds; None where it was not measured or is one.
        against_best: recommended minus the best candidate on the same seeds; None likewise.
        baseline: the baseline's spec.
        proven: the best candidate, where the comparison shows that it helps and it is not the recommended spec.
        may_harm: what the fresh seeds leave possible, see ``may_harm``.
    """
    stands = proven is not None and proven.against_baseline.mean >= 0
    is_below_baseline = against_baseline is not None and against_baseline.mean < 0
    is_below_proven = stands and against_best is not None and against_best.high < 0
    if not is_below_baseline and not is_below_proven and not may_harm:
        return None
    if proven is not None and stands:
        return RecommendedSpec(
            starts_from=proven.name,
            spec=proven.spec,
            changes=[],
            is_no_augmentation=not proven.spec.has_augmentation,
            sentence=f"Use {proven.name} as it is: {spec_in_words(proven.spec)}.",
        )
    return RecommendedSpec(
        starts_from=BASELINE,
        spec=baseline,
        changes=[],
        is_no_augmentation=True,
        sentence=f"Keep the baseline: no augmentation, only {preprocessing_in_words(baseline)}.",
    )


def may_harm(cautious: Difference | None, practical_effect: float) -> bool:
    """Whether the odds that a spec costs more than what matters are worse than one to five, by its fresh seeds alone.

    A mean above zero is no reason to change where it is the mean of what goes up and down by many times as much.

    Args:
        cautious: the spec minus the baseline on its fresh seeds, at the confidence ``CAUTION``; None: not measured.
        practical_effect: points that would not matter.
    """
    return cautious is not None and cautious.low < -practical_effect


def spec_in_words(spec: ImageDataGeneratorSpec) -> str:
    """A spec's random transforms with their values, and what it does to every image."""
    transforms = joined([valued(name, value) for name, value in random_values(spec).items()]) or "no augmentation"
    return f"{transforms}, with {preprocessing_in_words(spec)}"
