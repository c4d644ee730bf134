"""Conditions in a request: by name, with strengths, another dataset, or all of them."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api_schemas.jobs import TrainingRequest
from api_schemas.training.conditions import CONDITION_NAMES, MAX_CONDITIONS, changed_images, other_datasets
from api_schemas.training.evaluation import EvaluationSettings

OTHER = "ds_" + 32 * "a"


def _asked(conditions: Any) -> EvaluationSettings:
    return EvaluationSettings.model_validate({"conditions": conditions})


def _refusal(conditions: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        _asked(conditions)
    return str(refusal.value)


def test_nothing_is_judged_under_conditions_unless_it_is_asked_for() -> None:
    """A request of before, which has no such field, asks for none."""
    settings = EvaluationSettings.model_validate({})
    assert (changed_images(settings.conditions), other_datasets(settings.conditions)) == ([], [])


def test_all_is_every_change_at_every_strength() -> None:
    """In the order in which they are told, and no other dataset."""
    changes = changed_images(_asked("all").conditions)
    assert [each.name for each in changes] == list(CONDITION_NAMES)
    assert {tuple(each.strengths) for each in changes} == {(1, 2, 3, 4, 5)}
    assert other_datasets("all") == []


def test_conditions_are_names_names_with_strengths_and_datasets() -> None:
    """All three forms in one list; strengths come out ascending."""
    settings = _asked(["dimmed", {"name": "noisy", "strengths": [3, 1]}, {"dataset": OTHER}])
    changes = changed_images(settings.conditions)
    assert [(each.name, each.strengths) for each in changes] == [("dimmed", [1, 2, 3, 4, 5]), ("noisy", [1, 3])]
    assert other_datasets(settings.conditions) == [OTHER]


@pytest.mark.parametrize("conditions", ["all", [], ["dimmed", {"name": "jpeg"}, {"dataset": OTHER}]])
def test_what_was_asked_for_survives_the_store(conditions: Any) -> None:
    """What is dumped as JSON and read again is the same."""
    settings = _asked(conditions)
    assert EvaluationSettings.model_validate(settings.model_dump(mode="json")) == settings


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ("everything", "Input should be 'all'"),
        (["misty"], "Input should be 'rotated', 'shifted'"),
        (["dimmed", {"name": "dimmed"}], "each condition is named once; repeated: dimmed"),
        ([{"dataset": OTHER}, {"dataset": OTHER}], f"repeated: {OTHER}"),
        ([{"name": "noisy", "strengths": [2, 2]}], "noisy: each strength is named once"),
        ([{"name": "noisy", "strengths": []}], "at least 1 item"),
        ([{"name": "noisy", "strengths": [6]}], "less than or equal to 5"),
        ([{"name": "noisy", "strenghts": [1]}], "did you mean 'strengths'?"),
        ([{"dataset": "digits"}], "String should match pattern"),
        ([{"dataset": f"ds_{at:032x}"} for at in range(MAX_CONDITIONS + 1)], "at most 20 items"),
    ],
)  # fmt: skip
def test_what_is_no_condition_is_refused_with_what_would_be(conditions: Any, said: str) -> None:
    """Each fault by its own message."""
    assert said in _refusal(conditions)


def test_a_training_has_nothing_to_compare_under_conditions() -> None:
    """What would be left undone is refused."""
    body = {
        "kind": "training",
        "dataset": {"kind": "builtin", "name": "digits"},
        "evaluation": {"seeds": 2, "conditions": ["dimmed"]},
    }
    with pytest.raises(ValidationError, match=r"evaluation.conditions: a training job has no baseline"):
        TrainingRequest.model_validate(body)
