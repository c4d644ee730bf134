"""Endless batches from arrays, in Keras's order and with Keras's draws."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.drawing import LegacyGenerator
from augury.augmentation.layout import channels_first, checked_images
from augury.augmentation.parameters import Draws

if TYPE_CHECKING:
    from augury.augmentation.pipeline import Pipeline

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]
Place = tuple[int, int, Indices | None]
"""Where an iterator stands before a batch: batch_index, total_batches_seen, order."""

_BLOCK_VALUES = 400_000


class ArrayIterator:
    """What ``Pipeline.flow`` returns. ``len()`` is the number of batches of an epoch; ``[i]`` is a batch by number.

    With a seed, batch number t is drawn from the legacy generator seeded with seed + t, as in Keras; NumPy's global
    generator is not touched. Without one, it is what is drawn from.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        x: Any,
        y: Any,
        *,
        batch_size: int,
        shuffle: bool,
        sample_weight: Any,
        seed: int | None,
        subset: str | None,
        ignore_class_split: bool,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be 1 or more, got {batch_size}")
        others: list[Any] = []
        if isinstance(x, list | tuple):
            x, extra = x[0], x[1]
            others = [np.asarray(each) for each in (extra if isinstance(extra, list) else [extra])]
        aligned: list[Any] = [None if each is None else np.asarray(each) for each in (y, sample_weight, *others)]
        for name, each in zip(("y", "sample_weight", *["x[1]"] * len(others)), aligned, strict=True):
            if each is not None and len(each) != len(x):
                raise ValueError(f"{name} must be as long as x, got {len(each)} for {len(x)} images")
        part = _part_of(len(x), pipeline.spec.validation_split, subset)
        if subset is not None and y is not None and not ignore_class_split:
            _check_classes(aligned[0], int(len(x) * pipeline.spec.validation_split))
        self._images = checked_images(x, "x", pipeline.data_format)[part]
        self._labels, self._weights, *self._others = (None if each is None else each[part] for each in aligned)
        self._pipeline = pipeline
        self.n, self.batch_size, self.shuffle, self.seed = len(self._images), batch_size, shuffle, seed
        self.batch_index = self.total_batches_seen = 0
        self._order: Indices | None = None
        self._random = np.random.RandomState(0)
        self._lock = threading.Lock()
        self._ahead: deque[tuple[Place, Indices, Array]] = deque()
        self._block = 1

    def __len__(self) -> int:
        """Batches of one epoch."""
        return (self.n + self.batch_size - 1) // self.batch_size

    def __iter__(self) -> Iterator[Any]:
        """Itself."""
        return self

    def __next__(self) -> Any:
        """The next batch."""
        with self._lock:
            if not self._ahead:
                self._prepare()
            _, indices, images = self._ahead.popleft()
        return self._with_others(indices, images)

    def __getitem__(self, number: int) -> Any:
        """A batch of the current order by its number.

        Raises:
            ValueError: there are not so many batches.
        """
        if number >= len(self):
            raise ValueError(f"batch {number} was asked for, and there are {len(self)}")
        with self._lock:
            self._forget_what_is_ahead()
            generator = self._seeded_generator()
            if self._order is None:
                self._set_order(generator)
            indices, draws = self._draw(generator, self.batch_size * number)
        return self._with_others(indices, self._pipeline.augment(self._images, draws, indices))

    def reset(self) -> None:
        """Begin a new epoch with the next batch."""
        with self._lock:
            self._forget_what_is_ahead()
            self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Draw a new order."""
        with self._lock:
            self._forget_what_is_ahead()
            self._set_order(np.random)

    def _prepare(self) -> None:
        """Make the next batches: one at first, then twice as many each time, up to a bounded block.

        Small batches cost more to hand to threads than to make, so they are made several at a time. Not where NumPy's
        global generator is drawn from: its user would see it move too early.
        """
        places, drawn = [], []
        for _ in range(self._block):
            places.append((self.batch_index, self.total_batches_seen, self._order))
            drawn.append(self._advance())
        indices = np.concatenate([each for each, _ in drawn])
        draws = Draws(np.concatenate([each.table for _, each in drawn]))
        images, start = self._pipeline.augment(self._images, draws, indices), 0
        for place, (chosen, _) in zip(places, drawn, strict=True):
            self._ahead.append((place, chosen, images[start : start + len(chosen)]))
            start += len(chosen)
        if self.seed is not None:
            batch_values = max(1, self.batch_size * int(np.prod(self._images.shape[1:])))
            self._block = max(1, min(2 * self._block, _BLOCK_VALUES // batch_values))

    def _advance(self) -> tuple[Indices, Draws]:
        generator = self._seeded_generator()
        if self.batch_index == 0:
            self._set_order(generator)
        start = (self.batch_index * self.batch_size) % self.n if self.n else 0
        self.batch_index = self.batch_index + 1 if self.n > start + self.batch_size else 0
        return self._draw(generator, start)

    def _forget_what_is_ahead(self) -> None:
        if self._ahead:
            (self.batch_index, self.total_batches_seen, self._order), _, _ = self._ahead[0]
            self._ahead.clear()

    def _seeded_generator(self) -> LegacyGenerator:
        batch = self.total_batches_seen
        self.total_batches_seen += 1
        if self.seed is None:
            return np.random
        self._random.seed(self.seed + batch)  # a new generator for every batch would take longer than its images
        return self._random

    def _set_order(self, generator: LegacyGenerator) -> None:
        self._order = generator.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _draw(self, generator: LegacyGenerator, start: int) -> tuple[Indices, Draws]:
        assert self._order is not None
        indices = self._order[start : start + self.batch_size]
        return indices, self._pipeline.draw_next(generator, len(indices), self._images.shape[1:])

    def _with_others(self, indices: Indices, augmented: Array) -> Any:
        images = channels_first(augmented, self._pipeline.data_format)
        inputs = [images, *(other[indices] for other in self._others if other is not None)] if self._others else images
        if self._labels is None:
            return inputs
        if self._weights is None:
            return inputs, self._labels[indices]
        return inputs, self._labels[indices], self._weights[indices]


def _part_of(count: int, validation_split: float, subset: str | None) -> slice:
    if subset not in (None, "training", "validation"):
        raise ValueError(f"subset must be 'training' or 'validation', got {subset!r}")
    border = int(count * validation_split)
    return {None: slice(None), "validation": slice(0, border), "training": slice(border, None)}[subset]


def _check_classes(labels: Array, border: int) -> None:
    if not np.array_equal(np.unique(labels[:border]), np.unique(labels[border:])):
        raise ValueError(
            "y must have the same classes in both parts of validation_split; "
            "shuffle x and y if they are sorted by class"
        )
