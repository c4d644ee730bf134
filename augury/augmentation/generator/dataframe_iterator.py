"""Batches of images that a table names."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.generator.file_iterator import FileAugmenter, FileIterator
from augury.augmentation.generator.label_checks import check_columns, check_mode
from augury.augmentation.generator.table import Columns
from augury.augmentation.iterators.keras_bridge import say

Array = npt.NDArray[Any]

_MODES_WITH_CLASSES = ("binary", "categorical", "sparse")


class DataFrameIterator(FileIterator):
    """Batches of the images that a column of a table names, with what other columns say of them.

    Attributes say what was found: ``filenames``, ``filepaths``, ``samples``, ``sample_weight``, ``labels``; with a
    class mode that has classes, also ``class_indices`` (name to number) and ``classes`` (the number of each file, or a
    list of numbers).

    Args:
        dataframe: anything with columns: a dict of lists, a pandas or polars frame, a pyarrow table.
        directory: folder that the names are relative to, or None where they are whole paths.
        image_data_generator: augments the images; None leaves them as they are.
        x_col: column of the names.
        y_col: column of the labels; a list of columns for ``multi_output``, and if need be for ``raw``.
        weight_col: column of the sample weights, or None.
        target_size: (height, width) in pixels.
        color_mode: grayscale, rgb or rgba.
        classes: the classes to take, in the order of their numbers; default: all, sorted.
        class_mode: the labels: ``categorical`` (one-hot; a label may be a list of classes), ``binary`` or ``sparse``
            (numbers), ``raw`` (the values as they are), ``multi_output`` (a list of arrays, one a column), ``input``
            (the images themselves), or None for images alone.
        batch_size: images a batch.
        shuffle: a new order every epoch.
        seed: of order and draws.
        data_format: of the batches.
        save_to_dir, save_prefix, save_format: see ``set_processing_attrs``.
        subset: ``training`` or ``validation``: the part of the rows that validation_split leaves, or sets apart.
        interpolation: how images are resized.
        keep_aspect_ratio: cut the middle out before resizing.
        dtype: of the batches.
        validate_filenames: leave out, with a warning, what is no file with the ending of an image.

    Raises:
        ValueError: the class mode, color mode or subset is unknown, or there are not two classes where two are needed.
        TypeError: a column has values of the wrong type, or *dataframe* no columns.
        KeyError: there is no such column.
    """

    allowed_class_modes = frozenset({"binary", "categorical", "input", "multi_output", "raw", "sparse", None})

    def __init__(
        self,
        dataframe: Any,
        directory: str | os.PathLike[str] | None = None,
        image_data_generator: FileAugmenter | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] | None = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str = "channels_last",
        save_to_dir: str | os.PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: Any = "float32",
        validate_filenames: bool = True,
    ) -> None:
        self.set_processing_attrs(
            image_data_generator, target_size, color_mode, data_format, save_to_dir, save_prefix, save_format, subset,
            interpolation, keep_aspect_ratio,
        )  # fmt: skip
        self.directory, self.class_mode, self.dtype = directory or "", class_mode, dtype
        check_mode(class_mode, y_col, self.allowed_class_modes)
        rows = Columns.read(dataframe, _columns_needed(class_mode, x_col, y_col, weight_col))
        check_columns(rows, class_mode, x_col, y_col, weight_col, classes)
        if validate_filenames:
            rows = self._with_files(rows, x_col)
        has_classes, found = class_mode in _MODES_WITH_CLASSES, ""
        if has_classes:
            rows, names = _with_classes(rows, y_col, classes)
            self.class_indices = {name: number for number, name in enumerate(names)}
            found = f" belonging to {len(names)} classes"
        rows = rows.rows(self._numbers_of_subset(len(rows[x_col])))
        if has_classes:
            self.classes = [self._class_of(label) for label in rows[y_col]]
        self._targets = _targets(rows, class_mode, y_col)
        self._sample_weight = rows.array(weight_col) if weight_col else None
        self.filenames = rows[x_col]
        self.samples = len(self.filenames)
        validated = "validated" if validate_filenames else "non-validated"
        say(f"Found {self.samples} {validated} image filenames{found}.")
        self._filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        super().__init__(self.samples, batch_size, shuffle, seed)

    @property
    def filepaths(self) -> list[str]:
        """The paths of all files."""
        return self._filepaths

    @property
    def labels(self) -> Any:
        """The labels of all files: numbers of classes, or what the class mode takes as it is."""
        return self.classes if self._targets is None else self._targets

    @property
    def sample_weight(self) -> Array | None:
        """The sample weights of all files."""
        return self._sample_weight

    def _with_files(self, rows: Columns, x_col: str) -> Columns:
        """The rows whose names are files with the ending of an image."""
        names = rows[x_col]
        kept = [row for row, name in enumerate(names) if self._is_image(os.path.join(self.directory, name))]
        missing = len(names) - len(kept)
        if missing:
            warnings.warn(
                f'Found {missing} invalid image filename(s) in x_col="{x_col}". These filename(s) will be ignored.',
                stacklevel=4,
            )
        return rows.rows(kept)

    def _is_image(self, path: str) -> bool:
        return path.lower().endswith(self.white_list_formats) and os.path.isfile(path)

    def _numbers_of_subset(self, count: int) -> range:
        start, stop = self.split or (0, 1)
        return range(int(start * count), int(stop * count))

    def _class_of(self, label: Any) -> Any:
        if isinstance(label, list | tuple):
            return [self.class_indices[each] for each in label]
        return self.class_indices[label]


def _columns_needed(class_mode: str | None, x_col: str, y_col: Any, weight_col: str | None) -> list[Any]:
    labels = y_col if isinstance(y_col, list) else [y_col]
    labels = [] if class_mode in ("input", None) else labels
    return list(dict.fromkeys([x_col, *labels, *([weight_col] if weight_col else [])]))


def _targets(rows: Columns, class_mode: str | None, y_col: Any) -> Any:
    if class_mode == "multi_output":
        return [np.array(rows[name]) for name in y_col]
    return rows.array(y_col) if class_mode == "raw" else None


def _with_classes(rows: Columns, y_col: Any, classes: Sequence[str] | None) -> tuple[Columns, list[str]]:
    """The rows that are of any class asked for, with their labels among these, and all classes in order."""
    labels = rows[y_col]
    if not classes:
        each = (name for label in labels for name in (label if isinstance(label, list | tuple) else [label]))
        return rows, sorted(set(each))
    known = list(dict.fromkeys(classes))
    remaining = [_among(label, known) for label in labels]
    kept = [row for row, label in enumerate(remaining) if label]
    return rows.replaced(y_col, remaining).rows(kept), known


def _among(label: Any, classes: Sequence[str]) -> Any:
    """A label, or those of a list of labels, that are in *classes*; None where none is."""
    if isinstance(label, list | tuple):
        return [name for name in label if name in classes] or None
    return label if label in classes else None
