"""Batches from arrays in memory: images, and what goes with them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.augmenter import Augmenter
from augury.augmentation.iterators.iterator import Indices, Iterator
from augury.augmentation.iterators.keras_bridge import floatx, image_data_format
from augury.augmentation.iterators.saving import Saving
from augury.augmentation.layout import channels_first, channels_last, readable_images, warn_of_unusual_channels

Array = npt.NDArray[Any]

_NUMBERED_FROM = 10_000
"""Keras's limit of the random numbers in the names of pictures."""


class NumpyArrayIterator(Iterator):
    """Batches of images: alone, with labels, or with labels and sample weights.

    A batch of images is a list where *x* has further inputs: the images, and then those.

    Args:
        x: images with four dimensions, or a pair of these and one array, or a list of arrays, to batch alike.
        y: labels, one an image, or None.
        image_data_generator: the ``Pipeline`` or ``ImageDataGenerator`` that augments the images.
        batch_size: images a batch.
        shuffle: a new order every epoch.
        sample_weight: one an image; given out with labels only.
        seed: of order and draws.
        data_format: that which the check of the channels and saved pictures go by.
        save_to_dir: folder that every image made is written to, its values stretched to 0-255.
        save_prefix: how the names of these files begin.
        save_format: how they end, which decides their format.
        subset: ``training`` or ``validation``: the part of *x* that validation_split leaves, or sets apart.
        ignore_class_split: do not check that both parts have the same classes.
        dtype: of the images in a batch.

    Raises:
        ValueError: lengths differ, *x* does not have four dimensions, the parts have different classes, or the subset
            is unknown.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        image_data_generator: Augmenter,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: Any = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: Any = None,
    ) -> None:
        self.dtype, self.data_format = dtype or floatx(), data_format or image_data_format()
        inputs = _Inputs.of(x, y, sample_weight)
        if subset is not None:
            split = image_data_generator.validation_split
            follows = image_data_generator.weights_follow_the_subset
            inputs = inputs.subset(subset, split, None if ignore_class_split else y, follows)
        self.image_data_generator = image_data_generator
        # The engine's own layout and, for the usual types, the caller's own memory.
        images = readable_images(inputs.images, self.dtype)
        self._images = channels_last(images, image_data_generator.data_format)
        self.x_misc, self.y, self.sample_weight = inputs.others, inputs.labels, inputs.weights
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        warn_of_unusual_channels(images.shape, self.data_format)
        super().__init__(len(images), batch_size, shuffle, seed)

    @property
    def x(self) -> Array:
        """The images as Keras holds them: of the iterator's type, in the generator's format."""
        return np.asarray(channels_first(self._images, self.image_data_generator.data_format), self.dtype)

    def _get_batches_of_transformed_samples(self, index_array: Indices) -> Any:
        generator = self.image_data_generator
        images = generator.augmented_batch(self._images, index_array, self._random(), dtype=self.dtype)
        return self._batch(channels_first(images, generator.data_format), index_array)

    def _batch(self, images: Array, index_array: Indices) -> Any:
        if self.save_to_dir:
            saving = Saving(self.save_to_dir, self.save_prefix, self.save_format, _NUMBERED_FROM)
            saving.save(images, index_array, self.data_format, self._random())
        inputs = [images, *(other[index_array] for other in self.x_misc)] if self.x_misc else images
        if self.y is None:
            return inputs
        if self.sample_weight is None:
            return inputs, self.y[index_array]
        return inputs, self.y[index_array], self.sample_weight[index_array]

    def _runs_code_of_the_user(self) -> bool:
        return self.image_data_generator.runs_code_of_the_user


@dataclass(frozen=True)
class _Inputs:
    """Arrays of one length: images, further inputs, labels and weights."""

    images: Any
    others: list[Array]
    labels: Array | None
    weights: Array | None

    @classmethod
    def of(cls, x: Any, y: Any, sample_weight: Any) -> _Inputs:
        others: list[Array] = []
        if isinstance(x, list | tuple):
            others = [np.asarray(other) for other in (x[1] if isinstance(x[1], list) else [x[1]])]
            x = x[0]
        for other in others:
            if len(other) != len(x):
                raise ValueError(
                    "All of the arrays in `x` should have the same length, "
                    f"got {len(x)} images and {len(other)} of another input"
                )
        for words, values in (("`y` (labels)", y), ("`sample_weight`", sample_weight)):
            if values is not None and len(values) != len(x):
                raise ValueError(
                    f"`x` (images tensor) and {words} should have the same length, got {len(x)} and {len(values)}"
                )
        labels, weights = (None if values is None else np.asarray(values) for values in (y, sample_weight))
        return cls(x, others, labels, weights)

    def subset(self, name: str, split: float, labels: Any, weights_follow: bool) -> _Inputs:
        """One part of the arrays. The classes of both parts of *labels* must be the same, unless it is None."""
        if name not in ("training", "validation"):
            raise ValueError(f"Invalid subset name: {name!r}; expected 'training' or 'validation'")
        border = int(len(self.images) * split)
        part = slice(border) if name == "validation" else slice(border, None)
        if labels is not None and not np.array_equal(np.unique(labels[:border]), np.unique(labels[border:])):
            raise ValueError(
                "Training and validation subsets have different number of classes after the split, or not the same "
                "ones; if y is sorted, shuffle x and y together"
            )
        weights = self.weights[part] if weights_follow and self.weights is not None else self.weights
        kept = None if self.labels is None else self.labels[part]
        return _Inputs(self.images[part], [other[part] for other in self.others], kept, weights)
