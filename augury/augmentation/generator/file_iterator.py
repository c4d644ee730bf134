"""Batches of images that are read from files when their turn comes."""

from __future__ import annotations

import os
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from augury.augmentation.augmenter import Augmenter
from augury.augmentation.generator.image_files import CHANNELS, Reading
from augury.augmentation.generator.one_by_one import Steps, augmented_one_by_one
from augury.augmentation.generator.targets import TARGETS
from augury.augmentation.iterators.iterator import Indices, Iterator
from augury.augmentation.iterators.keras_bridge import floatx
from augury.augmentation.iterators.saving import Saving
from augury.augmentation.layout import channels_first

Array = npt.NDArray[Any]

_NUMBERED_FROM = 10_000_000
"""Keras's limit of the random numbers in the names of pictures."""


class FileAugmenter(Augmenter, Steps, Protocol):
    """What an iterator over files asks of a generator."""


class FileIterator(Iterator):
    """What iterators over files have in common. A subclass says which files, labels and weights there are."""

    image_data_generator: FileAugmenter | None
    class_mode: str | None
    dtype: Any

    def set_processing_attrs(
        self,
        image_data_generator: FileAugmenter | None,
        target_size: tuple[int, int],
        color_mode: str,
        data_format: str,
        save_to_dir: str | os.PathLike[str] | None,
        save_prefix: str,
        save_format: str,
        subset: str | None,
        interpolation: str,
        keep_aspect_ratio: bool,
    ) -> None:
        """Say how files become a batch.

        Args:
            image_data_generator: augments the images; None leaves them as they are.
            target_size: (height, width) in pixels that every image is resized to.
            color_mode: grayscale, rgb or rgba: one, three or four channels.
            data_format: of the batches.
            save_to_dir: folder that every image made is written to, its values stretched to 0-255.
            save_prefix: how the names of these files begin.
            save_format: how they end, which decides their format.
            subset: ``training`` or ``validation``, or None for all.
            interpolation: nearest, bilinear, bicubic, hamming, box or lanczos.
            keep_aspect_ratio: cut the middle out in the target's proportions before resizing.

        Raises:
            ValueError: the color mode or the subset is unknown.
        """
        if color_mode not in CHANNELS:
            raise ValueError(f"Invalid color mode: {color_mode!r}; expected 'rgb', 'rgba', or 'grayscale'")
        self.image_data_generator, self.data_format, self.color_mode = image_data_generator, data_format, color_mode
        self.target_size, self.interpolation, self.keep_aspect_ratio = (
            tuple(target_size),
            interpolation,
            keep_aspect_ratio,
        )
        channels = (CHANNELS[color_mode],)
        is_last = data_format == "channels_last"
        self.image_shape = (*self.target_size, *channels) if is_last else (*channels, *self.target_size)
        self.save_to_dir, self.save_prefix, self.save_format = save_to_dir, save_prefix, save_format
        self.subset, self.split = subset, _split(image_data_generator, subset)

    @property
    def filepaths(self) -> list[str]:
        """The paths of all files."""
        raise NotImplementedError(f"{type(self).__name__} does not say which files it reads")

    @property
    def labels(self) -> Any:
        """The labels of all files."""
        raise NotImplementedError(f"{type(self).__name__} does not say which labels its files have")

    @property
    def sample_weight(self) -> Any:
        """The sample weights of all files, or None."""
        raise NotImplementedError(f"{type(self).__name__} does not say whether its files have weights")

    def _get_batches_of_transformed_samples(self, index_array: Indices) -> Any:
        paths, target_size = self.filepaths, tuple(self.target_size)
        reading = Reading(self.color_mode, target_size, self.interpolation, self.keep_aspect_ratio)
        loaded = reading.read_all([paths[index] for index in index_array])
        images = channels_first(self._augmented(loaded).astype(self.dtype, copy=False), self.data_format)
        if self.save_to_dir:
            saving = Saving(self.save_to_dir, self.save_prefix, self.save_format, _NUMBERED_FROM)
            saving.save(images, index_array, self.data_format, self._random())
        if self.class_mode not in TARGETS:
            return images
        labels = TARGETS[self.class_mode](self, images, index_array)
        if self.sample_weight is None:
            return images, labels
        return images, labels, self.sample_weight[index_array]

    def _augmented(self, images: Array) -> Array:
        """Images ``[B, H, W, C]`` augmented, in Keras's own type of numbers: files are read as such."""
        generator = self.image_data_generator
        if generator is None:
            return images
        if self.data_format != generator.data_format:
            # The generator takes such images for images of its own format; all that Keras says about it is the result.
            return augmented_one_by_one(generator, images, self.data_format, floatx())
        return generator.augmented_batch(images, np.arange(len(images)), self._random(), dtype=floatx())

    def _runs_code_of_the_user(self) -> bool:
        return self.image_data_generator is not None and self.image_data_generator.runs_code_of_the_user


def _split(generator: FileAugmenter | None, subset: str | None) -> tuple[float, float] | None:
    """The part of the files, as fractions of their number, that a subset is."""
    if subset is None:
        return None
    if subset not in ("training", "validation"):
        raise ValueError(f"Invalid subset name: {subset!r}; expected 'training' or 'validation'")
    border = generator.validation_split if generator is not None else 0.0
    return (0, border) if subset == "validation" else (border, 1)
