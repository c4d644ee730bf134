"""What one baseline model answered to clean and to augmented images: counts only, small enough for JSON."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body

Value = bool | int | float | list[float]
"""Of a random parameter. A whole number of pixels is not the same as a float: it has whole steps."""


class ClassCounts(Body):
    """Answers to a number of images, by true class. An image may have been shown several times."""

    shown: list[int] = Field(description="Images per class.")
    correct: list[int] = Field(description="Of these, taken for what they are.")
    correct_both_ways: list[int] | None = Field(
        None,
        description="Of these, images that are taken for what they are without augmentation, too; null: not counted.",
    )
    mistakes: list[tuple[int, int, int]] = Field(
        [], description="(true class, class it was taken for, images): the most frequent."
    )

    @property
    def accuracy(self) -> float:
        """Share of all images taken for what they are; 0 where none was shown."""
        return sum(self.correct) / max(1, sum(self.shown))


class DoseProbe(Body):
    """One parameter alone at a fraction of its strength."""

    fraction: float
    value: Value
    judged: ClassCounts


class ParameterProbe(Body):
    """One random parameter of a candidate, alone."""

    parameter: str
    value: Value
    judged: ClassCounts = Field(description="At the candidate's own strength.")
    doses: list[DoseProbe] = Field(description="Ascending in strength; the last is the candidate's own.")
    unchanged: float = Field(description="Share of images that no pixel of changes by half an 8-bit step or more.")
    drawn_change: float = Field(
        description="Root mean square change of the raw images, in units of their standard deviation."
    )
    seen_change: float = Field(description="The same after the candidate's own samplewise normalisation.")


class CandidateProbe(Body):
    """A candidate's augmentation as the baseline's model sees it."""

    judged: ClassCounts = Field(description="With all its random parameters together.")
    unchanged: float
    parameters: list[ParameterProbe] = Field(description="In the order of the spec's fields.")
    asked: str | None = Field(
        None, description="SHA-256 of what the model was asked, see ``augury.probing.questions``; null: not noted."
    )


class Probe(Body):
    """All that one baseline model was asked."""

    seed: int
    shape: tuple[int, int, int] = Field(description="Height, width, channels of the images.")
    value_range: tuple[float, float] = Field(description="Of the raw images that were shown.")
    seen_range: tuple[float, float] = Field(description="The same after the baseline's preprocessing.")
    clean: ClassCounts = Field(description="The same images, without augmentation.")
    candidates: dict[str, CandidateProbe]
    skipped: dict[str, str] = Field({}, description="Candidates that cannot be applied to these images, and why.")
