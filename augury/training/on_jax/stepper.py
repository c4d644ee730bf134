"""The steps of one trial on JAX."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from augury.training.on_jax.steps import (
    Measured,
    Variables,
    batches_of,
    forward_of,
    in_turn,
    is_accelerated,
    padded,
    scanned,
    step_of,
)
from augury.training.optimisation.objective import PLAIN, Objective
from augury.training.steppers import NOTHING, Steps, Totals

Array = npt.NDArray[Any]


class JaxStepper:
    """The steps of a call as one scanned function on an accelerator, and one after the other on processors.

    Args:
        model: compiled, its optimizer built; its variables have the state between calls.
        objective: what a step makes small.
        is_scanned: whether it is one function; None: where that is faster.
    """

    def __init__(self, model: keras.Model, objective: Objective = PLAIN, *, is_scanned: bool | None = None) -> None:
        import jax  # only where it is the backend

        self.takes_whole_chunks = is_accelerated() if is_scanned is None else is_scanned
        self._variables = Variables(model)
        self._run = (scanned if self.takes_whole_chunks else in_turn)(step_of(model, objective))
        self._forward = jax.jit(forward_of(model))

    def train(self, images: Array, labels: Array, steps: Steps, so_far: Totals = NOTHING) -> Totals:
        """See Stepper."""
        state = self._variables.read()
        for batches in batches_of(images, labels, steps.rates, steps.batch_size):
            state, measured = self._run(state, batches, steps.class_weights)
            so_far = added(so_far, measured, batches.labels.shape[1])
        self._variables.write(state)
        return so_far

    def probabilities(self, images: Array) -> Array:
        """See Stepper."""
        return np.asarray(self._forward(self._variables.read(), padded(images)))[: len(images)]


def added(so_far: Totals, measured: Measured, batch_size: int) -> Totals:
    """With what was measured of batches of that size, in their order."""
    loss, right = so_far
    for of_batch in np.asarray(measured.losses, np.float64):
        loss += float(of_batch) * batch_size
    return Totals(loss, right + float(np.sum(measured.right)))
