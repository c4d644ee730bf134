"""How many trials of a model are worth a step together."""

from __future__ import annotations

import keras

from augury.training.inputs import CHUNK_BYTES
from augury.training.networks.memory import training_bytes
from augury.training.on_jax.steps import is_accelerated

MAX_TRIALS_PER_STEP = 32
"""Each has a thread that prepares its images."""
_SHARE = 0.5
"""Of the memory that is left, as what a compiled step takes in passing is not known before it is compiled."""
_PLACES_OF_A_KERNEL = 9
"""By a product of matrices a convolution with 3x3 weights sees its input nine times."""
_CHUNKS = 2
"""Of a trial's images on the device: as they come, and as batches."""


def default_trials_per_step(model: keras.Model, batch_size: int) -> int:
    """As many as the accelerator has room for, at most ``MAX_TRIALS_PER_STEP``; on processors one.

    A processor has no idle part that a second trial would use, and others of its cores have processes of their own.

    Args:
        model: which may be without values.
        batch_size: images of a step of one trial.
    """
    room = _free_bytes_of_accelerator()
    if room is None:
        return 1
    of_weights, of_activations = training_bytes(model, batch_size)
    return trials_that_fit(of_weights + _PLACES_OF_A_KERNEL * of_activations, room)


def trials_that_fit(trial_bytes: int, room: int) -> int:
    """In so many bytes, for trials that take so many beside their images: from 1 to ``MAX_TRIALS_PER_STEP``."""
    of_each = trial_bytes + _CHUNKS * CHUNK_BYTES
    return max(1, min(MAX_TRIALS_PER_STEP, int(_SHARE * room) // of_each))


def _free_bytes_of_accelerator() -> int | None:
    """None where there is none, or where it does not say."""
    if not is_accelerated():
        return None
    import jax

    said = jax.local_devices()[0].memory_stats() or {}
    limit = said.get("bytes_limit")
    return None if limit is None else int(limit) - int(said.get("bytes_in_use", 0))
