"""The metrics that a job can be decided by, as a request names them: ``recall:CLASS``, ``top_k:N``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic_core import PydanticCustomError

MAX_METRIC_LENGTH = 264
"""Of a metric's name with its class."""
MAX_TOP_K = 100
_MAX_TITLE_LENGTH = 40
DEFAULT_METRIC = "accuracy"

Takes = Literal["nothing", "a class", "perhaps a class", "a number"]


@dataclass(frozen=True)
class MetricTraits:
    """What there is to know of a metric before anything is measured."""

    title: str
    """In a sentence: "points of balanced accuracy"."""
    practical_effect: float
    """Unless the request says otherwise; points."""
    takes: Takes = "nothing"
    is_better_lower: bool = False
    """Differences have their sign turned round then: above zero is always better."""
    needs_all_probabilities: bool = False
    """Whether it takes more of a trial than earlier versions stored: the class named, the true class's probability."""
    why_not_deciding: str | None = None
    """Why it is reported and decides nothing, for people; None where it may decide."""

    @property
    def unit(self) -> str:
        """What a difference is in: hundredths of the metric, which is a fraction but for log loss, which is in nats."""
        if self.title == DEFAULT_METRIC:
            return "points"
        return "hundredths of a nat" if self.title == "log loss" else f"points of {self.title}"


METRICS = {
    "accuracy": MetricTraits("accuracy", 0.5),
    "balanced_accuracy": MetricTraits("balanced accuracy", 0.5),
    "macro_f1": MetricTraits("macro F1", 0.5),
    "recall": MetricTraits("recall", 1.0, "a class"),
    "precision": MetricTraits("precision", 1.0, "a class"),
    "roc_auc": MetricTraits("ROC AUC", 0.5, "perhaps a class", needs_all_probabilities=True),
    "log_loss": MetricTraits("log loss", 1.0, is_better_lower=True),
    "top_k": MetricTraits("top-k accuracy", 0.5, "a number", needs_all_probabilities=True),
    "calibration_error": MetricTraits(
        "calibration error",
        0.5,
        is_better_lower=True,
        needs_all_probabilities=True,
        why_not_deciding="in bins of few images it is too large by an amount that no interval shows",
    ),
}
"""By what stands before the colon."""


@dataclass(frozen=True)
class MetricChoice:
    """A metric's name, taken apart."""

    name: str
    """As it is written."""
    kind: str
    """A key of ``METRICS``."""
    class_name: str | None = None
    count: int | None = None

    @property
    def traits(self) -> MetricTraits:
        """What there is to know of it."""
        return METRICS[self.kind]

    @property
    def title(self) -> str:
        """In a sentence, with its class or number."""
        if self.class_name is not None:
            is_long = len(self.class_name) > _MAX_TITLE_LENGTH
            shown = f"{self.class_name[: _MAX_TITLE_LENGTH - 1]}…" if is_long else self.class_name
            return f"{self.traits.title} of “{shown}”"
        return self.traits.title if self.count is None else f"top-{self.count} accuracy"

    @property
    def unit(self) -> str:
        """What its differences are in, in words."""
        return self.traits.unit.replace(self.traits.title, self.title)


def metric_choice(name: str) -> MetricChoice:
    """A metric's name, taken apart.

    Raises:
        PydanticCustomError: there is no such metric, or it lacks its class or number; the message lists what there is.
    """
    kind, colon, argument = name.partition(":")
    traits = METRICS.get(kind)
    if traits is None:
        deciding = [each for each in METRICS if METRICS[each].why_not_deciding is None]
        raise _refused(f"expected one of {', '.join(map(_written, deciding))}")
    if traits.takes == "a number":
        if not argument.isascii() or not argument.isdigit() or not 2 <= int(argument[:6]) <= MAX_TOP_K:
            raise _refused(f"expected {_written(kind)} with a whole number from 2 to {MAX_TOP_K} for N")
        return MetricChoice(name, kind, count=int(argument))
    if (traits.takes == "nothing" and colon) or (traits.takes == "a class" and not argument):
        raise _refused(f"expected {_written(kind)}")
    if colon and not argument:
        raise _refused(f"expected the name of a class after '{kind}:'")
    return MetricChoice(name, kind, argument or None)


def _written(kind: str) -> str:
    return {"a class": f"{kind}:CLASS", "perhaps a class": f"{kind} or {kind}:CLASS", "a number": f"{kind}:N"}.get(
        METRICS[kind].takes, kind
    )


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("metric", message.replace("{", "{{").replace("}", "}}"))
