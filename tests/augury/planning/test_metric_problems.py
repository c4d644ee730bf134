"""Metrics that a dataset cannot be judged by, and those that suit it better than accuracy."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.comparison import definition_of, plan_comparison
from augury.planning.metric_problems import metric_problem, metric_suggestion
from tests.store.databases import FACTS, comparison


@pytest.mark.parametrize(
    ("metric", "problem"),
    [
        ("recall:cat", "the dataset has no class 'cat'; its classes are 0, 1, 2"),
        ("top_k:10", "the dataset has 10 classes, and the true one is always among the first 10"),
    ],
)
def test_a_metric_that_the_classes_do_not_allow_is_a_problem(metric: str, problem: str) -> None:
    """Said with the classes that there are."""
    told = metric_problem(EvaluationSettings(metric=metric), FACTS)
    assert told is not None
    assert problem in told


@pytest.mark.parametrize("metric", ["accuracy", "recall:3", "top_k:9", "roc_auc", "roc_auc:0"])
def test_what_the_classes_allow_is_none(metric: str) -> None:
    """Of ten classes."""
    assert metric_problem(EvaluationSettings(metric=metric), FACTS) is None


def test_areas_under_the_curve_are_refused_where_probabilities_are_not_stored() -> None:
    """Fifty thousand validation images of a thousand classes are more than a trial stores; its rank is stored."""
    classes = {str(label): 250 for label in range(1000)}
    many = FACTS.model_copy(update={"images": 250_000, "classes": classes})
    told = metric_problem(EvaluationSettings(metric="roc_auc"), many)
    assert told is not None
    assert "50,000,000 in all; at most 20,000,000 are stored" in told
    assert metric_problem(EvaluationSettings(metric="top_k:5"), many) is None


@pytest.mark.parametrize(("of_most", "is_suggested"), [(75, False), (76, True)])
def test_balanced_accuracy_is_suggested_where_one_class_has_more_than_three_quarters(
    of_most: int, is_suggested: bool
) -> None:
    """In the plan, before anything is trained."""
    uneven = FACTS.model_copy(update={"classes": {"no": of_most, "yes": 100 - of_most}})
    plan = plan_comparison(comparison(training={}), uneven)
    assert [("'balanced_accuracy'" in told) for told in plan.warnings] == [True] * is_suggested


def test_nothing_is_suggested_to_who_has_chosen() -> None:
    """Whatever another metric than accuracy is chosen for."""
    uneven = FACTS.model_copy(update={"classes": {"no": 90, "yes": 10}})
    assert metric_suggestion(EvaluationSettings(metric="recall:yes"), uneven) is None


def test_trials_that_have_not_stored_what_a_metric_takes_are_not_reused() -> None:
    """Those of all other metrics are the same trials, whatever decides."""

    def key(metric: str, **training: Any) -> str:
        request = comparison(
            evaluation={"seeds": 2, "metric": metric}, training={"schedule": "constant", "epochs": 1} | training
        )
        plan = plan_comparison(request, FACTS)
        return definition_of(request, plan, plan.arms[0], 0, "d" * 64, FACTS).key()

    assert key("accuracy") == key("balanced_accuracy") == key("log_loss") == key("recall:1")
    assert key("roc_auc") == key("top_k:3") != key("accuracy")
    assert key("roc_auc", schedule="cosine") == key("accuracy", schedule="cosine")
