"""Measuring a model on preprocessed images, of which only a chunk need be in memory."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.monitor import WorkMonitor
from augury.planning.metric_problems import MAX_STORED_PROBABILITIES
from augury.training.inputs import CHUNK_BYTES, Indices, Inputs
from augury.training.steppers import Stepper

Array = npt.NDArray[Any]
_CACHE_BYTES = 256_000_000
_MAX_BATCH = 512
_ACTIVATION_BYTES = 64_000_000
_MIN_PROBABILITY = 1e-7


@dataclass(frozen=True)
class Predictions:
    """What a model made of images: their indices in the snapshot, labels, predicted classes, all ``[n]``.

    ``probability`` is that of the true class and ``confidence`` that of the predicted one, float32; ``rank`` counts the
    classes that are more probable than the true one. ``log_probabilities`` ``[n, classes]`` float16 are the logarithms
    of all: of those it tells 0.9999 from 0.99999 as well as 1e-4 from 1e-5, which halves of probabilities do not. None
    where they are more than ``MAX_STORED_PROBABILITIES``.
    """

    indices: Indices
    labels: Array
    predicted: npt.NDArray[np.int32]
    probability: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    rank: npt.NDArray[np.int32]
    log_probabilities: npt.NDArray[np.float16] | None

    @property
    def loss(self) -> float:
        """Mean cross-entropy; probabilities below 1e-7 count as that."""
        return -float(np.log(np.maximum(self.probability.astype(np.float64), _MIN_PROBABILITY)).mean())

    @property
    def accuracy(self) -> float:
        """The share of images whose most probable class is right."""
        return float((self.predicted == self.labels).mean())

    def class_accuracies(self, classes: int) -> list[float | None]:
        """The accuracy on the images of each class; None for a class without images."""
        images = np.bincount(self.labels, minlength=classes)
        right = np.bincount(self.labels[self.predicted == self.labels], minlength=classes)
        return [int(hits) / int(count) if count else None for hits, count in zip(right, images, strict=True)]

    def to_npz(self) -> bytes:
        """As a file: ``indices`` and ``labels`` int64, the other arrays as they are, under their names."""
        arrays = {
            "indices": self.indices.astype(np.int64),
            "labels": self.labels.astype(np.int64),
            "predicted": self.predicted,
            "probability": self.probability,
            "confidence": self.confidence,
            "rank": self.rank,
        }
        if self.log_probabilities is not None:
            arrays["log_probabilities"] = self.log_probabilities
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
        return file.getvalue()


class EvaluationSet:
    """Some images of a snapshot as a model sees them outside training.

    Kept once preprocessed where they take less than 256 MB, otherwise preprocessed again in chunks every time.
    """

    def __init__(self, inputs: Inputs, shape: tuple[int, ...], labels: Array, indices: Indices) -> None:
        self.indices, self.labels = indices, labels[indices]
        self._inputs, self._image_bytes = inputs, 4 * math.prod(shape)
        self._kept: Array | None = None

    def chunks(self) -> Iterator[Array]:
        """The images in order, ``[n, H, W, C]``."""
        if len(self.indices) * self._image_bytes <= _CACHE_BYTES:
            if self._kept is None:
                self._kept = self._inputs.preprocessed(self.indices)
            yield self._kept
            return
        size = max(1, CHUNK_BYTES // self._image_bytes)
        for first in range(0, len(self.indices), size):
            yield self._inputs.preprocessed(self.indices[first : first + size])


def batch_that_fits(activation_bytes: int) -> int:
    """Images a forward pass takes at a time, when the largest layer of one image's has so many bytes."""
    return max(1, min(_MAX_BATCH, _ACTIVATION_BYTES // max(1, activation_bytes)))


def evaluate(stepper: Stepper, examples: EvaluationSet, batch_size: int, monitor: WorkMonitor) -> Predictions:
    """What the model makes of the images, in batches of so many."""

    def probabilities() -> Iterator[Array]:
        for images in examples.chunks():
            for first in range(0, len(images), batch_size):
                monitor.raise_if_cancelled()
                yield stepper.probabilities(images[first : first + batch_size])

    return gathered(examples.indices, examples.labels, probabilities())


def gathered(indices: Indices, labels: Array, probabilities: Iterable[Array]) -> Predictions:
    """What is kept of a model's probabilities of each class, which come batch by batch ``[b, classes]``.

    Args:
        indices: of the images in their snapshot ``[n]``.
        labels: theirs ``[n]``.
        probabilities: of all of them, in this order; at least one batch.
    """
    of_batches: list[tuple[Array, ...]] = []
    evaluated = 0
    for outputs in probabilities:
        is_kept = outputs.shape[1] * len(labels) <= MAX_STORED_PROBABILITIES
        of_batches.append(_of_batch(outputs, labels[evaluated : evaluated + len(outputs)], is_kept))
        evaluated += len(outputs)
    predicted, probability, confidence, rank, *log_probabilities = (
        np.concatenate(arrays) for arrays in zip(*of_batches, strict=True)
    )
    return Predictions(
        indices,
        labels,
        predicted,
        probability,
        confidence,
        rank,
        log_probabilities[0] if log_probabilities else None,
    )


def _of_batch(outputs: Array, labels: Array, is_kept: bool) -> tuple[Array, ...]:
    """What is kept of probabilities ``[n, classes]``: predicted, probability, confidence, rank, and perhaps all."""
    of_true = outputs[np.arange(len(outputs)), labels]
    kept = (
        outputs.argmax(axis=1).astype(np.int32),
        of_true.astype(np.float32),
        outputs.max(axis=1).astype(np.float32),
        (outputs > of_true[:, np.newaxis]).sum(axis=1).astype(np.int32),
    )
    if not is_kept:
        return kept
    return (*kept, np.log(np.maximum(outputs, _MIN_PROBABILITY)).astype(np.float16))
