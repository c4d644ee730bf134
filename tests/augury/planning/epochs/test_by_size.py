"""Numbers of epochs that follow from the size of the data, and what plans say and do with them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest, TrainingRequest
from api_schemas.plans import ArmRole, Plan
from api_schemas.training.epochs_by_size import MAX_EPOCHS_BY_SIZE, MIN_STEPS
from api_schemas.training.settings import MIN_EPOCHS_BY_SIZE
from augury.planning import comparison as plans
from augury.planning.effort import EffortLimits, effort_problem
from augury.planning.epochs.by_size import Length, length_of
from augury.planning.responses import arm_at_budget, arm_at_share, budgets_of
from tests.store.databases import DIGITS, FACTS, comparison

NOTHING_SAID: dict[str, Any] = {"training": {}}


def _facts(images: int) -> DatasetFacts:
    """Ten classes of so many images together."""
    return FACTS.model_copy(update={"images": images, "classes": {str(digit): images // 10 for digit in range(10)}})


def _length(images: int, **request: Any) -> Length:
    found = length_of(comparison(**NOTHING_SAID | request), _facts(images), held_out=None)
    assert found is not None
    return found


def _plan(images: int, **request: Any) -> Plan:
    return plans.plan_comparison(comparison(**NOTHING_SAID | request), _facts(images))


@given(st.integers(20, 100_000), st.integers(1, 4096))
def test_a_training_has_the_fewest_epochs_that_make_enough_steps_within_its_bounds(images: int, batch: int) -> None:
    """An epoch less would be too few steps, or fewer epochs than any training has."""
    length = _length(images, training={"batch_size": batch})
    assert MIN_EPOCHS_BY_SIZE <= length.epochs <= MAX_EPOCHS_BY_SIZE
    assert length.epochs * length.steps >= MIN_STEPS or length.epochs == MAX_EPOCHS_BY_SIZE
    assert (length.epochs - 1) * length.steps < MIN_STEPS or length.epochs == MIN_EPOCHS_BY_SIZE


@given(st.integers(20, 10_000), st.integers(0, 10_000))
def test_more_images_have_no_more_epochs(images: int, more: int) -> None:
    """They have more steps in each."""
    assert _length(images + more).epochs <= _length(images).epochs


def test_steps_are_counted_with_the_last_and_smaller_batch() -> None:
    """As they are trained: of 80 images 32, 32 and 16."""
    assert _length(100).steps == 3


def test_images_that_an_inner_split_takes_are_not_counted() -> None:
    """A tenth of 800 is only watched."""
    length = _length(1000, training={"early_stopping": {"patience": 5}})
    assert (length.images, length.steps) == (720, math.ceil(720 / 32))


def test_images_that_are_kept_for_a_confirmation_are_not_counted() -> None:
    """A fifth of all is held out, and a fifth of the rest validated on."""
    plan = _plan(1000, recommend=True)
    assert plan.epochs_rule is not None
    assert "(640 images, 32 at a time)" in plan.epochs_rule


def test_all_digits_are_trained_for_thirty_epochs_as_ever() -> None:
    """So their trials of before keep their addresses."""
    facts = _facts(1797)
    said, unsaid = (comparison(**each) for each in ({"training": {"epochs": 30}}, NOTHING_SAID))
    keys = [
        {each.key() for *_, each in plans.trial_definitions(asked, plans.plan_comparison(asked, facts), "d", facts)}
        for asked in (said, unsaid)
    ]
    assert keys[0] == keys[1]


def test_a_request_that_gives_the_same_number_has_the_same_trials() -> None:
    """Where the number comes from is no part of a trial."""
    facts = _facts(300)
    unsaid = comparison(**NOTHING_SAID)
    plan = plans.plan_comparison(unsaid, facts)
    assert plan.epochs == 150
    said = comparison(training={"epochs": 150})
    keys = [
        {each.key() for *_, each in plans.trial_definitions(asked, plans.plan_comparison(asked, facts), "d", facts)}
        for asked in (said, unsaid)
    ]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("images", "training", "said"),
    [
        (300, {}, "150 epochs: 8 steps each (240 images, 32 at a time), 1,200 steps in all; as many epochs as make "),
        (1797, {}, "30 epochs: 45 steps each (1437 images, 32 at a time), 1,350 steps in all; no fewer epochs "),
        (40, {}, "200 epochs: 1 step each (32 images, 32 at a time), 200 steps in all; no more epochs "),
        (300, {"epochs": 12}, "12 epochs: 8 steps each (240 images, 32 at a time), 96 steps in all; as the request "),
    ],
    ids=["by steps", "at least", "at most", "as asked"],
)
def test_a_plan_says_in_words_how_long_its_trainings_are(images: int, training: dict[str, Any], said: str) -> None:
    """In epochs, in steps, and why so many."""
    rule = _plan(images, training=training).epochs_rule
    assert rule is not None
    assert rule.startswith(said)


def test_a_training_job_has_as_many_epochs_as_a_comparison_on_its_images() -> None:
    """Its models are those that were compared."""
    request = TrainingRequest.model_validate({"kind": "training", "dataset": DIGITS})
    assert plans.plan_of(request, _facts(300)).epochs == _plan(300).epochs


def test_a_model_that_brings_weights_has_half_the_steps() -> None:
    """It has learned part of what it needs, and each of its steps is dear."""
    plan = _plan(300, model={"id": "model_" + "0" * 32, "head": {}})
    assert plan.epochs == _plan(300).epochs / 2
    assert "600 steps in all; as many epochs as make 600 steps of a model that brings weights" in str(plan.epochs_rule)


def test_before_the_dataset_was_read_a_plan_counts_the_most_that_trainings_can_take() -> None:
    """Whoever is let in then is not turned away by what the dataset turns out to be."""
    request = comparison(**NOTHING_SAID | {"data_response": [0.5, 1.0]})
    unread, read = plans.plan_comparison(request, "uint8"), plans.plan_comparison(request, _facts(300))
    assert (unread.epochs, unread.epochs_rule) == (None, None)
    assert unread.trial_epochs == unread.trials * MAX_EPOCHS_BY_SIZE
    assert read.trial_epochs is not None
    assert read.trial_epochs < unread.trial_epochs


def test_a_refusal_before_the_dataset_was_read_says_that_its_number_is_the_most() -> None:
    """As it is with a number that is to be found."""
    plan = plans.plan_comparison(comparison(**NOTHING_SAID), "uint8")
    limits = EffortLimits(max_trials=100, max_trial_epochs=799, max_archive_bytes=1, max_condition_images=1)
    assert effort_problem(plan, plan.trials_most, MAX_EPOCHS_BY_SIZE, limits) == (
        "it may come to 800 epochs of training (4 trials of the 200 that it may have, at most), and the limit is 799"
    )


def test_a_share_of_the_images_is_trained_as_a_dataset_of_that_size_is() -> None:
    """So that shares differ in images, and not in steps."""
    request = comparison(**NOTHING_SAID | {"data_response": [0.25, 0.5, 1.0]})
    facts = _facts(1000)
    plan = plans.plan_comparison(request, facts)
    arms = {arm.name: arm for arm in plan.arms}
    found = {
        share: plans.definition_of(request, plan, arms[arm_at_share(plan, "flip", share)], 0, "d", facts).training
        for share in (0.25, 0.5, 1.0)
    }
    assert {share: training.epochs for share, training in found.items()} == {0.25: 172, 0.5: 93, 1.0: 48}
    defined = [each for *_, each in plans.trial_definitions(request, plan, "d", facts)]
    assert plan.trial_epochs == sum(each.training.epochs for each in defined)


def test_shares_are_trained_for_a_number_that_the_request_gives() -> None:
    """Who gives one asks about that one."""
    plan = _plan(1000, training={"epochs": 20}, data_response=[0.25, 1.0])
    assert {arm.epochs for arm in plan.arms if arm.role is ArmRole.DATA} == {None}


def test_a_share_is_never_taken_for_a_budget_of_its_epochs() -> None:
    """Both are variants of an arm with epochs of their own."""
    request: dict[str, Any] = {"data_response": [0.5, 1.0], "budget_response": [48, 93]}
    plan = _plan(1000, **request)
    assert arm_at_share(plan, "flip", 0.5) == "flip@50% of the images"
    assert arm_at_budget(plan, "flip", 93) == "flip@93 epochs"


def test_a_budget_of_the_plans_own_epochs_is_not_trained_again() -> None:
    """It is the comparison itself."""
    request = comparison(**NOTHING_SAID | {"budget_response": [10, 150]})
    plan = plans.plan_comparison(request, _facts(300))
    assert [arm.epochs for arm in plan.arms if arm.role is ArmRole.BUDGET] == [10, 10]
    assert budgets_of(request, plan.model_copy(update={"due": []})) == [10, 150]


def test_a_plan_warns_of_fewer_epochs_than_data_of_that_size_have_without_a_number() -> None:
    """With the number that they would have."""
    (warning,) = _plan(300, training={"epochs": 12}).warnings
    assert "96 steps in all" in warning
    assert "without a number they have 150 epochs" in warning
    assert _plan(300, training={"epochs": 150}).warnings == []


def test_settings_that_no_number_by_size_would_allow_are_refused_at_once() -> None:
    """A rate that changes every 30 epochs never does in a training of 30."""
    with pytest.raises(ValueError, match=r"schedule\.every must be fewer than the epochs"):
        ComparisonRequest.model_validate(
            comparison().model_dump(mode="json", exclude_unset=True)
            | {"training": {"schedule": {"name": "step", "every": 30}}}
        )
