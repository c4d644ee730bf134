"""What a model is fed: augmented images for training, preprocessing alone for evaluation. One class an engine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# The class is exported for TensorFlow users only (keras._tf_keras...); this is where it lives.
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.jobs import Engine
from augury.augmentation import Pipeline
from augury.augmentation.outputs import Output, OutputType
from augury.augmentation.preprocessing_functions import FUNCTIONS
from augury.memory import available_bytes, gigabytes
from augury.training.errors import UserInputError
from augury.training.streams import AUGMENTATION, BATCHES, WHITENING, stream_seed

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]

CHUNK_BYTES = 32_000_000
_MAX_WHITENED = 4096
"""Values of an image: whitening learns a matrix of so many rows and columns, in time that grows with their cube."""
_WHITENING_SAMPLE = 16_000_000


@dataclass(frozen=True)
class Chunk:
    """The next images of an epoch ``[n, H, W, C]`` and their labels ``[n]``: whole batches, but for the last.

    ``seconds`` is what it took to make them.
    """

    images: Array
    labels: Array
    ends_epoch: bool
    seconds: float


class Inputs(Protocol):
    """The images of a trial as its spec has them: float32, or of the type that was asked for."""

    def chunks(self, batch_size: int, epochs: range, *, is_augmented: bool = True) -> Iterator[Chunk]:
        """Those epochs, each in its own order, in chunks of about ``CHUNK_BYTES``; preprocessed only, or augmented.

        The order depends on the seed alone, so that arms with the same seed see their images in the same order. An
        engine may need its epochs in turn.
        """

    def preprocessed(self, indices: Indices) -> Array:
        """Images as a model is to see them outside training: preprocessing, no random transform."""


class AuguryInputs:
    """Our own engine, with draws keyed on (seed, epoch, sample). Reads images where they lie, a chunk at a time.

    ``check`` is called often while statistics are learned, and may raise to end that.

    Raises:
        UserInputError: the images are too large to be whitened.
    """

    def __init__(
        self,
        spec: ImageDataGeneratorSpec,
        images: Array,
        labels: Array,
        training: Indices,
        seed: int,
        check: Callable[[], object] | None = None,
        image_type: OutputType = "float32",
    ) -> None:
        self._images, self._labels, self._training, self._seed = images, labels, training, seed
        self._pipeline = Pipeline(spec, output=image_type)
        if spec.needs_fit:
            self._pipeline.fit(images, indices=_learned_from(spec, images, training, seed), check=check)

    def chunks(self, batch_size: int, epochs: range, *, is_augmented: bool = True) -> Iterator[Chunk]:
        """See Inputs."""
        make = self.augmented if is_augmented else partial(_without_epoch, self.preprocessed)
        size = batch_size * batches_in_chunk(self._images.shape[1:], batch_size)
        yield from in_order(self._training, self._labels, self._seed, epochs, size, make)

    def augmented(self, epoch: int, indices: Indices) -> Array:
        """Images ``[n, H, W, C]`` as that epoch has them, whatever came before it."""
        draw_seed = stream_seed(self._seed, AUGMENTATION)
        draws = self._pipeline.draw(self._images.shape[1:], seed=draw_seed, epoch=epoch, indices=indices)
        return self._pipeline.augment(self._images, draws, indices)

    def preprocessed(self, indices: Indices) -> Array:
        """See Inputs."""
        return self.preprocess(self._images[indices])

    def preprocess(self, images: Array) -> Array:
        """Other images ``[n, H, W, C]``, raw as the dataset's are, as a model sees them outside training."""
        return self._pipeline.preprocess(images)


class KerasInputs:
    """Keras's own ImageDataGenerator, which copies all training images as floats.

    Raises:
        UserInputError: they do not fit into half of the memory that is left, or are too large to be whitened.
    """

    def __init__(
        self,
        spec: ImageDataGeneratorSpec,
        images: Array,
        labels: Array,
        training: Indices,
        seed: int,
        check: Callable[[], object] | None = None,  # the generator learns in one call, which cannot be interrupted
        image_type: OutputType = "float32",
    ) -> None:
        self._type = Output.of(image_type, spec).dtype
        self._images, self._labels, self._training, self._seed = images, labels, training, seed
        _require_room_for_keras(spec, images, training)
        function = None if spec.preprocessing_function is None else FUNCTIONS[spec.preprocessing_function]
        self._generator = ImageDataGenerator(**spec.constructor_arguments(), preprocessing_function=function)
        if spec.needs_fit:
            self._generator.fit(images[_learned_from(spec, images, training, seed)])

    def chunks(self, batch_size: int, epochs: range, *, is_augmented: bool = True) -> Iterator[Chunk]:
        """See Inputs. Keras seeds NumPy before it draws the order, and only then augments."""
        if not is_augmented:
            size = batch_size * batches_in_chunk(self._images.shape[1:], batch_size)
            plain = partial(_without_epoch, self.preprocessed)
            yield from in_order(self._training, self._labels, self._seed, epochs, size, plain)
            return
        flow = self._generator.flow(
            self._images[self._training],
            self._labels[self._training],
            batch_size=batch_size,
            shuffle=True,
            seed=stream_seed(self._seed, BATCHES),
        )
        batches = math.ceil(len(self._training) / batch_size)
        flow.total_batches_seen = epochs.start * batches  # by which it seeds NumPy: as if those before had been drawn
        size = batches_in_chunk(self._images.shape[1:], batch_size)
        for _ in epochs:
            for start in range(0, batches, size):
                began = time.perf_counter()
                images, labels = zip(*islice(flow, min(size, batches - start)), strict=True)
                joined = self._typed(np.concatenate(images)), np.concatenate(labels)
                yield Chunk(*joined, start + size >= batches, time.perf_counter() - began)

    def preprocessed(self, indices: Indices) -> Array:
        """See Inputs."""
        return self.preprocess(self._images[indices])

    def preprocess(self, images: Array) -> Array:
        """Other images ``[n, H, W, C]``, raw as the dataset's are, as a model sees them outside training."""
        result = np.empty(images.shape, np.float32)
        for row, image in enumerate(images):
            # astype copies, and standardize works in place
            result[row] = self._generator.standardize(image.astype(self._generator.dtype))
        return self._typed(result)

    def _typed(self, images: Array) -> Array:
        return images.astype(np.float32, copy=False).astype(self._type, copy=False)


def _without_epoch(make: Callable[[Indices], Array], epoch: int, indices: Indices) -> Array:
    return make(indices)


Make = Callable[[int, Indices], Array]
"""From the number of an epoch and indices to the images that are trained on."""


def in_order(training: Indices, labels: Array, seed: int, epochs: range, size: int, make: Make) -> Iterator[Chunk]:
    """The images of each epoch in its own order, so many a chunk."""
    order_seed = stream_seed(seed, BATCHES)
    for epoch in epochs:
        order = training[np.random.default_rng([order_seed, epoch]).permutation(len(training))]
        for start in range(0, len(order), size):
            began, indices = time.perf_counter(), order[start : start + size]
            images = make(epoch, indices)
            yield Chunk(images, labels[indices], start + size >= len(order), time.perf_counter() - began)


def batches_in_chunk(shape: tuple[int, ...], batch_size: int) -> int:
    """How many batches of images of that shape make a chunk."""
    return max(1, CHUNK_BYTES // (4 * batch_size * math.prod(shape)))


def _learned_from(spec: ImageDataGeneratorSpec, images: Array, training: Indices, seed: int) -> Indices:
    """The images that featurewise statistics are learned from: all, but for whitening a sample of bounded size.

    The sample has at least twice as many images as an image has values, so that their covariance has full rank.
    """
    values = math.prod(images.shape[1:])
    max_sample = max(2 * values, _WHITENING_SAMPLE // values)
    if not spec.zca_whitening:
        return training
    if values > _MAX_WHITENED:
        shape = "x".join(map(str, images.shape[1:]))
        raise UserInputError(
            f"zca_whitening needs a matrix of {values:,} x {values:,} for images of {shape}; at most "
            f"{_MAX_WHITENED:,} values an image can be whitened: make the images smaller or leave it out"
        )
    if len(training) <= max_sample:
        return training
    drawn = np.random.default_rng(stream_seed(seed, WHITENING)).choice(training, max_sample, replace=False)
    return np.sort(drawn)


def _require_room_for_keras(spec: ImageDataGeneratorSpec, images: Array, training: Indices) -> None:
    bytes_a_value = images.dtype.itemsize + (12 if spec.needs_fit else 4)  # fit() makes two more copies
    needed, available = len(training) * math.prod(images.shape[1:]) * bytes_a_value, available_bytes()
    if available is not None and needed > available / 2:
        raise UserInputError(
            f"engine 'keras' holds all {len(training):,} training images in memory as floats, which takes "
            f"{gigabytes(needed)}, and the worker has {gigabytes(available)} left; use engine 'augury', which reads "
            "them where they lie, or fewer training_images"
        )


ENGINES: dict[Engine, type[AuguryInputs] | type[KerasInputs]] = {"augury": AuguryInputs, "keras": KerasInputs}
