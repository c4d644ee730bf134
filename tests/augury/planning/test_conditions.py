"""What judging models under conditions amounts to, before any of it is done."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Arm, Plan
from augury.planning.comparison import definition_of, plan_comparison, trial_slots
from augury.planning.conditions import MAX_IMAGES, dataset_obstacle, judged_models
from tests.store.databases import FACTS, comparison

OTHER = "ds_" + 32 * "b"
MILD = {"rotation_range": 9, "rescale": 1 / 255}
COLOURS = FACTS.model_copy(update={"shape": (32, 32, 3), "images": 100_000})


def _plan(conditions: Any, facts: DatasetFacts | str = FACTS, **evaluation: Any) -> Plan:
    request = comparison({"mild": MILD}, evaluation={"seeds": 3, "conditions": conditions, **evaluation})
    return plan_comparison(request, facts)


def _facts(**changes: Any) -> DatasetFacts:
    return FACTS.model_copy(update=changes)


def test_a_comparison_without_conditions_has_no_plan_for_any() -> None:
    """Nothing is said of what was not asked for."""
    assert _plan([]).conditions is None


def test_a_plan_says_how_many_images_how_many_models_are_shown() -> None:
    """Twenty validation images in five ways and in two, for a baseline and a candidate on three seeds."""
    conditions = _plan(["dimmed", {"name": "noisy", "strengths": [1, 5]}]).conditions
    assert conditions is not None
    assert (conditions.models, conditions.images_per_model, conditions.images) == (6, 20 * 7, 6 * 20 * 7)


def test_of_large_validation_sets_a_bounded_number_is_shown() -> None:
    """Also where the size is not known yet, and of another dataset, which is shown as it is."""
    for facts in (COLOURS, "uint8"):
        conditions = _plan(["dimmed", {"dataset": OTHER}], facts).conditions
        assert conditions is not None
        assert conditions.images_per_model == 6 * MAX_IMAGES


def test_what_images_cannot_be_put_under_is_left_out_and_said() -> None:
    """Grey images have no colour; those of a dataset that was not read yet may."""
    grey, coloured, unknown = (_plan("all", facts).conditions for facts in (FACTS, COLOURS, "uint8"))
    assert grey is not None
    assert coloured is not None
    assert unknown is not None
    assert grey.skipped == {"colour_cast": "it needs images of 2 channels or more, and these have 1"}
    assert "colour_cast" not in [each.name for each in grey.targets]
    assert (len(coloured.targets), coloured.skipped, unknown.skipped) == (10, {}, {})


def test_no_model_is_judged_where_nothing_is_left_to_judge_it_on() -> None:
    """A cast alone, on grey images."""
    conditions = _plan(["colour_cast"]).conditions
    assert conditions is not None
    assert (conditions.models, conditions.images) == (0, 0)


def test_models_of_the_baseline_and_the_candidates_are_judged_seed_by_seed() -> None:
    """Not those of preprocessing alone, and none of later rounds, as the evidence has chosen them."""
    specs = {"mild": MILD, "over": {"rotation_range": 90}}
    request = comparison(specs, evaluation={"seeds": {"min": 2, "max": 9}, "first_seed": 7, "conditions": "all"})
    arms = ["baseline", "mild", "over"]
    assert judged_models(plan_comparison(request, FACTS)) == [(arm, seed) for seed in (7, 8) for arm in arms]


def test_models_are_kept_where_they_are_to_be_judged_and_nowhere_else() -> None:
    """A trial that is not judged, or that keeps its model in any case, is the same as without conditions."""
    evaluation = {"seeds": {"min": 2, "max": 4}}
    plain = comparison({"mild": MILD, "over": {"rotation_range": 90}}, evaluation=evaluation)
    judged = plain.model_copy(update={"evaluation": plain.evaluation.model_copy(update={"conditions": "all"})})
    plan = plan_comparison(judged, FACTS)
    of_four = plan.model_copy(update={"rounds": [plan.rounds[0].model_copy(update={"seeds": [0, 1, 2, 3]})]})
    changed = {
        (arm.name, seed)
        for arm, seed in trial_slots(of_four)
        if _key(plain, of_four, arm, seed) != _key(judged, of_four, arm, seed)
    }
    assert changed == {("mild", 0), ("mild", 1), ("over", 0), ("over", 1)}


def _key(request: ComparisonRequest, plan: Plan, arm: Arm, seed: int) -> str:
    return definition_of(request, plan, arm, seed, "d", FACTS).key()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (FACTS, None),
        (_facts(classes=dict(reversed(FACTS.classes.items())), images=7, value_range=(3, 200)), None),
        (
            _facts(classes={"cat": 3, "dog": 4}),
            "its classes are others: it lacks 0, 1, 2, 3, 4 and 5 more, and it has besides cat, dog",
        ),
        (_facts(shape=(8, 8, 3)), "its images are 8x8 with 3 channels, and those trained on are 8x8 with 1 channel"),
        (_facts(dtype="uint16", value_range=(0, 255)), "its values are uint16, and those trained on are uint8"),
        (_facts(value_range=(0, 16)), "its full scale is 16, and that of those trained on is 255"),
    ],
)
def test_another_dataset_must_show_the_same_classes_in_the_same_form(other: DatasetFacts, said: str | None) -> None:
    """In whatever order its classes are, and however many images it has."""
    assert dataset_obstacle(FACTS, other) == said
