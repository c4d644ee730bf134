"""The arms of a full attribution."""

from __future__ import annotations

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.candidates import Candidate
from augury.planning import comparison as plans
from augury.planning.attribution_arms import attribution_arms, only, random_parameters, without
from tests.store.databases import OVER, comparison

SPEC = ImageDataGeneratorSpec.model_validate(OVER)


def test_every_parameter_is_trained_alone_and_left_out() -> None:
    """Twice as many arms as parameters, all with the candidate's preprocessing."""
    arms = {arm.name: arm.spec for arm in attribution_arms(Candidate(name="over", spec=SPEC))}
    assert len(arms) == 2 * len(random_parameters(SPEC)) == 12
    assert random_parameters(arms["over:only:zoom_range"]) == ["zoom_range"]
    assert "zoom_range" not in random_parameters(arms["over:without:zoom_range"])
    assert {spec.preprocessing() for spec in arms.values()} == {SPEC.preprocessing()}


def test_alone_and_left_out_share_out_the_parameters() -> None:
    """What one has the other has not, and the filling stays."""
    for name in random_parameters(SPEC):
        assert {*random_parameters(only(SPEC, name)), *random_parameters(without(SPEC, name))} == {
            *random_parameters(SPEC)
        }
        assert only(SPEC, name).fill_mode == SPEC.fill_mode


def test_a_spec_with_one_parameter_is_its_own_attribution() -> None:
    """More arms would tell nothing new."""
    turn = Candidate(name="turn", spec=ImageDataGeneratorSpec(rotation_range=20.0))
    assert attribution_arms(turn) == []


def test_only_a_full_attribution_adds_arms_and_only_to_the_first_round() -> None:
    """Single parameters explain a verdict and do not make one."""
    seeds = {"evaluation": {"seeds": {"min": 3, "max": 10}}}
    plain = plans.plan_comparison(comparison({"over": OVER}, **seeds), "uint8")
    full = plans.plan_comparison(comparison({"over": OVER}, attribution="full", **seeds), "uint8")
    assert len(full.arms) - len(plain.arms) == 12
    assert full.trials_most - full.trials == plain.trials_most - plain.trials
