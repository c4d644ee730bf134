"""The training loop: epochs over augmented images, with clean evaluation after each."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator

from augury.monitor import WorkMonitor
from augury.training.evaluation import EvaluationSet, Predictions, evaluate
from augury.training.history import History
from augury.training.inputs import Chunk
from augury.training.models import Learner
from augury.training.optimisation.averaging import WeightMean
from augury.training.optimisation.rates import Rates
from augury.training.optimisation.watching import Watch
from augury.training.prefetching import one_ahead
from augury.training.progress.reporting import TrialProgress
from augury.training.steppers import NOTHING, Steps, Totals

_CALL_SECONDS = 0.25


class Pace:
    """How many steps to take in one call: as many as keep it short, so that a cancel is heeded soon.

    Args:
        whole_chunks: take all of a chunk in one call instead, whose size is bounded.
    """

    def __init__(self, *, whole_chunks: bool = False) -> None:
        self._is_fixed = whole_chunks
        self.steps = sys.maxsize if whole_chunks else 1

    def learn(self, steps: int, seconds: float) -> None:
        """Take note of how long a call took. (The first may have traced a function, so the pace starts slow.)"""
        if not self._is_fixed:
            self.steps = max(1, int(_CALL_SECONDS * steps / max(seconds, 1e-6)))


def train(
    learner: Learner,
    chunks: Iterator[Chunk],
    *,
    batch_size: int,
    rates: Rates,
    validation: EvaluationSet,
    monitor: WorkMonitor,
    progress: TrialProgress,
    history: History,
    inner: tuple[EvaluationSet, Watch] | None = None,
    mean: WeightMean | None = None,
) -> Predictions:
    """Train until the chunks end, or the loss of an epoch is not finite, which is a result and not an error.

    With an *inner* split the watch hears of the loss on it after every epoch, and may end the training; *mean* hears of
    the weights. Neither changes them. The *history* is gone on with, where this training follows another.

    Returns what the model made of the validation images after the last epoch.
    """
    pace, images, totals = Pace(whole_chunks=learner.stepper.takes_whole_chunks), 0, NOTHING
    began = time.perf_counter()
    for chunk in one_ahead(chunks, monitor):
        totals = _train_on(learner, chunk, batch_size, rates, totals, pace, monitor, progress)
        images += len(chunk.labels)
        history.augmentation_seconds += chunk.seconds
        if not chunk.ends_epoch:
            continue
        history.add_epoch(totals, images, rates.last, time.perf_counter() - began)
        predictions = evaluate(learner.stepper, validation, learner.evaluation_batch, monitor)
        history.validation_loss.append(predictions.loss)
        history.validation_accuracy.append(predictions.accuracy)
        progress.end_epoch()
        is_over = _is_over(learner, inner, rates, history, monitor)
        if history.diverged or is_over:
            break
        if mean is not None:
            mean.note(learner.model)
        images, totals = 0, NOTHING
        began = time.perf_counter()
    return predictions


def _is_over(
    learner: Learner,
    inner: tuple[EvaluationSet, Watch] | None,
    rates: Rates,
    history: History,
    monitor: WorkMonitor,
) -> bool:
    """Whether the inner split says so; the rates hear of it, too."""
    if inner is None:
        return False
    examples, watch = inner
    loss = evaluate(learner.stepper, examples, learner.evaluation_batch, monitor).loss
    history.inner_loss.append(loss)
    watch.note(loss, learner.model)
    rates.note(loss)
    return watch.is_over


def _train_on(
    learner: Learner,
    chunk: Chunk,
    batch_size: int,
    rates: Rates,
    totals: Totals,
    pace: Pace,
    monitor: WorkMonitor,
    progress: TrialProgress,
) -> Totals:
    first = 0
    while first < len(chunk.labels):
        monitor.raise_if_cancelled()
        part = slice(first, first + pace.steps * batch_size)
        labels = chunk.labels[part]
        batches, began = math.ceil(len(labels) / batch_size), time.perf_counter()
        steps = Steps(batch_size, rates.take(batches), learner.class_weights)
        totals = learner.stepper.train(chunk.images[part], labels, steps, totals)
        seconds = time.perf_counter() - began
        pace.learn(batches, seconds)
        progress.note_steps(len(labels), seconds)
        first = part.stop
    return totals
