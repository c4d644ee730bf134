"""A test split that is kept for a last score, as planned."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.comparison import definition_of, plan_comparison
from augury.planning.split_problems import test_problem as problem_with_test
from augury.planning.splits import held_out_share, untouched_test
from tests.store.databases import FACTS, comparison

SCORED = EvaluationSettings(test="split")


def _facts(**images: int) -> DatasetFacts:
    return FACTS.model_copy(
        update={"splits": {name: dict.fromkeys(FACTS.classes, count) for name, count in images.items()}}
    )


@pytest.mark.parametrize(
    ("facts", "settings", "told"),
    [
        (FACTS, {}, "the dataset's own splits are: none"),
        (_facts(train=6, test=4), {}, "the dataset's own splits are: train, test"),
        (_facts(train=6, validation=4), {}, "'test' split has no image of class '0' and 9 more"),
        (_facts(train=6, validation=2, test=2), {"splits": "random"}, "untouched only beside"),
    ],
    ids=["no splits", "validated on", "no test", "splits set aside"],
)
def test_a_test_split_that_is_not_untouched_is_a_problem(
    facts: DatasetFacts, settings: dict[str, Any], told: str
) -> None:
    """Nothing can be scored at the end that has been seen before."""
    problem = problem_with_test(EvaluationSettings.model_validate({"test": "split"} | settings), facts)
    assert problem is not None
    assert told in problem


def test_one_beside_train_and_validation_is_none() -> None:
    """Nor is anything where no score is asked for."""
    assert problem_with_test(SCORED, _facts(train=6, validation=2, test=2)) is None
    assert problem_with_test(EvaluationSettings(), FACTS) is None


def test_what_is_scored_at_the_end_confirms_nothing() -> None:
    """A recommendation is confirmed on images of the validation split that are held out, then."""
    facts = _facts(train=6, validation=2, test=2)
    assert (untouched_test(EvaluationSettings(), facts), untouched_test(SCORED, facts)) == ("test", None)
    assert (held_out_share(EvaluationSettings(), facts), held_out_share(SCORED, facts)) == (None, 0.5)


def test_only_trials_that_are_scored_say_so() -> None:
    """All others are addressed as they always were."""
    facts = _facts(train=6, validation=2, test=2)
    said = []
    for settings in ({}, {"test": "split"}):
        request = comparison(evaluation={"seeds": 2} | settings)
        plan = plan_comparison(request, facts)
        said.append(definition_of(request, plan, plan.arms[0], 0, "d" * 64, facts).canonical().get("scored_on"))
    assert said == [None, "test"]
