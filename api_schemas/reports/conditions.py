"""What a report says of models on other images than the dataset's own."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body
from api_schemas.reports.differences import Difference, Verdict


class StrengthEffect(Body):
    """A candidate against the baseline under one condition at one strength."""

    strength: int = Field(description="From 1 to 5.")
    baseline_accuracy: float
    accuracy: float = Field(description="The candidate's, a fraction of the same images.")
    difference: Difference = Field(description="Candidate minus baseline; its interval is taken alone, and no verdict.")


class ConditionEffect(Body):
    """A candidate against the baseline under one condition, over all its strengths."""

    condition: str = Field(description="Its name, or the id of the other dataset.")
    images: str = Field(description="What images these are, in words: 'dimmed images'.")
    verdict: Verdict
    difference: Difference | None = Field(
        description="Candidate minus baseline, on the same images and seeds; null when too few models were judged."
    )
    baseline_accuracy: float | None
    accuracy: float | None = Field(description="The candidate's.")
    strengths: list[StrengthEffect] = Field([], description="Ascending; empty for another dataset.")


class CandidateUnderConditions(Body):
    """A candidate under all conditions."""

    name: str
    sentence: str = Field(description="What it costs or gains where, in words.")
    effects: list[ConditionEffect] = Field(description="In the order of the conditions.")


class ConditionsReport(Body):
    """How the models of a comparison do on other images than their own validation images."""

    confidence: float = Field(
        description="At which all its verdicts hold together, over conditions and candidates; apart from the verdicts "
        "on unchanged images."
    )
    unit: str = Field(description="Of its differences, in words; a difference above zero is better.")
    shown: dict[str, int] = Field(description="Images that one model was shown in each way, by condition.")
    skipped: dict[str, str] = Field({}, description="Conditions that these images cannot be put under, and why.")
    models: int = Field(description="That were judged.")
    models_failed: int = Field(0, description="That should have been judged and could not be.")
    candidates: list[CandidateUnderConditions]
