"""The built-in models. Plain structures that name no backend; each ends in a softmax over the classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

Shape = tuple[int, int, int]

_DECAY = 1e-4


def linear(shape: Shape, classes: int) -> keras.Model:
    """Softmax regression on the pixels."""
    return keras.Sequential([keras.Input(shape), layers.Flatten(), layers.Dense(classes, activation="softmax")])


def small_cnn(shape: Shape, classes: int) -> keras.Model:
    """Two 3x3 convolutions (16 and 32 filters), 2x2 max pooling, a dense layer of 64, softmax."""
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2, padding="same"),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def resnet8(shape: Shape, classes: int) -> keras.Model:
    """The CIFAR-style residual network of He et al. (2016, section 4.2) with n = 1.

    A 3x3 convolution with 16 filters, then one block of two 3x3 convolutions at each of 16, 32 and 64 filters (the
    last two halve the size), batch normalisation after every convolution, 1x1 convolutions on shortcuts that change
    shape, global average pooling, softmax. About 78,000 weights.
    """
    inputs = keras.Input(shape)
    x = layers.ReLU()(_normalised(_convolution(inputs, 16)))
    for filters, stride in ((16, 1), (32, 2), (64, 2)):
        shortcut = x if filters == x.shape[-1] else _normalised(_convolution(x, filters, stride, kernel=1))
        branch = layers.ReLU()(_normalised(_convolution(x, filters, stride)))
        branch = _normalised(_convolution(branch, filters))
        x = layers.ReLU()(layers.Add()([branch, shortcut]))
    return _with_softmax(inputs, x, classes)


def wide_resnet_16_2(shape: Shape, classes: int) -> keras.Model:
    """WRN-16-2 of Zagoruyko and Komodakis (2016): depth 16, widening factor 2, no dropout.

    A 3x3 convolution with 16 filters, then two pre-activated blocks of two 3x3 convolutions at each of 32, 64 and 128
    filters (the first of the last two groups halves the size), weight decay 1e-4 on the convolutions, batch
    normalisation, global average pooling, softmax. About 700,000 weights.
    """
    inputs = keras.Input(shape)
    x = _convolution(inputs, 16, decay=_DECAY)
    for filters, first_stride in ((32, 1), (64, 2), (128, 2)):
        for stride in (first_stride, 1):
            ready = layers.ReLU()(_normalised(x))
            changes = filters != x.shape[-1]
            shortcut = _convolution(ready, filters, stride, kernel=1, decay=_DECAY) if changes else x
            branch = _convolution(ready, filters, stride, decay=_DECAY)
            branch = _convolution(layers.ReLU()(_normalised(branch)), filters, decay=_DECAY)
            x = layers.Add()([branch, shortcut])
    return _with_softmax(inputs, layers.ReLU()(_normalised(x)), classes)


def _convolution(x: Any, filters: int, stride: int = 1, *, kernel: int = 3, decay: float = 0.0) -> Any:
    layer = layers.Conv2D(
        filters,
        kernel,
        stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(decay) if decay else None,
    )
    return layer(x)


def _normalised(x: Any) -> Any:
    return layers.BatchNormalization(momentum=0.9)(x)


def _with_softmax(inputs: Any, x: Any, classes: int) -> keras.Model:
    pooled = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(pooled))


NETWORKS: dict[str, Callable[[Shape, int], keras.Model]] = {
    "linear": linear,
    "small_cnn": small_cnn,
    "resnet8": resnet8,
    "wide_resnet_16_2": wide_resnet_16_2,
}
