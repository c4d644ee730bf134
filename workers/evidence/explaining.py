"""The explanation of a candidate's verdict: a table of rules, each of which may find a cause."""

from __future__ import annotations

from collections.abc import Callable

from api_schemas.reports.evidence import Cause
from workers.evidence import image_rules, training_rules
from workers.evidence.story import Story

Found = Cause | list[Cause] | None
Rule = Callable[[Story], Found]

RULES: tuple[Rule, ...] = (
    training_rules.undecided,
    training_rules.augmentation,
    training_rules.preprocessing,
    image_rules.nothing_but_preprocessing,
    training_rules.diverged,
    training_rules.hardly_learned,
    image_rules.affinity,
    training_rules.underfitting,
    image_rules.parameters,
    training_rules.smaller_gap,
    image_rules.invented_pixels,
    training_rules.losing_classes,
    training_rules.winning_classes,
    training_rules.grown_confusions,
    training_rules.short_training,
    training_rules.diversity,
    training_rules.little_to_gain,
    image_rules.safe_ranges,
    image_rules.no_effects,
)
"""In the order in which causes of equal strength are told."""


def explain(story: Story) -> list[Cause]:
    """Every cause that a rule finds, strongest first.

    The strength of what was trained (preprocessing, augmentation) is the difference measured. That of what was asked of
    the baseline's models is a share of the random transforms' loss, in proportion to what they no longer recognise: it
    orders the causes and is no measurement of its own.
    """
    causes = [cause for rule in RULES for cause in _as_list(rule(story))]
    return sorted(causes, key=lambda cause: -cause.strength)


def _as_list(found: Found) -> list[Cause]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
