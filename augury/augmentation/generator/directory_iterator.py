"""Batches of images from a folder for each class."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.generator.file_iterator import FileAugmenter, FileIterator
from augury.augmentation.generator.label_checks import check_mode
from augury.augmentation.iterators.keras_bridge import floatx, image_data_format, say

Array = npt.NDArray[Any]


class DirectoryIterator(FileIterator):
    """Batches of the images below a folder, whose own folders are the classes.

    Attributes say what was found: ``class_indices`` (name to number), ``classes`` (the number of each file),
    ``filenames`` (relative to the folder), ``filepaths``, ``samples``, ``num_classes``.

    Args:
        directory: the folder.
        image_data_generator: augments the images; None leaves them as they are.
        target_size: (height, width) in pixels.
        color_mode: grayscale, rgb or rgba.
        classes: folders to take, in the order of their numbers; default: all, sorted.
        class_mode: the labels: ``categorical`` (one-hot), ``binary`` or ``sparse`` (numbers), ``input`` (the images
            themselves), or None for images alone.
        batch_size: images a batch.
        shuffle: a new order every epoch.
        seed: of order and draws.
        data_format: of the batches.
        save_to_dir, save_prefix, save_format: see ``set_processing_attrs``.
        follow_links: look into linked folders below a class.
        subset: ``training`` or ``validation``: of each class, the part that validation_split leaves, or sets apart.
        interpolation: how images are resized.
        keep_aspect_ratio: cut the middle out before resizing.
        dtype: of the batches.

    Raises:
        ValueError: the class mode, color mode or subset is unknown.
        OSError: there is no such folder.
    """

    allowed_class_modes = frozenset({"categorical", "binary", "sparse", "input", None})

    def __init__(
        self,
        directory: str | os.PathLike[str],
        image_data_generator: FileAugmenter | None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = None,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format or image_data_format(), save_to_dir,
            save_prefix, save_format, subset, interpolation, keep_aspect_ratio,
        )  # fmt: skip
        check_mode(class_mode, None, self.allowed_class_modes)
        self.directory, self.class_mode, self.dtype = directory, class_mode, dtype or floatx()
        names = list(classes) if classes else _folders_of(directory)
        self.num_classes, self.class_indices = len(names), {name: number for number, name in enumerate(names)}
        found = [self._files_of(os.path.join(directory, name), follow_links) for name in names]
        self.filenames = list(chain.from_iterable(found))
        self.samples = len(self.filenames)
        numbers = [self.class_indices[os.path.basename(name)] for name in names]
        self.classes: Array = np.repeat(np.array(numbers, np.int32), [len(files) for files in found])
        say(f"Found {self.samples} images belonging to {self.num_classes} classes.")
        self._filepaths = [os.path.join(directory, name) for name in self.filenames]
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def filepaths(self) -> list[str]:
        """The paths of all files."""
        return self._filepaths

    @property
    def labels(self) -> Array:
        """The class numbers of all files."""
        return self.classes

    @property
    def sample_weight(self) -> None:
        """None: folders have no weights."""
        return

    def _files_of(self, folder: str, follow_links: bool) -> list[str]:
        """The images below the folder of a class, as names that begin with the class, of the subset alone."""
        name = os.path.basename(folder)
        files = [
            os.path.join(name, os.path.relpath(os.path.join(root, file), folder))
            for root, _, unsorted in sorted(os.walk(folder, followlinks=follow_links), key=lambda found: found[0])
            for file in sorted(unsorted)
            if self._is_image(file)
        ]
        if self.split is None:
            return files
        return files[int(self.split[0] * len(files)) : int(self.split[1] * len(files))]

    def _is_image(self, name: str) -> bool:
        if name.lower().endswith(".tiff"):
            warnings.warn(
                f'{name}: using ".tiff" files with multiple bands will cause distortion; look at what comes out',
                stacklevel=6,
            )
        return name.lower().endswith(self.white_list_formats)


def _folders_of(directory: str | os.PathLike[str]) -> list[str]:
    return [name for name in sorted(os.listdir(directory)) if os.path.isdir(os.path.join(directory, name))]
