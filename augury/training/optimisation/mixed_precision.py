"""Computing in half as many bits, where there is an accelerator that is faster so."""

from __future__ import annotations

from typing import Literal

import keras

from augury.training.errors import UserInputError
from augury.training.networks.memory import has_accelerator

_POLICY, _COMPUTED_IN = "mixed_bfloat16", "bfloat16"
ImageType = Literal["float32", "bfloat16"]


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


def image_type(model: keras.Model) -> ImageType:
    """The type with the fewest bytes in which images may be handed to a model without a bit of its results changing.

    That is bfloat16 where every layer that the images reach first rounds them to it anyway. A layer that takes them as
    they come, such as a normalisation with its own types, or the last one, whose probabilities stay float32, has them
    in float32. So have other backends than TensorFlow, for whose arrays NumPy's bfloat16 may be none.
    """
    if keras.backend.backend() != "tensorflow":
        return "float32"
    entered = [node.operation for given in model.inputs for node in given._keras_history.operation._outbound_nodes]
    rounds = [
        isinstance(layer, keras.Layer) and layer.autocast and layer.compute_dtype == _COMPUTED_IN for layer in entered
    ]
    return "bfloat16" if rounds and all(rounds) else "float32"
