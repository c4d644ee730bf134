"""What training a model takes, worked out before any of it is allocated."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
from keras.src.backend.common import global_state

from augury.memory import available_bytes, gigabytes
from augury.training.errors import ModelTooLargeError

_VALUE_BYTES = 4
_COPIES_OF_TRAINED_WEIGHTS = 4  # the weights, their gradients, and two moments of Adam
_COPIES_OF_ACTIVATIONS = 2  # forward, and their gradients


def require_memory(build: Callable[[], keras.Model], batch_size: int) -> None:
    """Find out how large a model would be, and refuse one that cannot be trained here.

    What layers give is kept for their gradients from the lowest one on that is trained; below it, it is given up as
    soon as the next layer has it. On an accelerator only the weights are asked about: its own memory is the backend's
    to watch, which says so.

    Raises:
        ModelTooLargeError: weights, gradients, optimizer and activations of a batch take more than is left.
    """
    model = without_allocating(build)
    of_weights, of_activations = training_bytes(model, batch_size)
    needed = of_weights + (0 if has_accelerator() else of_activations)
    available = available_bytes()
    if available is not None and needed > available:
        weights = model.count_params()
        raise ModelTooLargeError(
            f"training this model of {weights:,} weights in batches of {batch_size} takes about {gigabytes(needed)}, "
            f"and the worker has {gigabytes(available)} left; try a smaller model, image or batch_size"
        )


def training_bytes(model: keras.Model, batch_size: int) -> tuple[int, int]:
    """About what training takes: the weights with all that is kept of each, and what layers give for a batch."""
    weights, trained = model.count_params(), sum(math.prod(each.shape) for each in model.trainable_weights)
    copies = weights + (_COPIES_OF_TRAINED_WEIGHTS - 1) * trained
    return copies * _VALUE_BYTES, batch_size * _kept_bytes(model) * _COPIES_OF_ACTIVATIONS


def largest_activation_bytes(model: keras.Model) -> int:
    """Of all layers, the most that one image's output takes."""
    return max(map(_activation_bytes, model.layers), default=0)


def _kept_bytes(model: keras.Model) -> int:
    """Of one image's outputs, what a training step has in memory at a time."""
    of_layers = [_activation_bytes(layer) for layer in model.layers]
    trained = (number for number, layer in enumerate(model.layers) if layer.trainable_weights)
    lowest = next(trained, len(of_layers))
    return sum(of_layers[lowest:]) + max(of_layers[:lowest], default=0)


def _activation_bytes(layer: Any) -> int:
    output: Any = getattr(layer, "output", None)
    tensors = output if isinstance(output, list | tuple) else [output]
    shapes = (tensor.shape[1:] for tensor in tensors if tensor is not None)
    return sum(_VALUE_BYTES * math.prod(size or 1 for size in shape) for shape in shapes)


def without_allocating(build: Callable[[], keras.Model]) -> keras.Model:
    """The model with variables that have shapes and no values."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            return build()
    finally:  # Keras would initialise them as soon as the next scope ends
        global_state.set_global_attribute("uninitialized_variables", [])


def has_accelerator() -> bool:
    """Whether the backend in use has a GPU."""
    try:
        return bool(keras.distribution.list_devices("gpu"))
    except RuntimeError:  # how JAX says that there is none
        return False
