"""What a model is fed: augmented batches for training, preprocessing alone for evaluation. One class an engine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

# The class is exported for TensorFlow users only (keras._tf_keras...); this is where it lives.
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from api_schemas.augmentation import ImageDataGeneratorSpec
from augmentation import Pipeline
from augmentation.preprocessing_functions import FUNCTIONS
from workers.training.streams import AUGMENTATION, BATCHES, stream_seed

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.intp]

_CHUNK_BYTES = 32_000_000


class Inputs(Protocol):
    """The images of a trial as its spec has them."""

    def batches(self, batch_size: int) -> Iterator[tuple[Array, Array]]:
        """Batches for ever: (images ``[B, H, W, C]`` float32, labels ``[B]``), each epoch in its own order.

        The order depends on the seed alone, so that arms with the same seed see their images in the same order.
        """

    def preprocessed(self, indices: Indices) -> Array:
        """Images as a model is to see them outside training: preprocessing, no random transform. Float32."""


class AuguryInputs:
    """Our own engine, with draws keyed on (seed, epoch, sample)."""

    def __init__(
        self, spec: ImageDataGeneratorSpec, images: Array, labels: Array, training: Indices, seed: int
    ) -> None:
        self._images, self._labels, self._training, self._seed = images, labels, training, seed
        self._pipeline = Pipeline(spec)
        if spec.needs_fit:
            self._pipeline.fit(images[training])

    def batches(self, batch_size: int) -> Iterator[tuple[Array, Array]]:
        """See Inputs. Several batches are augmented at a time, as many as a bounded chunk holds."""
        shape = self._images.shape[1:]
        chunk = batch_size * max(1, _CHUNK_BYTES // (4 * batch_size * int(np.prod(shape))))
        order_seed, draw_seed = stream_seed(self._seed, BATCHES), stream_seed(self._seed, AUGMENTATION)
        for epoch in count():
            order = self._training[np.random.default_rng([order_seed, epoch]).permutation(len(self._training))]
            for start in range(0, len(order), chunk):
                indices = order[start : start + chunk]
                draws = self._pipeline.draw(shape, seed=draw_seed, epoch=epoch, indices=indices)
                images, labels = self._pipeline.augment(self._images, draws, indices), self._labels[indices]
                for first in range(0, len(indices), batch_size):
                    yield _float32(images[first : first + batch_size]), labels[first : first + batch_size]

    def preprocessed(self, indices: Indices) -> Array:
        """See Inputs."""
        return _float32(self._pipeline.preprocess(self._images[indices]))


class KerasInputs:
    """Keras's own ImageDataGenerator."""

    def __init__(
        self, spec: ImageDataGeneratorSpec, images: Array, labels: Array, training: Indices, seed: int
    ) -> None:
        self._images, self._labels, self._training, self._seed = images, labels, training, seed
        function = None if spec.preprocessing_function is None else FUNCTIONS[spec.preprocessing_function]
        self._generator = ImageDataGenerator(**spec.constructor_arguments(), preprocessing_function=function)
        if spec.needs_fit:
            self._generator.fit(images[training])

    def batches(self, batch_size: int) -> Iterator[tuple[Array, Array]]:
        """See Inputs. Keras seeds NumPy before it draws the order, and only then augments."""
        flow = self._generator.flow(
            self._images[self._training],
            self._labels[self._training],
            batch_size=batch_size,
            shuffle=True,
            seed=stream_seed(self._seed, BATCHES),
        )
        for images, labels in flow:
            yield _float32(images), labels

    def preprocessed(self, indices: Indices) -> Array:
        """See Inputs."""
        result = np.empty((len(indices), *self._images.shape[1:]), np.float32)
        for place, index in enumerate(indices):
            # astype copies, and standardize works in place
            result[place] = self._generator.standardize(self._images[index].astype(self._generator.dtype))
        return result


def _float32(images: Array) -> Array:
    return images.astype(np.float32, copy=False)


ENGINES: dict[str, type[AuguryInputs] | type[KerasInputs]] = {"augury": AuguryInputs, "keras": KerasInputs}
