"""How differences depend on the training budget and on the number of images.

Accuracies are fractions of images; differences and intervals are percentage points. All intervals of a response hold
together at the confidence that the request states, over its levels and candidates; verdicts have an error of their own.
"""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body
from api_schemas.reports.differences import Difference, Verdict


class AutomaticEpochs(Body):
    """How the number of epochs was found, where that was left to the evidence."""

    epochs: int = Field(description="At which the verdicts are taken.")
    pilots: list[int] = Field(description="The epoch at which each pilot of the baseline had levelled off, by seed.")
    earlier: list[int] = Field(description="Numbers of epochs at which most trials of an arm were still improving.")
    is_at_bound: bool = Field(description="No more are allowed.")
    is_at_limit: bool = Field(
        False,
        description="Arms were still improving, and twice as many would have been more training than one job may have.",
    )
    sentence: str


class BudgetPoint(Body):
    """A candidate against the baseline, both trained for so many epochs."""

    epochs: int
    verdict: Verdict | None = Field(description="By the interval at this budget; null where it could not be measured.")
    difference: Difference | None
    baseline_accuracy: float | None = Field(description="Mean over the seeds that finished.")
    candidate_accuracy: float | None
    still_improving: bool = Field(description="Most of the candidate's trials had not levelled off at this budget.")
    baseline_still_improving: bool


class CandidateBudgets(Body):
    """A candidate over all budgets."""

    name: str
    points: list[BudgetPoint] = Field(description="Fewest epochs first.")
    sentence: str = Field(description="What the intervals support, in words.")


class BudgetResponse(Body):
    """The difference over the training budget, each budget a whole schedule."""

    deciding_epochs: int = Field(description="Of the comparison itself, whose verdicts are the report's.")
    confidence: float = Field(description="Of each interval alone.")
    method: str = Field(description="What holds together with what, in a sentence.")
    candidates: list[CandidateBudgets]


class ImagesNeeded(Body):
    """On how many training images one arm does as well as another does; nothing is claimed beyond what was measured."""

    images: float | None = Field(description="Null where it is fewer, or more, than was measured.")
    low: float | None = Field(description="Of its interval: so many at least. Null where fewer than measured may do.")
    high: float | None = Field(description="So many at most. Null where more than measured may be needed.")


class DataPoint(Body):
    """A candidate against the baseline, both trained on the same share of the training images."""

    share: float
    images: int = Field(description="Trained on, on average over seeds.")
    verdict: Verdict | None = Field(description="By the interval at this share; null where it could not be measured.")
    difference: Difference | None
    baseline_accuracy: float | None = Field(description="Mean over the seeds that finished.")
    candidate_accuracy: float | None
    equals_baseline_on: ImagesNeeded | None = Field(
        description="On how many images the baseline does as well as the candidate does on these, from the baseline's "
        "own learning curve (Geiping et al. 2022)."
    )


class CandidateShares(Body):
    """A candidate over all shares."""

    name: str
    points: list[DataPoint] = Field(description="Fewest images first.")
    does_as_well_on: ImagesNeeded | None = Field(
        description="On how many images the candidate does as well as the baseline does on all."
    )
    sentence: str = Field(description="What the intervals support, in words.")


class DataResponse(Body):
    """The difference over the number of training images, and what the augmentation is worth in images."""

    confidence: float = Field(description="Of each interval alone.")
    method: str = Field(description="What holds together with what, in a sentence.")
    candidates: list[CandidateShares]
