"""Preprocessing functions by name: those of ``keras.applications.imagenet_utils.preprocess_input``.

They take and return images ``[..., H, W, 3]`` in 0-255; the published weights of a model expect one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_CAFFE_MEAN_BGR = (103.939, 116.779, 123.68)
_TORCH_MEAN, _TORCH_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def _caffe(images: Array) -> Array:
    centred: Array = images[..., ::-1] - np.asarray(_CAFFE_MEAN_BGR, images.dtype)
    return centred


def _tf(images: Array) -> Array:
    scaled: Array = images / images.dtype.type(127.5) - images.dtype.type(1)
    return scaled


def _torch(images: Array) -> Array:
    scaled = images / images.dtype.type(255)
    normal: Array = (scaled - np.asarray(_TORCH_MEAN, images.dtype)) / np.asarray(_TORCH_DEVIATION, images.dtype)
    return normal


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "imagenet_caffe": _caffe,
    "imagenet_tf": _tf,
    "imagenet_torch": _torch,
}
