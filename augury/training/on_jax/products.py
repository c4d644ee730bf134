"""Convolutions as products of matrices, for stacks, in which every model has weights of its own.

Side by side such convolutions are one with groups, which no library has quick kernels for; products of matrices side by
side are products of a batch of matrices, which all have.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import keras


def convolve_by_products(model: keras.Model) -> None:
    """Have the model's plain two-dimensional convolutions computed so; others stay as they are.

    The weights are the same, and the results but for the order of sums.
    """
    for layer in model._flatten_layers(include_self=False):
        is_plain = type(layer) is keras.layers.Conv2D and layer.groups == 1 and layer.data_format == "channels_last"
        if is_plain and set(layer.dilation_rate) == {1}:
            layer.convolution_op = partial(_convolved, layer.strides, layer.padding)


def _convolved(strides: tuple[int, int], padding: str, images: Any, kernel: Any) -> Any:
    """Images ``[n, H, W, C]`` with a kernel ``[height, width, C, filters]``: ``[n, H', W', filters]``.

    Every place of the kernel sees the images shifted and thinned out; side by side they are the rows of a matrix.
    """
    (height, width, channels, filters), (vertical, horizontal) = kernel.shape, strides
    if padding == "same":
        pads = [_pads(*of_side) for of_side in zip(images.shape[1:3], (height, width), strides, strict=True)]
        images = keras.ops.pad(images, [(0, 0), *pads, (0, 0)])
    rows, columns = (
        (size - of_kernel) // stride + 1
        for size, of_kernel, stride in zip(images.shape[1:3], (height, width), strides, strict=True)
    )
    seen = [
        images[:, row::vertical, column::horizontal][:, :rows, :columns]
        for row in range(height)
        for column in range(width)
    ]
    patches = keras.ops.reshape(keras.ops.concatenate(seen, axis=-1), (-1, height * width * channels))
    products = keras.ops.matmul(patches, keras.ops.reshape(kernel, (-1, filters)))
    return keras.ops.reshape(products, (images.shape[0], rows, columns, filters))


def _pads(size: int, of_kernel: int, stride: int) -> tuple[int, int]:
    """Before and after, so that there is an output for every stride; what is odd comes after."""
    missing = max((-(-size // stride) - 1) * stride + of_kernel - size, 0)
    return missing // 2, missing - missing // 2
