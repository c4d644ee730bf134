"""The kernel, followed by a conversion to fewer bits while the images are in the core's cache."""

from __future__ import annotations

import numpy as np
from numba import njit

from augury.augmentation.kernels.conversions import convert
from augury.augmentation.kernels.fused import kernel

_VALUES_AT_ONCE = 32_768
"""Floats that are kept before they are converted: as many small images as that, or one that is larger."""


@njit(cache=True, nogil=True)
def converted(
    images, indices, table, corrected, fill_mode, fill_value, order, top,
    scale, center, normalise, mean, deviation, out, kind, lanes,
):  # fmt: skip
    """As the kernel, but *out* is bytes ``[B, n · size]``, which the floats are converted to as *kind* says.

    Returns whether all images are finite, and ends at the first piece where one is not.
    """
    height, width, channels = images.shape[1], images.shape[2], len(lanes)
    at_once = max(1, min(len(indices), _VALUES_AT_ONCE // max(1, height * width * channels)))
    floats = np.empty((at_once, height, width, channels), np.float32)
    for first in range(0, len(indices), at_once):
        end = min(first + at_once, len(indices))
        finished = floats[: end - first]
        are_finite = kernel(
            images, indices[first:end], table[first:end], corrected, fill_mode, fill_value, order, top,
            scale, center, normalise, mean, deviation, finished, lanes,
        )  # fmt: skip
        if not are_finite:
            return False
        convert(finished.reshape(-1), out[first:end].reshape(-1), kind)
    return True
