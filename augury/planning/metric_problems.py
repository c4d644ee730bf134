"""Why a metric cannot decide on a dataset, and what its images suggest instead, from the facts alone."""

from __future__ import annotations

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.evaluation import EvaluationSettings
from api_schemas.training.metrics import DEFAULT_METRIC, metric_choice
from augury.planning.splits import split_sizes
from augury.wording import listed

MAX_STORED_PROBABILITIES = 20_000_000
"""Of a trial, images times classes: 40 MB. Beyond so many the vectors are not stored, and no ROC AUC can be taken."""
UNEVEN_SHARE = 0.75
"""Of the most frequent class: naming it always is right on three images of four."""
_MAX_NAMED = 10


def metric_problem(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    """Why the metric that was asked for cannot be taken on a dataset, said to a person; None if it can.

    Args:
        evaluation: what was asked for.
        facts: of the dataset.
    """
    metric, names = metric_choice(evaluation.metric), list(facts.classes)
    if metric.class_name is not None and metric.class_name not in names:
        return f"the dataset has no class '{metric.class_name}'; its classes are {listed(names, _MAX_NAMED)}"
    if metric.count is not None and metric.count >= len(names):
        return f"the dataset has {len(names)} classes, and the true one is always among the first {metric.count}"
    vectors = split_sizes(evaluation, facts).validation * len(names)
    if metric.kind == "roc_auc" and vectors > MAX_STORED_PROBABILITIES:
        return (
            f"ROC AUC takes the probabilities of all {len(names):,} classes for every validation image, {vectors:,} in "
            f"all; at most {MAX_STORED_PROBABILITIES:,} are stored: take fewer validation images, or another metric"
        )
    return None


def metric_suggestion(evaluation: EvaluationSettings, facts: DatasetFacts) -> str | None:
    """What decides better than accuracy on a dataset most of which is one class, in a sentence; None elsewhere."""
    images = facts.classes
    most = max(images, key=lambda name: images[name], default=None)
    if evaluation.metric != DEFAULT_METRIC or most is None:
        return None
    share = images[most] / max(1, sum(images.values()))
    if share <= UNEVEN_SHARE:
        return None
    return (
        f"{100 * share:.0f}% of the images are of class {most!r}, so that always naming it is right as often: let "
        "evaluation.metric 'balanced_accuracy' decide, in which every class counts alike."
    )
