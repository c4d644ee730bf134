"""The table of metrics, and a metric ready to be used on a dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from api_schemas.training.metrics import DEFAULT_METRIC, MetricChoice, metric_choice
from augury.evidence.metrics import classifications, probabilities, ranking
from augury.evidence.metrics.outputs import Floats, ImageDifferences, Outputs, Side

Argument = int | None
"""The label of the metric's class, or its number."""


class _Measure(NamedTuple):
    """How a metric is taken."""

    differences: Callable[[Side, Side, Argument], ImageDifferences | None]
    value: Callable[[Outputs, Argument], float | None] | None = None
    """Of the classes that a model names."""
    image_values: Callable[[Outputs, Argument], Floats | None] | None = None
    """Of a model's probabilities: values of images whose mean is the metric."""


_MEASURES = {
    "accuracy": _Measure(classifications.accuracy_differences, classifications.accuracy),
    "balanced_accuracy": _Measure(classifications.balanced_accuracy_differences, classifications.balanced_accuracy),
    "macro_f1": _Measure(classifications.macro_f1_differences, classifications.macro_f1),
    "recall": _Measure(classifications.recall_differences, classifications.recall),
    "precision": _Measure(classifications.precision_differences, classifications.precision),
    "roc_auc": _Measure(ranking.auc_differences, image_values=ranking.auc_values),
    "log_loss": _Measure(probabilities.log_loss_differences, image_values=probabilities.log_losses),
    "top_k": _Measure(probabilities.top_k_differences, image_values=probabilities.top_k_hits),
    "calibration_error": _Measure(probabilities.calibration_differences, image_values=probabilities.calibration_gaps),
}


@dataclass(frozen=True)
class Metric:
    """A metric of models of one dataset."""

    choice: MetricChoice
    argument: Argument = None

    @property
    def name(self) -> str:
        """As requests and reports write it."""
        return self.choice.name

    @property
    def is_accuracy(self) -> bool:
        """Whether it is the one that needs no saying."""
        return self.choice.kind == DEFAULT_METRIC

    def image_values(self, outputs: Outputs) -> Floats | None:
        """Values of the images ``[n]`` whose mean is the metric, to be kept in the probabilities' place.

        None where labels and predictions are all that it takes, where it is undefined, and where what it takes was
        not kept of the model.
        """
        reduce = _MEASURES[self.choice.kind].image_values
        return None if reduce is None or not len(outputs.labels) else reduce(outputs, self.argument)

    def value(self, outputs: Outputs) -> float | None:
        """The metric, a fraction or nats; None where it is undefined or what it takes was not kept."""
        of_classes = _MEASURES[self.choice.kind].value
        if of_classes is not None:
            return of_classes(outputs, self.argument)
        values = self.image_values(outputs)
        return None if values is None else float(values.mean())

    def differences(self, one: Side, other: Side) -> ImageDifferences | None:
        """What images contribute to one arm's being better than another on a seed; None where it is undefined."""
        return _MEASURES[self.choice.kind].differences(one, other, self.argument)


ACCURACY = Metric(metric_choice(DEFAULT_METRIC))


def metric_of(name: str, class_names: Sequence[str]) -> Metric:
    """The metric of that name on a dataset of these classes.

    Raises:
        ValueError: the dataset has no such class.
        PydanticCustomError: there is no such metric.
    """
    choice = metric_choice(name)
    if choice.class_name is not None:
        return Metric(choice, list(class_names).index(choice.class_name))
    return Metric(choice, choice.count)


def all_metrics(deciding: Metric, class_names: Sequence[str]) -> list[Metric]:
    """The metrics that every arm reports, the deciding one first.

    Those of a class only where the deciding one is of a class, and of that one; the classes' recalls are reported
    with each candidate anyhow.
    """
    names = ["accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "log_loss", "calibration_error"]
    if len(class_names) > _REPORTED_TOP_K:
        names.append(f"top_k:{_REPORTED_TOP_K}")
    if deciding.choice.class_name is not None:
        names += [f"{kind}:{deciding.choice.class_name}" for kind in ("recall", "precision", "roc_auc")]
    others = (metric_of(name, class_names) for name in names if name != deciding.name)
    return [deciding, *others]


_REPORTED_TOP_K = 5
