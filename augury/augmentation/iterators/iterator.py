"""Endless batches in Keras's order. What is in them is up to the subclasses."""

from __future__ import annotations

import threading
from collections import abc
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.drawing import GLOBAL_GENERATOR, LegacyGenerator
from augury.augmentation.iterators.keras_bridge import dataset_class

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]


class Iterator:
    """Batches of n samples for ever, by ``next`` or by number; a ``keras.utils.PyDataset`` where Keras is loaded.

    ``len()`` is the number of batches of an epoch. Batch number t since the beginning is drawn from NumPy's global
    generator, seeded with seed + t; without a seed, it is drawn from as it stands.

    A subclass says what a batch is: ``_get_batches_of_transformed_samples(index_array)``.

    Args:
        n: samples.
        batch_size: samples a batch; the last one of an epoch may be smaller.
        shuffle: a new order every epoch.
        seed: of order and draws, or None.
        workers: threads or processes that Keras fetches batches with; 1 leaves it to one.
        use_multiprocessing: whether they are processes.
        max_queue_size: batches that they keep ready.
    """

    white_list_formats = ("png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff")

    def __init__(
        self,
        n: int,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        self.n, self.batch_size, self.shuffle, self.seed = n, batch_size, shuffle, seed
        self.workers, self.use_multiprocessing, self.max_queue_size = workers, use_multiprocessing, max_queue_size
        self.batch_index = self.total_batches_seen = 0
        self.lock = threading.RLock()
        self.index_array: Indices | None = None
        self.index_generator = self._flow_index()

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # see augury.augmentation.iterators.keras_bridge
        return dataset_class(type(self))

    def __len__(self) -> int:
        return (self.n + self.batch_size - 1) // self.batch_size

    @property
    def num_batches(self) -> int:
        """Batches of one epoch."""
        return len(self)

    def __iter__(self) -> abc.Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with self.lock:
            index_array = next(self.index_generator)
            if not self._runs_code_of_the_user():
                return self._get_batches_of_transformed_samples(index_array)
        return self._get_batches_of_transformed_samples(index_array)

    def next(self) -> Any:
        """The next batch, as older versions of Keras spelled it."""
        return self.__next__()

    def __getitem__(self, idx: int) -> Any:
        """A batch of the current order by its number.

        Raises:
            ValueError: there are not so many batches.
        """
        if idx >= len(self):
            raise ValueError(f"Asked to retrieve element {idx}, but the Sequence has length {len(self)}")
        with self.lock:
            self._begin_batch()
            if self.index_array is None:
                self._set_index_array()
            index_array = self._order()[self.batch_size * idx : self.batch_size * (idx + 1)]
            if not self._runs_code_of_the_user():
                return self._get_batches_of_transformed_samples(index_array)
        return self._get_batches_of_transformed_samples(index_array)

    def reset(self) -> None:
        """Begin a new epoch with the next batch."""
        self.batch_index = 0

    def on_epoch_begin(self) -> None:
        """Nothing; Keras calls it."""

    def on_epoch_end(self) -> None:
        """Draw a new order, or set the one order again."""
        self._set_index_array()

    # -- inside; the names are Keras's where subclasses written for it use them ----------------------------------------

    def _get_batches_of_transformed_samples(self, index_array: Indices) -> Any:
        """The batch of the samples that *index_array* numbers."""
        raise NotImplementedError(f"{type(self).__name__} does not say what a batch is")

    def _runs_code_of_the_user(self) -> bool:
        """Whether other threads should go on while a batch is made.

        Our own work is shared among threads anyway. Where it is done under the lock, a batch's draws follow its seed
        also if several threads ask for batches. Functions of the user's may take long, and are called beside each
        other, as in Keras.
        """
        return True

    def _random(self) -> LegacyGenerator:
        """The global generator, which a user's own functions draw from as well."""
        return GLOBAL_GENERATOR

    def _begin_batch(self) -> None:
        if self.seed is not None:
            self._random().seed(self.seed + self.total_batches_seen)
        self.total_batches_seen += 1

    def _set_index_array(self) -> None:
        self.index_array = self._random().permutation(self.n) if self.shuffle else np.arange(self.n)

    def _order(self) -> Indices:
        assert self.index_array is not None
        return self.index_array

    def _flow_index(self) -> abc.Iterator[Indices]:
        self.reset()
        while True:
            self._begin_batch()
            if self.batch_index == 0:
                self._set_index_array()
            start = (self.batch_index * self.batch_size) % self.n if self.n else 0
            self.batch_index = self.batch_index + 1 if self.n > start + self.batch_size else 0
            yield self._order()[start : start + self.batch_size]
