"""The explanation of a candidate's verdict: a table of rules, each of which may find a cause."""

from __future__ import annotations

from collections.abc import Callable

from api_schemas.reports.evidence import Cause
from augury.evidence.why import image_causes, learning_causes, training_causes
from augury.evidence.why.diagnosis import CandidateDiagnosis

Found = Cause | list[Cause] | None
Rule = Callable[[CandidateDiagnosis], Found]

RULES: tuple[Rule, ...] = (
    training_causes.undecided,
    training_causes.augmentation,
    training_causes.preprocessing,
    image_causes.nothing_but_preprocessing,
    learning_causes.diverged,
    learning_causes.hardly_learned,
    image_causes.affinity,
    learning_causes.underfitting,
    image_causes.parameters,
    learning_causes.smaller_gap,
    image_causes.invented_pixels,
    training_causes.losing_classes,
    training_causes.winning_classes,
    training_causes.grown_confusions,
    learning_causes.short_training,
    learning_causes.diversity,
    learning_causes.little_to_gain,
    training_causes.single_seeds,
    image_causes.safe_ranges,
    image_causes.no_effects,
)
"""In the order in which causes of equal strength are told."""


def explain(diagnosis: CandidateDiagnosis) -> list[Cause]:
    """Every cause that a rule finds, strongest first.

    The strength of what was trained (preprocessing, augmentation) is the difference measured. That of what was asked of
    the baseline's models is a share of the random transforms' loss, in proportion to what they no longer recognise: it
    orders the causes and is no measurement of its own.
    """
    causes = [cause for rule in RULES for cause in _as_list(rule(diagnosis))]
    return sorted(causes, key=lambda cause: -cause.strength)


def _as_list(found: Found) -> list[Cause]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
