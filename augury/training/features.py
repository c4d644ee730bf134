"""A frozen part's features of images, computed once, in the place of the images."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Lock

import numpy as np
import numpy.typing as npt

from augury.training.inputs import Chunk, Indices, Inputs, batches_in_chunk, in_order

MAX_BYTES = 2**29
"""Of all features of a trial's images, which are kept in memory."""

Forward = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Images ``[n, H, W, C]`` to features ``[n, ...]``, in inference mode."""


class FeatureInputs:
    """Images of which nothing is augmented, as a frozen part sees them: each goes through it once.

    Args:
        inputs: the images.
        forward: the frozen part.
        shape: of one image's features.
        labels: of all images of the snapshot.
        training: the images that are trained on.
        seed: the trial's, by which they have the same order as in the other arms.
        at_once: how many images go through it at a time.
        check: called often, and may raise to end the work.
        note: told how many images went through the part so far, and the seconds that it took for these.
    """

    def __init__(
        self,
        inputs: Inputs,
        forward: Forward,
        shape: tuple[int, ...],
        labels: npt.NDArray[np.int64],
        training: Indices,
        seed: int,
        at_once: int,
        check: Callable[[], object],
        note: Callable[[int, float], object],
    ) -> None:
        self._inputs, self._forward, self._check, self._note = inputs, forward, check, note
        self._labels, self._training, self._seed, self._at_once = labels, training, seed, at_once
        self._lock = Lock()  # the next chunk is made beside an evaluation
        self._rows = np.full(len(labels), -1, np.int64)
        self._features = np.empty((0, *shape), np.float32)
        self._done, self._seconds = 0, 0.0

    def chunks(self, batch_size: int, epochs: range, *, is_augmented: bool = True) -> Iterator[Chunk]:
        """See Inputs; nothing is augmented, whatever is asked."""
        size = batch_size * batches_in_chunk(self._features.shape[1:], batch_size)
        yield from in_order(
            self._training, self._labels, self._seed, epochs, size, lambda _, indices: self.preprocessed(indices)
        )

    def preprocessed(self, indices: Indices) -> npt.NDArray[np.float32]:
        """The features of these images, ``[n, ...]`` float32."""
        with self._lock:
            missing = indices[self._rows[indices] < 0]
            if len(missing):
                computed = list(self._computed(missing))
                self._rows[missing] = np.arange(len(missing)) + len(self._features)
                self._features = np.concatenate([self._features, *computed])
            found: npt.NDArray[np.float32] = self._features[self._rows[indices]]
            return found

    def _computed(self, indices: Indices) -> Iterator[npt.NDArray[np.float32]]:
        for first in range(0, len(indices), self._at_once):
            self._check()
            some, began = indices[first : first + self._at_once], time.perf_counter()
            features = self._forward(self._inputs.preprocessed(some))
            self._done, self._seconds = self._done + len(some), self._seconds + time.perf_counter() - began
            self._note(self._done, self._seconds)
            yield features
