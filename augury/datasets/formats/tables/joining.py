"""Several arrays of images as one, on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.datasets.containers.limits import PIECE_BYTES, write_fresh
from augury.datasets.disk import require_room
from augury.datasets.errors import DatasetError


def join_rows(arrays: Sequence[npt.NDArray[Any]], names: Sequence[str], workspace: Path) -> npt.NDArray[Any]:
    """The rows of *arrays* one after the other, memory-mapped; one array alone stays where it is.

    Raises:
        DatasetError: ``array.shapes_differ``, also for data types; ``disk.full``.
    """
    first = arrays[0]
    for array, name in zip(arrays, names, strict=True):
        if array.shape[1:] != first.shape[1:] or array.dtype != first.dtype:
            raise DatasetError(
                "array.shapes_differ",
                f"{name!r} holds {array.dtype} images of shape {list(array.shape[1:])}, but {names[0]!r} {first.dtype} "
                f"ones of {list(first.shape[1:])}; all must be alike",
            )
    if len(arrays) == 1:
        return first
    require_room(workspace, sum(array.nbytes for array in arrays))
    path = write_fresh(workspace, (piece for array in arrays for piece in _pieces(array)))
    return np.memmap(path, first.dtype, "r", shape=(sum(map(len, arrays)), *first.shape[1:]))


def _pieces(array: npt.NDArray[Any]) -> Iterator[bytes]:
    rows = max(1, PIECE_BYTES // max(1, array.nbytes // len(array)))
    for start in range(0, len(array), rows):
        yield array[start : start + rows].tobytes()
