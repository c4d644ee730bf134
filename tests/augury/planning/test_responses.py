"""Arms with other budgets and on shares of the images: which they are, when they are due, and what they come to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import ArmRole, Plan
from augury.planning import comparison as plans
from augury.planning.effort import EffortLimits, effort_problem
from augury.planning.responses import arm_at_budget, arm_at_share, data_problem
from tests.store.databases import FACTS, STANDING_EXAMPLE, comparison

RESPONSES: dict[str, Any] = {"training": {"epochs": 30}, "budget_response": [10, 30, 100], "data_response": [0.25, 1.0]}


def _plan(**request: Any) -> Plan:
    return plans.plan_comparison(comparison(**(RESPONSES | request)), "uint8")


def test_baseline_and_candidates_are_trained_with_every_other_budget_and_share() -> None:
    """What the comparison is about itself is trained already."""
    variants = [arm for arm in _plan().arms if arm.variant_of]
    assert [(arm.name, arm.role, arm.variant_of, arm.epochs, arm.training_share) for arm in variants] == [
        (f"{name}{suffix}", role, name, epochs, share)
        for name in ("baseline", "flip")
        for suffix, role, epochs, share in (
            ("@10 epochs", ArmRole.BUDGET, 10, None),
            ("@100 epochs", ArmRole.BUDGET, 100, None),
            ("@25% of the images", ArmRole.DATA, None, 0.25),
        )
    ]


def test_preprocessing_and_single_parameters_are_not_trained_with_other_budgets() -> None:
    """They explain a difference and are none."""
    plan = plans.plan_comparison(comparison(STANDING_EXAMPLE, attribution="full", **RESPONSES), "uint8")
    assert {arm.variant_of for arm in plan.arms} - {None} == {"baseline", *STANDING_EXAMPLE}


def test_a_plan_says_what_its_responses_come_to_before_they_are_due() -> None:
    """Their trials and epochs are counted from the start, and not again once their round is there."""
    plan, without = _plan(), _plan(budget_response=None, data_response=None)
    seeds = len(plan.seeds)
    assert (without.trials, without.trial_epochs) == (2 * seeds, 2 * seeds * 30)
    assert (plan.trials, plan.trials_most) == (8 * seeds, 8 * seeds)
    assert plan.trial_epochs == 2 * seeds * (30 + 10 + 100 + 30)
    due = plan.due[0]
    later = plans.with_round(plan, due)
    assert (later.trials, later.trials_most, later.trial_epochs) == (plan.trials, plan.trials_most, plan.trial_epochs)
    assert (later.rounds[-1], later.due) == (due, [])


def test_trials_of_responses_wait_until_their_round_is_there() -> None:
    """Verdicts come first; but the plan knows all trials, for reuse and for its estimate."""
    request = comparison(**RESPONSES)
    plan = plans.plan_comparison(request, "uint8")
    assert not any(arm.variant_of for arm, _ in plans.trial_slots(plan))
    known = list(plans.trial_definitions(request, plan, "d" * 64, FACTS))
    assert len(known) == plan.trials
    assert sum(definition.training.epochs for *_, definition in known) == plan.trial_epochs


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=5, unique=True), st.integers(1, 1000))
def test_a_trial_of_a_budget_is_that_of_a_comparison_with_so_many_epochs(budgets: list[int], epochs: int) -> None:
    """So the two share it."""
    request = comparison(training={"epochs": epochs}, budget_response=budgets)
    plan = plans.plan_comparison(request, "uint8")
    arms = {arm.name: arm for arm in plan.arms}
    for budget in budgets:
        alone = comparison(training={"epochs": budget})
        keys = [
            plans.definition_of(asked, of, arm, 0, "d" * 64, FACTS).key()
            for asked, of, arm in (
                (request, plan, arms[arm_at_budget(plan, "flip", budget)]),
                (alone, plans.plan_comparison(alone, "uint8"), arms["flip"]),
            )
        ]
        assert keys[0] == keys[1]


def test_only_a_trial_on_a_share_of_the_images_says_so() -> None:
    """All others were there before the field was."""
    request = comparison(**RESPONSES)
    plan = plans.plan_comparison(request, "uint8")
    arms = {arm.name: arm for arm in plan.arms}
    whole, quarter = (
        plans.definition_of(request, plan, arms[arm_at_share(plan, "flip", share)], 0, "d" * 64, FACTS).canonical()
        for share in (1.0, 0.25)
    )
    assert "training_share" not in whole["split"]
    assert quarter["split"] == whole["split"] | {"training_share": 0.25}


def test_epochs_of_responses_count_towards_what_a_job_may_ask_for() -> None:
    """With the number of trials that have budgets of their own."""
    plan = _plan(evaluation={"seeds": 2})
    limits = EffortLimits(max_trials=100, max_trial_epochs=679, max_archive_bytes=1, max_condition_images=1)
    assert effort_problem(plan, plan.trials_most, 30, limits) == (
        "it may come to 680 epochs of training (16 trials of 30, 8 of them with other budgets), and the limit is 679"
    )


def test_a_share_that_cannot_hold_every_class_is_explained() -> None:
    """Before anything is trained."""
    request = comparison(data_response=[0.1, 0.5])
    assert data_problem(request, FACTS, None) == (
        "0.1 of 80 training images are 8, which cannot hold every one of 10 classes"
    )
    assert data_problem(comparison(data_response=[0.2, 0.5]), FACTS, None) is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"budget_response": [10]}, "at least 2 items"),
        ({"budget_response": [10, 1001]}, "less than or equal to 1000"),
        ({"budget_response": [10, 10, 20]}, "each is named once; repeated: 10"),
        ({"budget_response": [1, 2, 3, 4, 5, 6]}, "at most 5 items"),
        ({"data_response": [0.5, 1.5]}, "less than or equal to 1"),
        ({"data_response": [0.0, 1.0]}, "greater than or equal to 0.01"),
        ({"data_response": [0.5, 0.5]}, "each is named once; repeated: 0.5"),
    ],
    ids=repr,
)
def test_levels_are_bounded_and_named_once(asked: dict[str, Any], said: str) -> None:
    """And the answer says how."""
    body = comparison().model_dump(mode="json", exclude_unset=True) | asked
    with pytest.raises(ValidationError, match=said):
        ComparisonRequest.model_validate(body)
