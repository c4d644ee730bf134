"""Metrics as requests name them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api_schemas.training.evaluation import EvaluationSettings
from api_schemas.training.metrics import MAX_METRIC_LENGTH, METRICS, metric_choice

NAMED = {
    "accuracy": "points",
    "balanced_accuracy": "points of balanced accuracy",
    "macro_f1": "points of macro F1",
    "recall:a cat": "points of recall of “a cat”",
    "precision:x:y": "points of precision of “x:y”",
    "roc_auc": "points of ROC AUC",
    "roc_auc:2": "points of ROC AUC of “2”",
    "log_loss": "hundredths of a nat",
    "top_k:5": "points of top-5 accuracy",
}


@pytest.mark.parametrize(("name", "unit"), NAMED.items())
def test_a_metric_that_may_decide_is_taken_as_it_is_written(name: str, unit: str) -> None:
    """With its class or its number, and it says what its differences are in."""
    assert EvaluationSettings(metric=name).metric == name
    assert metric_choice(name).unit == unit


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("acuracy", "expected one of accuracy, balanced_accuracy, macro_f1, recall:CLASS"),
        ("calibration_error", "it is reported of every arm and decides nothing: in bins of few images"),
        ("recall", "expected recall:CLASS"),
        ("recall:", "expected recall:CLASS"),
        ("roc_auc:", "expected the name of a class after 'roc_auc:'"),
        ("accuracy:cat", "expected accuracy"),
        ("top_k", "expected top_k:N with a whole number from 2 to 100"),
        ("top_k:1", "from 2 to 100"),
        ("top_k:99999999999999999999", "from 2 to 100"),
        ("top_k:five", "from 2 to 100"),
        ("recall:" + "x" * MAX_METRIC_LENGTH, f"at most {MAX_METRIC_LENGTH} characters"),
    ],
)
def test_what_is_no_metric_is_refused_with_what_is_one(name: str, complaint: str) -> None:
    """The message says how it is written."""
    with pytest.raises(ValidationError, match=complaint):
        EvaluationSettings(metric=name)


@pytest.mark.parametrize(("metric", "effect"), [("accuracy", 0.5), ("recall:cat", 1.0), ("log_loss", 1.0)])
def test_a_practical_effect_that_is_not_given_is_the_metric_s_usual_one(metric: str, effect: float) -> None:
    """And one that is given is taken whatever the metric is."""
    assert EvaluationSettings.model_validate({"metric": metric}).practical_effect == effect
    assert EvaluationSettings.model_validate({"metric": metric, "practical_effect": 3.0}).practical_effect == 3.0


def test_settings_of_earlier_versions_are_by_accuracy() -> None:
    """They have no metric in them, and keep their practical effect."""
    read = EvaluationSettings.model_validate({"seeds": 5, "practical_effect": 2.0})
    assert (read.metric, read.practical_effect) == ("accuracy", 2.0)


@given(st.text(max_size=300))
def test_no_text_is_more_than_refused(name: str) -> None:
    """Whatever is sent, it is one of the metrics or a validation error."""
    try:
        settings = EvaluationSettings(metric=name)
    except ValidationError:
        return
    assert settings.metric.partition(":")[0] in METRICS
