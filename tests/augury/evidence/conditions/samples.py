"""Comparisons whose models were judged under conditions, with answers that are made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.plans import Plan
from augury.conditions.answers import ConditionAnswers, ConditionResults
from augury.evidence.analysis import Analysis, analyse
from augury.planning.conditions import conditions_plan
from tests.augury.evidence.comparisons import LIKE_THE_BASELINE, analysis_of, record

IMAGES = 200
SHARES = Mapping[str, float | Sequence[float]]
"""Of the images that are taken for what they are, by condition; a number for each strength, or one for all."""


def judged(
    shares: Mapping[str, SHARES],
    unchanged: Mapping[str, float],
    *,
    conditions: Any,
    seeds: int = 5,
    groups: Mapping[str, npt.NDArray[np.int64]] | None = None,
    **request: Any,
) -> Analysis:
    """An analysis of arms that are right on these shares of images: as they are, and under conditions."""
    generator = np.random.default_rng(0)
    labels = np.arange(IMAGES) % 2
    trials = {
        arm: [record(labels, _predicted(labels, share, generator)) for _ in range(seeds)]
        for arm, share in unchanged.items()
    }
    specs = {arm: LIKE_THE_BASELINE for arm in unchanged if arm != "baseline"}
    evaluation = {"seeds": seeds, "conditions": conditions, **request}
    results = analysis_of(trials, specs, evaluation=evaluation).results
    conditions_of = conditions_plan(results.request.evaluation, results.plan, results.facts)
    plan = results.plan.model_copy(update={"conditions": conditions_of})
    answers = {
        (arm, seed): _answers(plan, of_arm, labels, generator)
        for arm, of_arm in shares.items()
        for seed in range(seeds)
    }
    return analyse(replace(results, plan=plan, conditions=ConditionResults(answers, groups=groups or {})))


def _answers(
    plan: Plan, of_arm: SHARES, labels: npt.NDArray[np.int64], generator: np.random.Generator
) -> dict[str, ConditionAnswers]:
    assert plan.conditions is not None
    made = {}
    for target in plan.conditions.targets:
        strengths, shares = max(1, len(target.strengths)), of_arm[target.name]
        each = shares if isinstance(shares, Sequence) else [shares] * strengths
        predicted = np.stack([_predicted(labels, share, generator) for share in each])
        made[target.name] = ConditionAnswers(
            np.arange(IMAGES), labels, predicted, np.full(predicted.shape, 0.5, np.float32)
        )
    return made


def _predicted(labels: npt.NDArray[np.int64], share: float, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """Right on so many of the images, chosen at random."""
    wrong = generator.permutation(len(labels)) >= round(share * len(labels))
    return np.where(wrong, 1 - labels, labels)
