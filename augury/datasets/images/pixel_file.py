"""The images of a snapshot while they are written: an .npy file that many processes fill at once.

They write by offsets and not through a memory map: a full disk is then an error and not a signal, and neither the limit
of address space nor the memory in use counts what has been written.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.containers.limits import read_exactly, write_all
from augury.datasets.disk import disk_errors, require_room
from augury.datasets.errors import DatasetError
from augury.datasets.images.npy_header import npy_header
from augury.datasets.images.target_shape import Shape
from augury.datasets.settings import IngestSettings, variable_of

Pixels = npt.NDArray[Any]
_COPY_BYTES = 4 << 20


class PixelFile:
    """``[images, H, W, C]`` in one file, whose rows are written in any order.

    Raises:
        DatasetError: ``snapshot.too_large`` or ``disk.full``, before anything is written.
    """

    def __init__(self, path: Path, images: int, shape: Shape, limits: IngestSettings) -> None:
        _require_allowed_size(images, shape, limits)
        require_room(path.parent, images * shape.image_bytes)
        self.images, self.shape = images, shape
        header = self._header()
        self._start = len(header)
        with disk_errors():
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            write_all(self._descriptor, header, 0)

    def write(self, first: int, block: Pixels) -> None:
        """Put images ``[B, H, W, C]`` at *first* and after.

        Raises:
            DatasetError: ``disk.full``.
        """
        with disk_errors():
            write_all(self._descriptor, np.ascontiguousarray(block).data, self._offset(first))

    def row(self, index: int) -> bytes:
        """The bytes of one image."""
        return read_exactly(self._descriptor, self.shape.image_bytes, self._offset(index))

    def keep(self, indices: npt.NDArray[np.intp]) -> None:
        """Close the gaps: of all rows only these stay, in order. *indices* ascend, and are not empty."""
        if len(indices) < self.images:
            breaks = np.flatnonzero(np.diff(indices) != 1) + 1
            target = 0
            for run in np.split(indices, breaks):
                self._move(int(run[0]), target, len(run))
                target += len(run)
        self.images = len(indices)
        write_all(self._descriptor, self._header(), 0)
        os.truncate(self._descriptor, self._offset(self.images))

    def close(self) -> None:
        """Nothing is written after this."""
        os.close(self._descriptor)

    def _move(self, source: int, target: int, count: int) -> None:
        if source == target:
            return
        start, length, shift = self._offset(source), count * self.shape.image_bytes, self._offset(target)
        for offset in range(0, length, _COPY_BYTES):
            piece = read_exactly(self._descriptor, min(_COPY_BYTES, length - offset), start + offset)
            write_all(self._descriptor, piece, shift + offset)

    def _header(self) -> bytes:
        return npy_header(self.shape.dtype.str, (self.images, *self.shape.array_shape))

    def _offset(self, index: int) -> int:
        return self._start + index * self.shape.image_bytes


def _require_allowed_size(images: int, shape: Shape, limits: IngestSettings) -> None:
    size = images * shape.image_bytes
    if size > limits.max_snapshot_bytes:
        height, width, channels = shape.array_shape
        message = (
            f"{images} images of {height}x{width}x{channels} {shape.dtype.name} need {size} bytes; at most "
            f"{limits.max_snapshot_bytes} are allowed ({variable_of('max_snapshot_bytes')}): give a smaller image_size"
        )
        raise DatasetError("snapshot.too_large", message)
