"""The training loop: epochs over augmented batches, with clean evaluation after each."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from api_schemas.trials import Curves
from workers.watcher import Watcher

Array = npt.NDArray[Any]
_EVALUATION_BATCH = 512
_SMALLEST_PROBABILITY = 1e-7


@dataclass(frozen=True)
class EvaluationSet:
    """Preprocessed images ``[N, H, W, C]`` float32 and their labels ``[N]``."""

    images: Array
    labels: Array


@dataclass
class History:
    """What was measured after each epoch."""

    training_loss: list[float] = field(default_factory=list)
    training_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    augmentation_seconds: float = 0.0

    @property
    def diverged(self) -> bool:
        """Whether the last epoch's training loss was not finite."""
        return bool(self.training_loss) and not math.isfinite(self.training_loss[-1])

    def curves(self) -> Curves:
        """For the wire, where a value that is not finite is null."""
        names = ("training_loss", "training_accuracy", "validation_loss", "validation_accuracy")
        return Curves(**{name: [_finite_or_none(value) for value in getattr(self, name)] for name in names})


def train(
    model: keras.Model,
    batches: Iterator[tuple[Array, Array]],
    *,
    epochs: int,
    steps_per_epoch: int,
    validation: EvaluationSet,
    watcher: Watcher,
) -> History:
    """Train for *epochs*, or until the loss is not finite any more, which is a result and not an error."""
    history = History()
    for epoch in range(epochs):
        _train_one_epoch(model, batches, steps_per_epoch, history, watcher)
        loss, accuracy = evaluate(model, validation, watcher)
        history.validation_loss.append(loss)
        history.validation_accuracy.append(accuracy)
        watcher.note(epoch=epoch + 1)
        if history.diverged:
            break
    return history


def _train_one_epoch(
    model: keras.Model, batches: Iterator[tuple[Array, Array]], steps: int, history: History, watcher: Watcher
) -> None:
    model.reset_metrics()
    loss = accuracy = math.nan
    for _ in range(steps):
        watcher.check()
        began = time.perf_counter()
        images, labels = next(batches)
        history.augmentation_seconds += time.perf_counter() - began
        loss, accuracy = model.train_on_batch(images, labels)  # running means over the epoch
    history.training_loss.append(float(loss))
    history.training_accuracy.append(float(accuracy))


def evaluate(model: keras.Model, examples: EvaluationSet, watcher: Watcher) -> tuple[float, float]:
    """Mean cross-entropy and the share of images whose most probable class is right."""
    total_loss, right = 0.0, 0
    for start in range(0, len(examples.labels), _EVALUATION_BATCH):
        watcher.check()
        labels = examples.labels[start : start + _EVALUATION_BATCH]
        probabilities = np.asarray(model.predict_on_batch(examples.images[start : start + _EVALUATION_BATCH]))
        of_label = probabilities[np.arange(len(labels)), labels]
        total_loss -= float(np.log(np.maximum(of_label, _SMALLEST_PROBABILITY)).sum())
        right += int((probabilities.argmax(axis=1) == labels).sum())
    return total_loss / len(examples.labels), right / len(examples.labels)


def _finite_or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
