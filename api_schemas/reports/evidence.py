"""Why a candidate helps or hurts: what the report's verdicts rest on, beside the accuracies themselves.

Accuracies and shares are fractions; differences are percentage points.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api_schemas.base import Body, Points


class Needed(Body):
    """What would decide an inconclusive verdict, from the spread that was seen."""

    seeds: int | None = Field(description="Seeds in all; null where no number of seeds would do.")
    images: int | None = Field(
        description="Images in all, where more seeds alone would not do: of the dataset where every seed draws its own "
        "validation images, of its validation set where that is fixed."
    )
    seeds_if_equivalent: int | None = Field(
        None, description="Seeds in all that would show it to be equivalent if there is no difference at all."
    )
    sentence: str


class Look(Body):
    """One look at the evidence of a sequential comparison."""

    seeds: int = Field(description="Per arm, at this look.")
    confidence: float = Field(description="Of each candidate's interval at this look.")
    settled: list[str] = Field(description="Candidates whose verdict was settled here.")
    is_extension: bool = Field(False, description="It was added afterwards, and paid for from the reserve.")


class DosePoint(Body):
    """The baseline model's accuracy at one strength of one parameter."""

    fraction: float = Field(description="Of the spec's value; 1 is the spec itself, more is beyond it.")
    value: float | list[float] | bool = Field(description="The parameter at that strength.")
    affinity: float = Field(description="Accuracy on augmented over accuracy on clean validation images.")


class ParameterEffect(Body):
    """One random transform of a spec, alone."""

    parameter: str = Field(description="ImageDataGenerator's name.")
    value: float | list[float] | bool
    affinity: float = Field(description="Of the baseline's model, with this parameter alone at its full value.")
    low: float = Field(description="Lower end of a 95% interval over the seeds' models and images.")
    high: float
    damage_share: float | None = Field(
        description="Its share of (1 - affinity), summed over the spec's parameters each alone; null if none does any. "
        "Of what the baseline's models no longer recognise, not of what training with it changes."
    )
    dose_response: list[DosePoint]
    safe_value: float | list[float] | bool | None = Field(
        description="The largest strength whose affinity stays above the threshold; null where none does."
    )
    no_effect: bool = Field(description="The images come out as they went in, or as good as.")
    worst_classes: list[str] = Field(description="Classes whose affinity with it is lowest and below the threshold.")
    trained_alone: Points | None = Field(
        None, description="Full attribution: an arm with this parameter alone, minus preprocessing only."
    )
    trained_without: Points | None = Field(
        None, description="Full attribution: the candidate minus an arm that leaves only this parameter out."
    )


class ClassEffect(Body):
    """What a candidate does to one class."""

    class_name: str
    validation_images: int = Field(description="Per seed, on average rounded down.")
    baseline_accuracy: float | None
    candidate_accuracy: float | None
    difference: Points | None
    low: Points | None = Field(description="Of an interval for this class alone, at the confidence of the verdict's.")
    high: Points | None
    adjusted_p: float | None = Field(description="Holm's, over the classes.")
    significant: bool = Field(description="Whether adjusted_p is below one minus the confidence of the verdict's.")
    affinity: float | None = Field(description="Of the baseline's model on this class with the whole spec.")


class Flip(Body):
    """A confusion that grew."""

    source: str = Field(description="The true class.")
    target: str = Field(description="What it was taken for.")
    baseline_share: float = Field(description="Of the source class's validation images.")
    candidate_share: float


class Cause(Body):
    """One reason, in a sentence with its figures."""

    kind: Literal[
        "verdict", "preprocessing", "augmentation", "parameter", "no_effect", "class", "flip", "affinity", "diversity",
        "invented_pixels", "still_improving", "diverged", "gap", "range", "finding", "baseline", "sequential",
        "seeds", "condition",
    ]  # fmt: skip
    text: str
    strength: Points = Field(description="How much of the difference it accounts for, roughly; orders the causes.")
    evidence: str = Field(description="JSON pointer into the report, where the figures are.")


class SingleSeeds(Body):
    """What can happen on one seed, which an interval of the mean does not show. Shares are of seeds, 0 to 1."""

    seeds: int = Field(description="On which both arms finished.")
    worst_seed: int
    worst_difference: Points = Field(description="Candidate minus baseline on the worst seed.")
    ahead: float = Field(
        description="Share of seeds on which the candidate was ahead of the baseline, ties counting half: an estimate "
        "of the probability that it is on a new seed (Bouthillier et al. 2021)."
    )
    ahead_low: float = Field(description="Of an exact 95% interval, ties counting against the candidate.")
    ahead_high: float = Field(description="The same, ties counting for the candidate.")
    collapsed: list[int] = Field(
        description="Seeds on which it diverged, or kept less than half of what the baseline knows beyond guessing."
    )
    collapse_share_high: float = Field(
        description="The largest share of collapsing runs that the runs seen do not exclude (exact, one-sided, 95%)."
    )


class Why(Body):
    """What is behind a candidate's verdict. Measured by inference with the baseline's models, but for the arms."""

    affinity: float | None = Field(
        description="Accuracy of the baseline's model on augmented over clean validation images (Gontijo-Lopes 2020)."
    )
    diversity: float | None = Field(
        description="Final training loss over the baseline's (Gontijo-Lopes 2020); null where either is not finite."
    )
    invented_share: float | None = Field(description="Of the pixels, filled in because nothing of the source is there.")
    kept_share: float | None = Field(description="Of the source's pixels, still in the picture.")
    generalisation_gap: Points | None = Field(description="Accuracy on clean training minus on validation images.")
    baseline_generalisation_gap: Points | None
    still_improving: bool = Field(description="Most of its trials had not levelled off when their epochs ended.")
    baseline_still_improving: bool = Field(False, description="The same of the baseline's.")
    learned: bool = Field(True, description="Its models know more than always naming the most frequent class would.")
    baseline_learned: bool = Field(True, description="The same of the baseline's.")
    parameters: list[ParameterEffect] = Field(description="Most damaging first.")
    classes: list[ClassEffect] = Field(description="In class order.")
    flips: list[Flip] = Field(description="The confusions that grew most, at most ten.")
    single_seeds: SingleSeeds | None = Field(None, description="Null when too few trials finished.")
    causes: list[Cause] = Field(description="Strongest first.")
