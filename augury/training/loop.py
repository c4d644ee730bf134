"""The training loop: epochs over augmented images, with clean evaluation after each."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator

from augury.monitor import WorkMonitor
from augury.training.evaluation import EvaluationSet, Predictions, evaluate
from augury.training.history import History
from augury.training.inputs import Chunk
from augury.training.models import Learner
from augury.training.prefetching import one_ahead
from augury.training.steppers import NOTHING, Stepper, Totals

_CALL_SECONDS = 0.25


class Pace:
    """How many steps to take in one call: as many as keep it short, so that a cancel is heeded soon."""

    def __init__(self) -> None:
        self.steps = 1

    def learn(self, steps: int, seconds: float) -> None:
        """Take note of how long a call took. (The first may have traced a function, so the pace starts slow.)"""
        self.steps = max(1, int(_CALL_SECONDS * steps / max(seconds, 1e-6)))


def train(
    learner: Learner, chunks: Iterator[Chunk], *, batch_size: int, validation: EvaluationSet, monitor: WorkMonitor
) -> tuple[History, Predictions]:
    """Train until the chunks end, or the loss of an epoch is not finite, which is a result and not an error.

    Returns the history, and what the model made of the validation images after the last epoch.
    """
    history, pace = History(), Pace()
    images, totals = 0, NOTHING
    began = time.perf_counter()
    for chunk in one_ahead(chunks, monitor):
        totals = _train_on(learner.stepper, chunk, batch_size, totals, pace, monitor)
        images += len(chunk.labels)
        history.augmentation_seconds += chunk.seconds
        if not chunk.ends_epoch:
            continue
        history.training_loss.append(totals.loss / images)
        history.training_accuracy.append(totals.right / images)
        history.images_trained += images
        history.training_seconds += time.perf_counter() - began
        predictions = evaluate(learner.stepper, validation, learner.evaluation_batch, monitor)
        history.validation_loss.append(predictions.loss)
        history.validation_accuracy.append(predictions.accuracy)
        monitor.report_progress(epoch=len(history.training_loss))
        if history.diverged:
            break
        images, totals = 0, NOTHING
        began = time.perf_counter()
    return history, predictions


def _train_on(
    stepper: Stepper, chunk: Chunk, batch_size: int, totals: Totals, pace: Pace, monitor: WorkMonitor
) -> Totals:
    first = 0
    while first < len(chunk.labels):
        monitor.raise_if_cancelled()
        part = slice(first, first + pace.steps * batch_size)
        labels, began = chunk.labels[part], time.perf_counter()
        totals = stepper.train(chunk.images[part], labels, batch_size, totals)
        pace.learn(math.ceil(len(labels) / batch_size), time.perf_counter() - began)
        first = part.stop
    return totals
