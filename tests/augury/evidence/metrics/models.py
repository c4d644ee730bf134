"""Made-up models: what they give for images, as metrics and as arms take it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.evidence.arm_results import ArmRecord, SeedRecord
from augury.evidence.metrics.outputs import Outputs
from augury.evidence.metrics.table import Metric

METRIC_NAMES = (
    "accuracy", "balanced_accuracy", "macro_f1", "recall:b", "precision:b", "roc_auc", "roc_auc:b", "log_loss",
    "top_k:2", "calibration_error",
)  # fmt: skip
CLASS_NAMES = ["a", "b", "c"]


def outputs_of(labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float64]) -> Outputs:
    """What a model gives that takes images ``[n]`` of these labels for these probabilities ``[n, classes]``."""
    of_true = probabilities[np.arange(len(labels)), labels]
    return Outputs(
        labels=labels,
        predicted=probabilities.argmax(axis=1),
        classes=probabilities.shape[1],
        probability=of_true,
        confidence=probabilities.max(axis=1),
        rank=(probabilities > of_true[:, np.newaxis]).sum(axis=1),
        log_probabilities=np.log(probabilities),
    )


def record_of(outputs: Outputs, metric: Metric, **changes: Any) -> SeedRecord:
    """A finished trial that gave these, as it is read for a job that this metric decides."""
    fields: dict[str, Any] = {
        "accuracy": float((outputs.labels == outputs.predicted).mean()),
        "clean_training_accuracy": 1.0,
        "final_training_loss": 0.1,
        "still_improving": False,
        "diverged": False,
        "indices": np.arange(len(outputs.labels)),
        "labels": outputs.labels,
        "predicted": outputs.predicted,
        "image_values": metric.image_values(outputs),
    }
    return SeedRecord(**(fields | changes))


def arm_of(name: str, seeds: list[Outputs], metric: Metric) -> ArmRecord:
    """An arm whose models gave these on seeds 0, 1, ..."""
    return ArmRecord(name, ImageDataGeneratorSpec(), {seed: record_of(each, metric) for seed, each in enumerate(seeds)})


def random_probabilities(
    generator: np.random.Generator, labels: npt.NDArray[np.int64], classes: int = 3, knows: float = 1.0
) -> npt.NDArray[np.float64]:
    """Softmax of normal scores, those of the true class higher by *knows*."""
    scores = generator.normal(0, 1, (len(labels), classes))
    scores[np.arange(len(labels)), labels] += knows
    powers = np.exp(scores)
    made: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return made


@st.composite
def labelled(draw: st.DrawFn, min_of_class: int = 1) -> tuple[np.random.Generator, npt.NDArray[np.int64]]:
    """Labels of three classes of one to forty images each, and a source of randomness."""
    sizes = draw(st.lists(st.integers(min_of_class, 40), min_size=3, max_size=3))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    return generator, generator.permutation(np.repeat(np.arange(3), sizes))
