"""What augments in this process: Keras, Augury, TensorFlow, and a copy that does nothing else.

Each does the whole of a spec; where a library has no such transform, with the arithmetic that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from benchmarks.augmenting.cases import Case

Engine = Iterator[Any]
REFERENCE = "keras ImageDataGenerator"
COPY = "copy"
OURS = ("augury", "augury stateless")
TINY = 1e-6
"""What Keras adds to an image's deviation before it divides by it."""


def keras_generator(case: Case, images: np.ndarray) -> Engine:
    """Keras's ImageDataGenerator."""
    arguments = ImageDataGeneratorSpec.model_validate(case.parameters).constructor_arguments()
    return ImageDataGenerator(**arguments).flow(images, batch_size=case.batch, seed=0)


def augury(case: Case, images: np.ndarray) -> Engine:
    """Augury's Pipeline, by the same interface and with the same draws."""
    spec = ImageDataGeneratorSpec.model_validate(case.parameters)
    return Pipeline(spec).flow(images, batch_size=case.batch, seed=0)


def augury_stateless(case: Case, images: np.ndarray) -> Engine:
    """Augury as trials use it: draws keyed on (seed, epoch, sample), in a new order every epoch."""
    pipeline = Pipeline(ImageDataGeneratorSpec.model_validate(case.parameters))
    random = np.random.default_rng(0)
    for epoch in iter(int, 1):
        order = random.permutation(len(images))
        for first in range(0, len(images), case.batch):
            indices = order[first : first + case.batch]
            yield pipeline.augment(images, pipeline.draw(case.shape, seed=0, epoch=epoch, indices=indices), indices)


def copy(case: Case, images: np.ndarray) -> Engine:
    """The floor: a batch as new floats, and nothing else."""
    for first in _firsts(case, images):
        yield images[first : first + case.batch].astype(np.float32)


def keras_layers(case: Case, images: np.ndarray) -> Engine:
    """Keras's preprocessing layers, compiled to one function."""
    spec = ImageDataGeneratorSpec.model_validate(case.parameters)
    layers: list[Any] = []
    if spec.rotation_range:
        layers.append(keras.layers.RandomRotation(spec.rotation_range / 360, fill_mode="nearest"))
    if spec.width_shift_range:
        layers.append(keras.layers.RandomTranslation(spec.height_shift_range, spec.width_shift_range, "nearest"))
    if spec.shear_range:
        layers.append(
            keras.layers.RandomShear(x_factor=float(np.tan(np.radians(spec.shear_range))), fill_mode="nearest")
        )
    if spec.zoom_range:
        layers.append(keras.layers.RandomZoom(spec.zoom_range, spec.zoom_range, fill_mode="nearest"))
    if spec.horizontal_flip:
        layers.append(keras.layers.RandomFlip("horizontal"))
    if spec.brightness_range:
        layers.append(keras.layers.RandomBrightness(spec.brightness_range[1] - 1))
    if spec.rescale:
        layers.append(keras.layers.Rescaling(spec.rescale))
    model = keras.Sequential(layers)
    return _compiled(case, images, lambda batch: _standardised(spec, model(batch, training=True)))


def tensorflow_operations(case: Case, images: np.ndarray) -> Engine:
    """TensorFlow's own operations: one projective transform, whose matrices are drawn, and arithmetic."""
    spec = ImageDataGeneratorSpec.model_validate(case.parameters)

    def changed(batch: Any) -> Any:
        if spec.has_geometry:
            batch = tf.raw_ops.ImageProjectiveTransformV3(
                images=batch, transforms=_drawn_maps(spec, case), output_shape=case.shape[:2], fill_value=0.0,
                interpolation="BILINEAR", fill_mode="NEAREST",
            )  # fmt: skip
        if spec.brightness_range:
            batch *= tf.random.uniform((case.batch, 1, 1, 1), *spec.brightness_range)
        if spec.rescale:
            batch *= spec.rescale
        return _standardised(spec, batch)

    return _compiled(case, images, changed)


def _drawn_maps(spec: ImageDataGeneratorSpec, case: Case) -> Any:
    """The eight numbers of a map from where a pixel goes to where it is read, about the image's centre, ``[B, 8]``."""
    height, width = case.shape[:2]

    def drawn(low: float, high: float) -> Any:
        return tf.random.uniform((case.batch,), low, high)

    angle = drawn(-1, 1) * np.radians(spec.rotation_range)
    shear = drawn(-1, 1) * np.radians(spec.shear_range)
    low, high = spec.zoom_range if isinstance(spec.zoom_range, tuple) else (1 - spec.zoom_range, 1 + spec.zoom_range)
    across, down = drawn(low, high), drawn(low, high)
    mirror = tf.where(drawn(-1, 1) < 0, -1.0, 1.0) if spec.horizontal_flip else tf.ones((case.batch,))
    xx, xy = tf.cos(angle) * across * mirror, -tf.sin(angle + shear) * down
    yx, yy = tf.sin(angle) * across * mirror, tf.cos(angle + shear) * down
    centre_x, centre_y, zero = (width - 1) / 2, (height - 1) / 2, tf.zeros((case.batch,))
    shift_x = drawn(-1, 1) * spec.width_shift_range * width + centre_x * (1 - xx) - centre_y * xy
    shift_y = drawn(-1, 1) * spec.height_shift_range * height + centre_y * (1 - yy) - centre_x * yx
    return tf.stack([xx, xy, shift_x, yx, yy, shift_y, zero, zero], axis=1)


def _standardised(spec: ImageDataGeneratorSpec, batch: Any) -> Any:
    """Shifted channels and images by their own mean and deviation, which no layer does: in TensorFlow's arithmetic."""
    if spec.channel_shift_range:
        shift = tf.random.uniform((tf.shape(batch)[0], 1, 1, 1), -spec.channel_shift_range, spec.channel_shift_range)
        batch = tf.clip_by_value(batch + shift, 0, 255)
    if spec.samplewise_center or spec.samplewise_std_normalization:
        mean, variance = tf.nn.moments(batch, axes=(1, 2, 3), keepdims=True)
        batch = (batch - mean) / (tf.sqrt(variance) + TINY)
    return batch


def _compiled(case: Case, images: np.ndarray, change: Callable[[Any], Any]) -> Engine:
    step = tf.function(lambda batch: change(tf.cast(batch, tf.float32)))
    for first in _firsts(case, images):
        yield step(tf.constant(images[first : first + case.batch])).numpy()


def _firsts(case: Case, images: np.ndarray) -> Iterator[int]:
    """Where batches begin, epoch after epoch."""
    while True:
        yield from range(0, len(images), case.batch)


ENGINES: dict[str, Callable[[Case, np.ndarray], Engine]] = {
    REFERENCE: keras_generator,
    "augury": augury,
    "augury stateless": augury_stateless,
    "keras layers": keras_layers,
    "tensorflow operations": tensorflow_operations,
    COPY: copy,
}


def difference_from_keras(case: Case, images: np.ndarray) -> float:
    """Largest difference between Augury's and Keras's first two batches, on the scale of the output."""
    theirs, ours = keras_generator(case, images), augury(case, images)
    return max(float(np.abs(next(theirs) - next(ours)).max()) for _ in range(2))
