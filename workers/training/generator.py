"""Keras's own ImageDataGenerator: augmented batches for training, preprocessing alone for evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

# The class is exported for TensorFlow users only (keras._tf_keras...); this is where it lives.
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from api_schemas.augmentation import ImageDataGeneratorSpec

Array = npt.NDArray[Any]


def fitted_generator(spec: ImageDataGeneratorSpec, training_images: Array) -> ImageDataGenerator:
    """The generator of a spec, with the statistics of the training images where the spec needs them."""
    generator = ImageDataGenerator(**spec.constructor_arguments())
    if spec.needs_fit:
        generator.fit(training_images)
    return generator


def augmented_batches(
    generator: ImageDataGenerator, images: Array, labels: Array, batch_size: int, seed: int
) -> Iterator[tuple[Array, Array]]:
    """Batches for ever: (images ``[B, H, W, C]`` float32, labels ``[B]``), each epoch in its own order.

    The order depends on the seed alone: Keras seeds NumPy before it draws the order, and only then augments.
    """
    for batch, batch_labels in generator.flow(images, labels, batch_size=batch_size, shuffle=True, seed=seed):
        yield batch.astype(np.float32, copy=False), batch_labels


def preprocessed(generator: ImageDataGenerator, images: Array) -> Array:
    """Images as a model is to see them outside training: preprocessing, no random transform. Float32."""
    result = np.empty(images.shape, np.float32)
    for index, image in enumerate(images):
        result[index] = generator.standardize(image.astype(generator.dtype))  # works in place, on our copy
    return result
