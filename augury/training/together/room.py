"""How many trials of a model are worth a step together."""

from __future__ import annotations

from functools import lru_cache, partial

import keras

from api_schemas.training.backends import MAX_TRIALS_PER_STEP
from augury.planning.trial_definition import TrialDefinition
from augury.training.inputs import CHUNK_BYTES
from augury.training.networks.builtin import Shape
from augury.training.networks.memory import training_bytes, without_allocating
from augury.training.networks.source import Source
from augury.training.on_jax.steps import is_accelerated

_SHARE = 0.5
"""Of the memory that is left, as what a compiled step takes in passing is not known before it is compiled."""
_PLACES_OF_A_KERNEL = 9
"""By a product of matrices a convolution with 3x3 weights sees its input nine times."""
_CHUNKS = 2
"""Of a trial's images on the device: as they come, and as batches."""


def trials_per_step_of(definition: TrialDefinition, shape: Shape, classes: int) -> int:
    """The default for trials that are defined so, on images of that shape."""
    if not is_accelerated():
        return 1
    return _default_of(Source.of(definition.model, None, shape, classes), definition.training.batch_size)


@lru_cache(maxsize=64)  # so that trials of a setting have the same number, whatever memory others hold meanwhile
def _default_of(source: Source, batch_size: int) -> int:
    return default_trials_per_step(without_allocating(partial(source.build, with_weights=False)), batch_size)


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
