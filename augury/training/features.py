"""A frozen part's features of images, computed once, in the place of the images."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from augury.memory import gigabytes
from augury.training.errors import UserInputError
from augury.training.inputs import Chunk, Indices, Inputs, Make, batches_in_chunk, in_order

MAX_BYTES = 2**29
"""Of all features of a trial's images, which are kept in memory."""

Forward = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]
"""Images ``[n, H, W, C]`` to features ``[n, ...]``, in inference mode."""


class Views(NamedTuple):
    """Augmented views of each training image that are kept: those of the first epochs."""

    number: int
    make: Make
    """Augmented images of an epoch."""


class FeatureInputs:
    """Images as a frozen part sees them: each goes through it once, and so does each of its views.

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
        views: what augmented epochs train on, in turn; where there are none, nothing is augmented.
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
        views: Views | None = None,
    ) -> None:
        self._inputs, self._forward, self._check, self._note = inputs, forward, check, note
        self._labels, self._training, self._seed, self._at_once = labels, training, seed, at_once
        self._views = views
        self._lock = Lock()  # the next chunk is made beside an evaluation
        number = 0 if views is None else views.number
        self._rows = np.full((number + 1, len(labels)), -1, np.int64)  # of what is not augmented, the last
        # What is not written to takes no memory.
        self._features = np.empty((rows_of(len(labels), len(training), number), *shape), np.float32)
        self._done, self._seconds = 0, 0.0

    def chunks(self, batch_size: int, epochs: range, *, is_augmented: bool = True) -> Iterator[Chunk]:
        """See Inputs. Without views nothing is augmented, whatever is asked."""
        size = batch_size * batches_in_chunk(self._features.shape[1:], batch_size)
        views = self._views if is_augmented else None
        make: Make = partial(self._view, views) if views else lambda _, indices: self.preprocessed(indices)
        yield from in_order(self._training, self._labels, self._seed, epochs, size, make)

    def preprocessed(self, indices: Indices) -> npt.NDArray[np.float32]:
        """The features of these images as they are, ``[n, ...]`` float32."""
        return self._kept(-1, indices, self._inputs.preprocessed)

    def _view(self, views: Views, epoch: int, indices: Indices) -> npt.NDArray[np.float32]:
        view = epoch % views.number
        return self._kept(view, indices, partial(views.make, view))

    def _kept(
        self, view: int, indices: Indices, make: Callable[[Indices], npt.NDArray[np.float32]]
    ) -> npt.NDArray[np.float32]:
        with self._lock:
            rows = self._rows[view]
            missing = indices[rows[indices] < 0]
            for first in range(0, len(missing), self._at_once):
                self._check()
                self._compute(rows, missing[first : first + self._at_once], make)
            found: npt.NDArray[np.float32] = self._features[rows[indices]]
            return found

    def _compute(
        self, rows: npt.NDArray[np.int64], some: Indices, make: Callable[[Indices], npt.NDArray[np.float32]]
    ) -> None:
        began, end = time.perf_counter(), self._done + len(some)
        self._features[self._done : end] = self._forward(make(some))
        rows[some] = np.arange(self._done, end)
        self._done, self._seconds = end, self._seconds + time.perf_counter() - began
        self._note(self._done, self._seconds)


def rows_of(images: int, trained: int, views: int) -> int:
    """Features that may have to be kept: of every image, and of every view of those that are trained on."""
    return images + views * trained


def is_room_for(shape: tuple[int, ...], rows: int) -> bool:
    """Whether so many features of that shape may be kept."""
    return 4 * math.prod(shape) * rows <= MAX_BYTES


def require_room_for_views(shape: tuple[int, ...], images: int, trained: int, views: int) -> None:
    """See that so many views of each image that is trained on may be kept.

    Raises:
        UserInputError: they take too much memory.
    """
    if is_room_for(shape, rows_of(images, trained, views)):
        return
    needed = 4 * math.prod(shape) * rows_of(images, trained, views)
    raise UserInputError(
        f"model.feature_views: {views} views of {trained:,} images, with features of {math.prod(shape):,} values, take "
        f"{gigabytes(needed)}, and at most {gigabytes(MAX_BYTES)} are kept; ask for fewer, for a head with pooling "
        "'average', or leave feature_views out"
    )
