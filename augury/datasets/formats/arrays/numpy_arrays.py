"""NumPy arrays: an npz, or npy files side by side, with images and labels under the usual names.

Keras's pair of train and test arrays becomes two fixed splits. Nothing is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents
from augury.datasets.errors import DatasetError
from augury.datasets.formats.arrays.array_files import StoredArray, find_arrays, open_array
from augury.datasets.formats.arrays.array_keys import Part, find_parts
from augury.datasets.formats.arrays.gzip_files import Unpacker
from augury.datasets.formats.class_labels import class_order, labels_of_array
from augury.datasets.formats.data_files import IMAGE_SUFFIXES, skip_the_rest, suffix_of
from augury.datasets.formats.split_names import fixed_splits, splits_of_texts
from augury.datasets.formats.tables.columns import quoted_names
from augury.datasets.formats.tables.joining import join_rows
from augury.datasets.labelled_images import ArrayImages, Listing, SkippedFiles, require_few_images
from augury.datasets.settings import IngestSettings


def recognise(contents: Contents, options: ImageOptions, limits: IngestSettings) -> Listing | None:
    """The images of arrays, in their order: train, validation, test.

    Arrays beside image files that do not pair up (a mean image, embeddings) are nobody's business here.

    Raises:
        DatasetError: ``array.*``, ``labels.*``, ``dataset.too_many_images``.
    """
    found = find_arrays(contents, limits)
    if not found:
        return None
    stored = {array.key: array for array in found}
    if len(stored) < len(found):
        raise DatasetError(
            "array.keys", f"two arrays have the same name, of {quoted_names([array.key for array in found])}"
        )
    parts, class_names = find_parts(list(stored), options.columns)
    whole = [part for part in parts if "labels" in part.roles]
    if not whole and any(suffix_of(member) in IMAGE_SUFFIXES for member in contents.members):
        return None
    if not parts or len(whole) < len(parts):
        raise _incomplete(parts, list(stored))
    return _Opening(contents, stored, limits).listing(parts, class_names)


def _incomplete(parts: Sequence[Part], keys: list[str]) -> DatasetError:
    lonely = [part.roles["images"] for part in parts if "labels" not in part.roles]
    expected = "expected pairs such as x_train and y_train, images and labels, or columns in the reference"
    if not lonely and len(keys) > 1:
        return DatasetError(
            "array.keys", f"none of the arrays {quoted_names(keys)} is known to hold images; {expected}"
        )
    return DatasetError("labels.missing", f"there are no labels for {(lonely or keys)[0]!r}; {expected}")


class _Opening:
    """Opens arrays and puts parts together."""

    def __init__(self, contents: Contents, stored: dict[str, StoredArray], limits: IngestSettings) -> None:
        self._contents = contents
        self._stored = stored
        self._limits = limits
        self._unpacker = Unpacker(contents.workspace, limits)

    def listing(self, parts: Sequence[Part], class_names: str | None) -> Listing:
        """All parts as one."""
        names = None if class_names is None else labels_of_array(self._open(class_names), repr(class_names))
        keys = [part.roles["images"] for part in parts]
        pixels = [self._images(key) for key in keys]
        lengths = [len(array) for array in pixels]
        require_few_images(sum(lengths), self._limits)
        labels = [
            label
            for part, length in zip(parts, lengths, strict=True)
            for label in self._texts(part.roles["labels"], length, names)
        ]
        used = {key for part in parts for key in part.roles.values()} | ({class_names} if class_names else set())
        order = class_order(labels) if names is None else [name for name in dict.fromkeys(names) if name in set(labels)]
        return Listing(
            format="NumPy arrays",
            names=[f"{key}[{row}]" for key, length in zip(keys, lengths, strict=True) for row in range(length)],
            labels=labels,
            images=ArrayImages(join_rows(pixels, keys, self._contents.workspace)),
            class_names=order,
            splits=self._splits(parts, lengths),
            groups=self._groups(parts, lengths),
            skipped=self._skipped(used),
        )

    def _skipped(self, used: set[str]) -> SkippedFiles:
        reason = "not part of the arrays"
        skipped = skip_the_rest(self._contents, [self._stored[key].member for key in used], reason)
        for key, array in self._stored.items():
            if array.entry is not None and key not in used:
                skipped.add(reason, key)
        return skipped

    def _open(self, key: str) -> npt.NDArray[Any]:
        return open_array(self._contents, self._stored[key], self._unpacker)

    def _images(self, key: str) -> npt.NDArray[Any]:
        array = self._open(key)
        if array.ndim not in (3, 4) or 0 in array.shape or array.dtype.kind not in "buif":
            raise DatasetError(
                "array.shape",
                f"{key!r} is {array.dtype} with shape {list(array.shape)}; expected numbers, [N, H, W] or [N, H, W, C]",
            )
        return array

    def _texts(self, key: str, length: int, names: Sequence[str] | None = None) -> list[str]:
        entries = self._open(key)
        if entries.ndim > 0 and len(entries) != length:  # before there is a text for each of them
            raise DatasetError("labels.count", f"{key!r} has {len(entries)} entries for {length} images")
        return labels_of_array(entries, repr(key), names)

    def _splits(self, parts: Sequence[Part], lengths: list[int]) -> Sequence[str] | None:
        if "splits" in parts[0].roles:
            texts = self._texts(parts[0].roles["splits"], lengths[0])
            return splits_of_texts(texts, "array.split", must=True)
        if len(parts) > 1 and parts[-1].split is None:
            keys = [part.roles["images"] for part in parts]
            raise DatasetError(
                "array.keys", f"of the images in {quoted_names(keys)}, some have a split and others do not"
            )
        return fixed_splits(np.repeat([part.split or "" for part in parts], lengths).tolist())

    def _groups(self, parts: Sequence[Part], lengths: list[int]) -> list[str] | None:
        if not all("groups" in part.roles for part in parts):
            return None
        return [
            group
            for part, length in zip(parts, lengths, strict=True)
            for group in self._texts(part.roles["groups"], length)
        ]
