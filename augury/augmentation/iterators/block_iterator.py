"""The iterator of ``Pipeline.flow``: small batches made several at a time."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from augury.augmentation.augmenter import Augmenter
from augury.augmentation.drawing import GLOBAL_GENERATOR, LegacyGenerator, Ranges, draws_of, sample_as_keras
from augury.augmentation.iterators.array_iterator import NumpyArrayIterator
from augury.augmentation.iterators.iterator import Indices
from augury.augmentation.layout import channels_first
from augury.augmentation.parameters import Draws

Array = npt.NDArray[Any]
Position = tuple[int, int, Indices | None]
"""Where an iterator stands before a batch: batch_index, total_batches_seen, index_array."""

_BLOCK_VALUES = 400_000


class Drawing(Augmenter, Protocol):
    """An augmenter whose draws can be made ahead of its images."""

    @property
    def ranges(self) -> Ranges:
        """The distributions that draws are made from."""

    def augment(self, images: Array, draws: Draws, indices: Any = None) -> Array:
        """The images that *indices* number, changed as the draws say and standardised."""


class ArrayIterator(NumpyArrayIterator):
    """What ``Pipeline.flow`` returns: Keras's batches, with a generator of its own.

    With a seed, NumPy's global generator is neither read nor moved: several iterators may run beside each other.
    """

    def __init__(self, x: Any, y: Any, pipeline: Drawing, **options: Any) -> None:
        super().__init__(x, y, pipeline, **options)
        if self.batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, got {self.batch_size}")
        self._pipeline = pipeline
        self._own_random = np.random.RandomState(self.seed)
        self._ahead: deque[tuple[Position, Indices, Array]] = deque()
        self._given: tuple[Position, int] = (0, 0, None), 0
        self._block = 1

    def __next__(self) -> Any:
        if self.seed is None or self.save_to_dir:
            return super().__next__()
        with self.lock:
            if not self._ahead:
                self._prepare()
            position, index_array, images = self._ahead.popleft()
            self._given = position, len(index_array)
        return self._batch(channels_first(images, self._pipeline.data_format), index_array)

    def __getitem__(self, idx: int) -> Any:
        with self.lock:
            self._forget_what_is_ahead()
            return super().__getitem__(idx)

    def reset(self) -> None:
        """Begin a new epoch with the next batch."""
        with self.lock:
            self._forget_what_is_ahead()
            super().reset()

    def on_epoch_end(self) -> None:
        """Draw a new order, from where the last batch that was given out has left the generator."""
        with self.lock:
            if self._ahead:
                self._forget_what_is_ahead()
                self._draw_the_last_batch_again()
            super().on_epoch_end()

    def _random(self) -> LegacyGenerator:
        return GLOBAL_GENERATOR if self.seed is None else self._own_random

    def _prepare(self) -> None:
        """Make the next batches: one at first, then twice as many each time, up to a bounded block.

        Small batches cost more to hand to threads than to make, so they are made several at a time. Not where NumPy's
        global generator is drawn from: its user would see it move too early.
        """
        shape = self._images.shape[1:]
        positions, chosen, samples = [], [], []
        for _ in range(self._block):
            positions.append((self.batch_index, self.total_batches_seen, self.index_array))
            chosen.append(next(self.index_generator))
            samples.append(sample_as_keras(self._pipeline.ranges, self._random(), len(chosen[-1]), shape))
        indices = chosen[0] if len(chosen) == 1 else np.concatenate(chosen)
        images = self._pipeline.augment(self._images, draws_of(self._pipeline.ranges, samples, shape), indices)
        start = 0
        for position, index_array in zip(positions, chosen, strict=True):
            self._ahead.append((position, index_array, images[start : start + len(index_array)]))
            start += len(index_array)
        batch_values = max(1, self.batch_size * math.prod(shape))
        self._block = max(1, min(2 * self._block, _BLOCK_VALUES // batch_values))

    def _draw_the_last_batch_again(self) -> None:
        (batch_index, batches_before, _), count = self._given
        assert self.seed is not None
        self._random().seed(self.seed + batches_before)
        if batch_index == 0 and self.shuffle:
            self._random().permutation(self.n)
        sample_as_keras(self._pipeline.ranges, self._random(), count, self._images.shape[1:])

    def _forget_what_is_ahead(self) -> None:
        if self._ahead:
            (self.batch_index, self.total_batches_seen, self.index_array), _, _ = self._ahead[0]
            self._ahead.clear()
