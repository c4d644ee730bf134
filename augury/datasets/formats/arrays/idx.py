"""IDX, MNIST's own format: ``train-images-idx3-ubyte`` and ``train-labels-idx1-ubyte``, plain or as gzip.

A file is two zero bytes, a code for the item's type, the number of dimensions, their sizes as big-endian 32-bit
integers, and the items (Y. LeCun, C. Cortes, C. Burges: the MNIST database).
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents, Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.arrays.gzip_files import Unpacker, gunzipped_head, is_gzip
from augury.datasets.formats.class_labels import class_order, labels_of_array
from augury.datasets.formats.data_files import data_members, skip_the_rest
from augury.datasets.formats.split_names import fixed_splits, splits_of_files
from augury.datasets.formats.tables.columns import quoted_names
from augury.datasets.formats.tables.joining import join_rows
from augury.datasets.labelled_images import SPLITS, ArrayImages, Listing, require_few_images
from augury.datasets.settings import IngestSettings

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_HEAD_BYTES = 4096
_PREFIX = 4
_MAX_DIMENSIONS = 4
_WORDS_OF_KIND = frozenset({"images", "image", "labels", "label", "ubyte", "gz", "idx"})


@dataclass(frozen=True)
class _IdxFile:
    member: Member
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_gzip: bool

    @property
    def offset(self) -> int:
        return _PREFIX + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Of the plain file, if the header is true."""
        return self.offset + math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True)
class _Pair:
    images: _IdxFile
    labels: _IdxFile


def recognise(contents: Contents, options: ImageOptions, limits: IngestSettings) -> Listing | None:
    """The images of one pair of files, or of one for each split (train-..., t10k-...), in this order.

    Raises:
        DatasetError: ``idx.*``, ``labels.*``, ``dataset.too_many_images``, ``archive.bomb``, ``disk.full``.
    """
    files = [file for member in data_members(contents) if (file := _header(contents, member)) is not None]
    if not files:
        return None
    for file in files:
        _require_stated_size(file, file.member.size if not file.is_gzip else file.size)
    pairs, splits = _pairs(files)
    unpacker = Unpacker(contents.workspace, limits)
    require_few_images(sum(pair.images.shape[0] for pair in pairs), limits)
    images = [_open(contents, pair.images, unpacker) for pair in pairs]
    labels = [label for pair in pairs for label in _labels(contents, pair, unpacker)]
    names = [pair.images.member.name for pair in pairs]
    lengths = [len(array) for array in images]
    return Listing(
        format="IDX",
        names=[f"{name}[{row}]" for name, length in zip(names, lengths, strict=True) for row in range(length)],
        labels=labels,
        images=ArrayImages(join_rows(images, names, contents.workspace)),
        class_names=class_order(labels),
        splits=None if splits is None else fixed_splits(np.repeat(splits, lengths).tolist()),
        skipped=skip_the_rest(
            contents, [file.member for pair in pairs for file in (pair.images, pair.labels)], "not an IDX file"
        ),
    )


def _header(contents: Contents, member: Member) -> _IdxFile | None:
    packed = contents.head(member, _HEAD_BYTES)
    head = gunzipped_head(packed, _PREFIX + 4 * _MAX_DIMENSIONS)
    if len(head) < _PREFIX or head[:2] != b"\0\0" or head[2] not in _TYPES or not 1 <= head[3] <= _MAX_DIMENSIONS:
        return None
    dimensions = head[3]
    if len(head) < _PREFIX + 4 * dimensions:
        return None
    shape = struct.unpack_from(f">{dimensions}I", head, _PREFIX)
    return _IdxFile(member, np.dtype(_TYPES[head[2]]), shape, is_gzip(packed))


def _require_stated_size(file: _IdxFile, size: int) -> None:
    if size != file.size or 0 in file.shape:
        raise DatasetError(
            "idx.size",
            f"{file.member.name!r} says it holds {list(file.shape)} of {file.dtype}, which makes {file.size} bytes; "
            f"it has {size}",
        )


def _pairs(files: Sequence[_IdxFile]) -> tuple[list[_Pair], list[str] | None]:
    """Images with their labels, and their splits, in the order of splits."""
    images = [file for file in files if len(file.shape) > 2]
    labels = [file for file in files if len(file.shape) == 1]
    if len(images) == len(labels) == 1:
        return [_Pair(images[0], labels[0])], None
    by_key = {_key(file): file for file in labels}
    lonely = [file.member.name for file in images if _key(file) not in by_key]
    if not images or lonely:
        raise DatasetError(
            "idx.unpaired",
            f"found IDX files {quoted_names([file.member.name for file in files])}, and no pairs of images and "
            "labels with names like train-images-idx3-ubyte and train-labels-idx1-ubyte",
        )
    pairs = [_Pair(file, by_key[_key(file)]) for file in images]
    names = [pair.images.member.name for pair in pairs]
    splits = splits_of_files(names, "idx.several")
    if len(pairs) > 1 and (splits is None or len(set(splits)) < len(splits)):
        raise DatasetError(
            "idx.several", f"found several sets of images, {quoted_names(names)}; expected one for each split"
        )
    if splits is None:
        return pairs, None
    order = sorted(range(len(pairs)), key=lambda index: SPLITS.index(splits[index]))
    return [pairs[index] for index in order], [splits[index] for index in order]


def _key(file: _IdxFile) -> tuple[str, ...]:
    """What is left of a file's path without the words that tell images from labels."""
    parts = PurePosixPath(file.member.name).parts
    words = [word for part in parts for word in re.split(r"[^a-z0-9]+", part.casefold())]
    return tuple(word for word in words if re.sub(r"\d+$", "", word) not in _WORDS_OF_KIND)


def _open(contents: Contents, file: _IdxFile, unpacker: Unpacker) -> npt.NDArray[Any]:
    path = contents.as_file(file.member)
    if file.is_gzip:
        path = unpacker.gunzip(path, "idx.damaged", file.member.name)
    _require_stated_size(file, path.stat().st_size)
    return np.memmap(path, file.dtype, "r", file.offset, file.shape)


def _labels(contents: Contents, pair: _Pair, unpacker: Unpacker) -> list[str]:
    labels = labels_of_array(_open(contents, pair.labels, unpacker), repr(pair.labels.member.name))
    if len(labels) != pair.images.shape[0]:
        raise DatasetError(
            "labels.count",
            f"{pair.labels.member.name!r} has {len(labels)} labels for {pair.images.shape[0]} images in "
            f"{pair.images.member.name!r}",
        )
    return labels
