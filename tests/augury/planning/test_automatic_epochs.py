"""Finding the number of epochs: what the pilot is, what it finds, and what is trained anew."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import ArmRole, Plan
from api_schemas.training.automatic_epochs import MAX_AUTOMATIC_EPOCHS, MIN_AUTOMATIC_EPOCHS
from augury.planning import comparison as plans
from augury.planning.automatic_epochs import (
    PILOT,
    epochs_found,
    is_first_look,
    longer,
    with_epochs_found,
    with_longer_round,
)
from augury.planning.effort import EffortLimits, effort_problem
from augury.planning.responses import arm_at_budget, budgets_of
from tests.store.databases import FACTS, comparison


def _request(**asked: Any) -> ComparisonRequest:
    return comparison(**({"training": {"epochs": "auto"}, "evaluation": {"seeds": 5}} | asked))


def _begun(request: ComparisonRequest, epochs: int = 24) -> Plan:
    """The plan once the pilots have found that number."""
    found = with_epochs_found(plans.plan_comparison(request, "uint8"), epochs)
    return plans.with_round(found, found.due[0])


def test_a_comparison_without_a_number_begins_with_a_pilot_of_the_baseline() -> None:
    """On three seeds, and all else is due once it is over."""
    plan = plans.plan_comparison(_request(), "uint8")
    assert [(arm.name, seed) for arm, seed in plans.trial_slots(plan)] == [(PILOT, 0), (PILOT, 1), (PILOT, 2)]
    assert plan.due[0].arms == ["baseline", "flip"]
    assert (plan.epochs, plan.trials) == (None, 13)


def test_a_pilot_is_the_baseline_for_as_long_as_its_inner_split_says() -> None:
    """The request's training otherwise, so that all comparisons of this training share it."""
    request = _request(training={"epochs": "auto", "average_last": 0.25, "batch_size": 16})
    plan = plans.plan_comparison(request, "uint8")
    arm, seed = next(plans.trial_slots(plan))
    training = plans.definition_of(request, plan, arm, seed, "d" * 64, FACTS).training
    assert (training.epochs, training.batch_size, training.average_last) == (MAX_AUTOMATIC_EPOCHS, 16, 0)
    assert training.watches
    other = _request(training=request.training.model_dump(), evaluation={"seeds": 3})
    key = plans.definition_of(other, plans.plan_comparison(other, "uint8"), arm, seed, "d" * 64, FACTS).key()
    assert key == plans.definition_of(request, plan, arm, seed, "d" * 64, FACTS).key()


@given(st.lists(st.integers(1, 200), max_size=3))
def test_the_number_found_is_within_its_bounds_and_between_the_pilots(best: list[int]) -> None:
    """Wherever there is one."""
    found = epochs_found(best)
    assert MIN_AUTOMATIC_EPOCHS <= found <= MAX_AUTOMATIC_EPOCHS
    if best:
        assert min(MIN_AUTOMATIC_EPOCHS, min(best)) <= found <= max(MIN_AUTOMATIC_EPOCHS, max(best))


def test_the_number_doubles_up_to_its_bound() -> None:
    """And is not raised beyond it."""
    assert (longer(24), longer(150), longer(200)) == (48, 200, None)


def test_a_trial_of_a_found_number_is_that_of_a_request_with_the_number() -> None:
    """So the two share it."""
    request = _request()
    plan, given_number = _begun(request), comparison(training={"epochs": 24}, evaluation={"seeds": 5})
    arm = next(arm for arm in plan.arms if arm.name == "flip")
    of_given = plans.definition_of(given_number, plans.plan_comparison(given_number, "uint8"), arm, 0, "d" * 64, FACTS)
    assert plans.definition_of(request, plan, arm, 0, "d" * 64, FACTS).key() == of_given.key()


def test_what_was_trained_for_less_becomes_arms_of_their_own_and_the_round_is_trained_anew() -> None:
    """With the trials that it has; slots, trials and epochs add up."""
    request = _request()
    before = _begun(request)
    after = with_longer_round(before, 48)
    earlier = [arm for arm in after.arms if arm.role == ArmRole.EARLIER]
    assert [(arm.name, arm.variant_of, arm.epochs) for arm in earlier] == [
        ("baseline@24 epochs, earlier", "baseline", 24),
        ("flip@24 epochs, earlier", "flip", 24),
    ]
    assert (before.trials, after.trials) == (13, 23)
    assert after.trial_epochs == 3 * MAX_AUTOMATIC_EPOCHS + 10 * 24 + 10 * 48
    slots = [(arm.name, seed) for arm, seed in plans.trial_slots(after)]
    assert len(slots) == len(set(slots)) == after.trials
    definitions = {
        (arm.name, seed): plans.definition_of(request, after, arm, seed, "d" * 64, FACTS).training.epochs
        for arm, seed in plans.trial_slots(after)
    }
    assert (definitions["flip", 0], definitions["flip@24 epochs, earlier", 0]) == (48, 24)


def test_a_plan_counts_what_is_certain_and_says_apart_what_doubling_may_come_to() -> None:
    """Every trial once, at most as long as a number may be; most rounds are never trained anew."""
    plan = plans.plan_comparison(_request(evaluation={"seeds": {"min": 5, "max": 8}}), "uint8")
    assert (plan.trials, plan.trials_most, plan.trials_if_longer) == (13, 19, 50)
    limits = EffortLimits(max_trials=19, max_trial_epochs=3799, max_archive_bytes=1, max_condition_images=1)
    assert effort_problem(plan, plan.trials_most, MAX_AUTOMATIC_EPOCHS, limits) == (
        "it may come to 3,800 epochs of training (19 trials of the 200 that it may have, at most), and the limit "
        "is 3,799"
    )


def test_what_was_trained_before_counts_with_the_epochs_that_it_had() -> None:
    """Three pilots for 200 at most, ten trials for 24, and ten for 48."""
    plan = with_longer_round(_begun(_request()), 48)
    assert (plan.trials_most, plan.trials_if_longer) == (23, 40)
    limits = EffortLimits(max_trials=100, max_trial_epochs=1319, max_archive_bytes=1, max_condition_images=1)
    assert "it may come to 1,320 epochs" in str(effort_problem(plan, plan.trials_most, 48, limits))


def test_the_first_round_is_looked_at_for_its_length_until_verdicts_are_taken() -> None:
    """Once more seeds or other levels are trained, the number stays."""
    plan = _begun(_request(budget_response=[10, 48]))
    assert is_first_look(plan)
    grown = with_longer_round(plan, 48)
    assert is_first_look(grown)
    assert not is_first_look(plans.with_round(grown, grown.due[0]))


def test_earlier_numbers_are_budgets_of_the_report() -> None:
    """They are trained already, so the response has them, asked for or not."""
    request = _request()
    plan = with_longer_round(_begun(request), 48)
    assert budgets_of(request, plan) == [24, 48]
    asked = _request(budget_response=[10, 48])
    before = with_longer_round(_begun(asked), 48)
    assert budgets_of(asked, before) == [24, 48], "what is due was not trained yet"
    assert budgets_of(asked, plans.with_round(before, before.due[0])) == [10, 24, 48]
    assert arm_at_budget(plan, "flip", 24) == "flip@24 epochs, earlier"
    assert arm_at_budget(plan, "flip", 48) == "flip"


@pytest.mark.parametrize(
    ("training", "said"),
    [
        ({"epochs": "auto", "early_stopping": {}}, "epochs 'auto' finds one length: choose one"),
        ({"epochs": "auto", "schedule": {"name": "cosine", "warmup_epochs": 8}}, "warmup_epochs must be fewer"),
        ({"epochs": "automatic"}, "'auto'"),
        ({"epochs": 0}, "greater than or equal to 1"),
        ({"epochs": 2.5}, "integer"),
    ],
    ids=repr,
)
def test_what_leaves_no_number_to_be_found_is_refused(training: dict[str, Any], said: str) -> None:
    """With the reason."""
    with pytest.raises(ValidationError, match=said):
        _request(training=training)


def test_a_request_keeps_its_wish_when_it_is_stored() -> None:
    """The number that was found is the plan's."""
    request = _request()
    assert ComparisonRequest.model_validate(request.model_dump(mode="json")).training.epochs == "auto"
