"""What training a model takes, worked out before any of it is allocated."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras.src.backend.common import global_state

from augury.memory import available_bytes, gigabytes
from augury.training.errors import ModelTooLargeError

_VALUE_BYTES = 4
_COPIES_OF_WEIGHTS = 4  # the weights, their gradients, and two moments of Adam
_COPIES_OF_ACTIVATIONS = 2  # forward, and their gradients


def require_memory(build: Callable[[], keras.Model], batch_size: int) -> None:
    """Find out how large a model would be, and refuse one that cannot be trained here.

    On an accelerator only the weights are asked about: its own memory is the backend's to watch, which says so.

    Raises:
        ModelTooLargeError: weights, gradients, optimizer and activations of a batch take more than is left.
    """
    model = without_allocating(build)
    weights = model.count_params()
    activations = batch_size * sum(_activation_bytes(model)) * _COPIES_OF_ACTIVATIONS
    needed = weights * _VALUE_BYTES * _COPIES_OF_WEIGHTS + (0 if has_accelerator() else activations)
    available = available_bytes()
    if available is not None and needed > available:
        raise ModelTooLargeError(
            f"training this model of {weights:,} weights in batches of {batch_size} takes about {gigabytes(needed)}, "
            f"and the worker has {gigabytes(available)} left; try a smaller model, image or batch_size"
        )


def largest_activation_bytes(model: keras.Model) -> int:
    """Of all layers, the most that one image's output takes."""
    return max(_activation_bytes(model), default=0)


def _activation_bytes(model: keras.Model) -> Iterator[int]:
    for layer in model.layers:
        output: Any = getattr(layer, "output", None)
        for tensor in output if isinstance(output, list | tuple) else [output]:
            if tensor is not None:
                yield _VALUE_BYTES * math.prod(size or 1 for size in tensor.shape[1:])


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
