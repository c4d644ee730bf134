"""From a request to arms, and from an arm and a seed to a trial's definition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.plans import Arm, ArmRole
from augury.planning import comparison as plans
from augury.planning.splits import split_definition
from tests.api_schemas.specs import accepted_specs
from tests.store.databases import FACTS, STANDING_EXAMPLE, comparison

RESCALE = ImageDataGeneratorSpec(rescale=1 / 255)


def _key(spec: ImageDataGeneratorSpec, seed: int = 0, dataset: str = "d", **request: Any) -> str:
    arm = Arm(name="any", role=ArmRole.CANDIDATE, spec=spec)
    asked = comparison(**request)
    return plans.trial_definition(asked, arm, seed, dataset, split_definition(asked.evaluation, FACTS)).key()


def test_the_standing_example_has_six_arms() -> None:
    """`over` and `targeted` differ from the baseline in preprocessing, so each gets an arm for that alone."""
    plan = plans.plan_comparison(comparison(STANDING_EXAMPLE), "uint8")
    assert [(arm.name, arm.role.value) for arm in plan.arms] == [
        ("baseline", "baseline"),
        ("over:preprocessing", "preprocessing"),
        ("over", "candidate"),
        ("appropriate", "candidate"),
        ("targeted:preprocessing", "preprocessing"),
        ("targeted", "candidate"),
    ]
    against = {candidate.name: candidate.preprocessing_arm for candidate in plan.candidates}
    assert against == {
        "over": "over:preprocessing",
        "appropriate": "baseline",
        "targeted": "targeted:preprocessing",
    }
    assert plan.trials == 12


def test_the_arms_of_the_standing_example_have_the_specs_that_their_names_say() -> None:
    """The preprocessing arms are the deterministic halves: nothing for `over`, normalisation for `targeted`."""
    specs = {arm.name: arm.spec for arm in plans.plan_comparison(comparison(STANDING_EXAMPLE), "uint8").arms}
    assert specs["baseline"] == RESCALE
    assert specs["over:preprocessing"] == ImageDataGeneratorSpec()
    assert specs["targeted:preprocessing"] == ImageDataGeneratorSpec(
        samplewise_center=True, samplewise_std_normalization=True
    )
    assert specs["over"] == ImageDataGeneratorSpec.model_validate(STANDING_EXAMPLE["over"])


def test_two_candidates_with_the_same_other_preprocessing_share_one_arm_for_it() -> None:
    """It is trained once and both are held against it."""
    plan = plans.plan_comparison(comparison({"a": {"horizontal_flip": True}, "b": {"vertical_flip": True}}), "uint8")
    assert [arm.name for arm in plan.arms] == ["baseline", "a:preprocessing", "a", "b"]
    assert {candidate.preprocessing_arm for candidate in plan.candidates} == {"a:preprocessing"}


def test_a_candidate_without_augmentation_is_its_own_preprocessing_arm() -> None:
    """There is nothing to split off, and later candidates with that preprocessing are held against it."""
    specs = {"centre": {"samplewise_center": True}, "both": {"samplewise_center": True, "horizontal_flip": True}}
    plan = plans.plan_comparison(comparison(specs), "uint8")
    assert [arm.name for arm in plan.arms] == ["baseline", "centre", "both"]
    assert [candidate.preprocessing_arm for candidate in plan.candidates] == ["centre", "centre"]


@pytest.mark.parametrize(
    ("dtype", "spec"),
    [("uint8", RESCALE), ("float32", ImageDataGeneratorSpec())],
)
def test_the_default_baseline_follows_the_stored_pixels(dtype: str, spec: ImageDataGeneratorSpec) -> None:
    """Integers are brought to 0-1, floats are taken as they are."""
    assert plans.plan_comparison(comparison(), dtype).arms[0].spec == spec


def test_a_baseline_in_the_request_replaces_the_default() -> None:
    """Candidates are then held against that."""
    request = comparison({"a": {"horizontal_flip": True}}, baseline={"spec": {}})
    plan = plans.plan_comparison(request, "uint8")
    assert plan.arms[0].spec == ImageDataGeneratorSpec()
    assert [arm.name for arm in plan.arms] == ["baseline", "a"]


def test_seeds_count_up_from_the_first_one() -> None:
    """Every arm is trained on each of them, seed by seed, so that early results are paired."""
    plan = plans.plan_comparison(comparison(evaluation={"seeds": 3, "first_seed": 7}), "uint8")
    assert plan.seeds == [7, 8, 9]
    assert [(seed, arm.name) for arm, seed in plans.trial_slots(plan)] == [
        (seed, name) for seed in (7, 8, 9) for name in ("baseline", "flip")
    ]


@given(st.dictionaries(st.sampled_from("abcde"), accepted_specs(), min_size=1, max_size=5))
def test_every_candidate_is_held_against_its_own_preprocessing(specs: dict[str, ImageDataGeneratorSpec]) -> None:
    """Arm names are unique, and the arm a candidate is split by has its preprocessing and no augmentation."""
    assume(all(spec.data_format != "channels_first" and not spec.validation_split for spec in specs.values()))
    request = comparison({name: spec.model_dump(mode="json") for name, spec in specs.items()})
    plan = plans.plan_comparison(request, "uint8")
    arms = {arm.name: arm for arm in plan.arms}
    assert len(arms) == len(plan.arms)
    assert plan.trials == len(plan.arms) * len(plan.seeds)
    for candidate in plan.candidates:
        alone = arms[candidate.preprocessing_arm].spec
        assert arms[candidate.arm].spec == specs[candidate.name]
        assert alone.preprocessing() == specs[candidate.name].preprocessing()
        assert not alone.has_augmentation


@given(accepted_specs(), accepted_specs())
def test_trials_have_equal_keys_exactly_when_their_specs_are_the_same(
    one: ImageDataGeneratorSpec, other: ImageDataGeneratorSpec
) -> None:
    """The same on the wire is the same trial, and nothing else is; 1 and 1.0 are different shifts for Keras."""
    same = repr(one.model_dump(mode="json")) == repr(other.model_dump(mode="json"))
    assert (_key(one) == _key(other)) == same


@pytest.mark.parametrize(
    "changed",
    [
        {"seed": 1},
        {"dataset": "e"},
        {"training": {"epochs": 2}},
        {"training": {"epochs": 1, "learning_rate": 0.01}},
        {"model": {"name": "linear"}},
        {"evaluation": {"seeds": 2, "validation_fraction": 0.3}},
        {"evaluation": {"seeds": 2, "training_images": 50}},
    ],
    ids=repr,
)
def test_whatever_can_change_a_result_changes_the_key(changed: dict[str, Any]) -> None:
    """A result is never taken for that of another training."""
    assert _key(RESCALE, **changed) != _key(RESCALE)


@pytest.mark.parametrize(
    "changed",
    [
        {"evaluation": {"seeds": 9, "confidence": 0.9, "practical_effect": 2}},
        {"labels": {"a": "b"}},
        {"device": "gpu"},
        {"specs": {"other": {"vertical_flip": True}}},
        {"baseline": {"spec": {"samplewise_center": True}}},
    ],
    ids=repr,
)
def test_what_cannot_change_a_result_does_not_change_the_key(changed: dict[str, Any]) -> None:
    """More seeds, other labels, other candidates or another confidence reuse what is there."""
    assert _key(RESCALE, **changed) == _key(RESCALE)


def test_no_shift_is_the_same_trial_however_zero_is_written() -> None:
    """Some clients cannot write 0.0; nothing moves in either case, so the trial is the same."""
    assert _key(ImageDataGeneratorSpec(width_shift_range=0)) == _key(ImageDataGeneratorSpec(width_shift_range=0.0))
