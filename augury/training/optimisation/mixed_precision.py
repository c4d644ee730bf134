"""Computing in half as many bits, where there is an accelerator that is faster so."""

from __future__ import annotations

import keras

from augury.training.errors import UserInputError
from augury.training.networks.memory import has_accelerator

_POLICY = "mixed_bfloat16"


def require_accelerator() -> None:
    """Refuse mixed precision where it would only cost.

    Raises:
        UserInputError: this worker has processors alone.
    """
    if not has_accelerator():
        raise UserInputError(
            "training.mixed_precision needs a GPU, and the worker that was to train finds none; leave it out, or have "
            "the operator look at the workers that were started as GPU workers"
        )


def compute_in_bfloat16(model: keras.Model) -> None:
    """All layers but the last, whose probabilities stay float32, as do all weights.

    bfloat16 has the range of float32, so that no loss has to be scaled to keep small gradients from vanishing.
    """
    layers = model._flatten_layers(include_self=False)
    for layer in list(layers)[:-1]:
        layer.dtype_policy = keras.DTypePolicy(_POLICY)
