"""Another dataset that is scored at the end, as planned."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.jobs import TrainingRequest
from api_schemas.plans import Arm, ArmRole, Round
from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.comparison import definition_of, plan_comparison, plan_of, with_round
from augury.planning.final_scores import final_scores_problem, number_of_slot, slot_of, with_final_scores
from augury.planning.split_problems import test_problem as problem_with_test
from augury.planning.splits import untouched_test
from tests.store.databases import DIGITS, FACTS, comparison

OTHER = {"dataset": "ds_" + 32 * "0"}
SCORED = EvaluationSettings.model_validate({"test": OTHER})
PLAN = plan_comparison(comparison(evaluation={"seeds": 2, "test": OTHER}), FACTS)


@given(st.sampled_from([arm.name for arm in PLAN.arms]), st.integers(0, 2**33))
def test_the_number_of_a_chunk_says_whose_model_it_asks(arm: str, seed: int) -> None:
    """Also of the fresh seeds of a confirmation, and when the plan has grown meanwhile."""
    number = number_of_slot(PLAN, arm, seed)
    grown = with_round(
        PLAN, Round(arms=["new"], seeds=[9]), Arm(name="new", role=ArmRole.RECOMMENDED, spec=PLAN.arms[1].spec)
    )
    assert slot_of(grown, number) == (arm, seed)
    assert number_of_slot(grown, arm, seed) == number < 2**63


def test_models_are_kept_that_may_be_scored() -> None:
    """Those of candidates and of a recommendation, whose images are augmented; no trial predicts anything more."""
    both = {"both": {"horizontal_flip": True, "rotation_range": 9, "rescale": 1 / 255}}
    request = comparison(both, evaluation={"seeds": 2, "test": OTHER}, attribution="full")
    plan = plan_comparison(request, FACTS)
    recommended = Arm(name="augury:recommended", role=ArmRole.RECOMMENDED, spec=plan.arms[1].spec)
    kept = {}
    for arm in [*plan.arms, recommended]:
        definition = definition_of(request, plan, arm, 0, "d" * 64, FACTS)
        assert definition.scored_on is None
        kept[arm.role] = definition.keep_model
    assert kept == {
        ArmRole.BASELINE: False,
        ArmRole.CANDIDATE: True,
        ArmRole.ATTRIBUTION: False,
        ArmRole.RECOMMENDED: True,
    }


def test_a_plan_says_how_many_models_are_shown_how_many_images() -> None:
    """Baseline and best on all seeds there may be; with a recommendation, both on its fresh seeds; or one arm alone."""
    asked = {"seeds": {"min": 3, "max": 8}, "test": OTHER}
    for request, models in (
        (comparison(evaluation=asked), 16),
        (comparison(evaluation=asked, recommend=True), 26),
        (TrainingRequest(kind="training", dataset=DIGITS, evaluation={"seeds": 3, "test": OTHER}), 3),  # type: ignore[arg-type]
    ):
        scores = with_final_scores(plan_of(request, FACTS), request, FACTS).final_scores
        assert scores is not None
        assert (scores.dataset, scores.models, scores.images) == (OTHER["dataset"], models, models * 100)


def test_the_own_test_split_still_confirms_a_recommendation() -> None:
    """It is not kept for anything else, and need not be there."""
    images = {"train": 6, "validation": 2, "test": 2}
    facts = FACTS.model_copy(
        update={"splits": {name: dict.fromkeys(FACTS.classes, count) for name, count in images.items()}}
    )
    assert untouched_test(SCORED, facts) == "test"
    assert problem_with_test(SCORED, FACTS) is None


@pytest.mark.parametrize(
    ("changes", "metric", "told"),
    [
        ({}, "accuracy", None),
        ({"classes": dict(reversed(FACTS.classes.items()))}, "accuracy", None),
        ({"classes": dict.fromkeys("012345678", 10)}, "accuracy", "its classes are others: it lacks 9"),
        (
            {"classes": dict.fromkeys("12345678a", 10)},
            "accuracy",
            "its classes are others: it lacks 0, 9, and it has besides a",
        ),
        ({"classes": FACTS.classes | {"9": 0}}, "accuracy", "it has no image of 9"),
        ({"shape": (9, 8, 1)}, "accuracy", "its images are 9x8 with 1 channel"),
        ({"images": 2_000_001}, "roc_auc", "20,000,010 in all; at most 20,000,000 are stored"),
        ({"images": 2_000_001}, "log_loss", None),
    ],
)
def test_a_dataset_that_cannot_be_scored_is_explained(changes: dict[str, Any], metric: str, told: str | None) -> None:
    """By the names of classes that are missing or more, by images, or by what the deciding metric takes."""
    evaluation = EvaluationSettings.model_validate({"test": OTHER, "metric": metric})
    problem = final_scores_problem(evaluation, FACTS, FACTS.model_copy(update=changes))
    assert problem == told if told is None else told in str(problem)
