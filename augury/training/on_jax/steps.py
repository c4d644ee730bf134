"""A training step and a forward pass as pure functions, and many steps in a row. Nothing here has a state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import keras
import numpy as np
import numpy.typing as npt

from augury.training.optimisation.objective import Objective

Array = npt.NDArray[Any]
Given = TypeVar("Given")


class State(NamedTuple):
    """The values of a model's variables and of its optimizer's, each in the order that Keras has them in."""

    trained: list[Any]
    other: list[Any]
    optimizer: list[Any]


class Batches(NamedTuple):
    """Batches of one size: images ``[n, b, H, W, C]`` float32, labels ``[n, b]`` int32, learning rates ``[n]``."""

    images: Any
    labels: Any
    rates: Any


class Measured(NamedTuple):
    """Of every batch ``[n]``, before its own step: its mean loss, and how many images were classified rightly."""

    losses: Any
    right: Any


Step = Callable[[State, Batches, Any], tuple[State, Measured]]
"""One step on one batch (whose arrays lack the first dimension), with weights of the classes ``[classes]``."""
Run = Callable[[State, Batches, Any], tuple[State, Measured]]
"""A step on each batch in turn."""


@dataclass(frozen=True)
class Variables:
    """Where a model's state is kept between calls, so that whoever looks at the model finds it there."""

    model: keras.Model

    def read(self) -> State:
        """The values that they have."""
        return State(*([variable.value for variable in variables] for variables in self._all))

    def write(self, state: State) -> None:
        """Give them these values."""
        for variables, values in zip(self._all, state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    @property
    def _all(self) -> tuple[list[Any], list[Any], list[Any]]:
        model = self.model
        return model.trainable_variables, model.non_trainable_variables, model.optimizer.variables


def step_of(model: keras.Model, objective: Objective) -> Step:
    """What one training step of Keras does: loss, gradients, the optimizer's update, and what the layers keep."""
    import jax

    optimizer = model.optimizer
    rate = next(number for number, each in enumerate(optimizer.variables) if each is optimizer._learning_rate)

    def loss_of(trained: list[Any], other: list[Any], batch: Batches, class_weights: Any) -> tuple[Any, Any]:
        made = model.stateless_call(trained, other, batch.images, training=True, return_losses=True)
        probabilities, other, of_layers = made
        losses = objective.losses(batch.labels, probabilities)
        if objective.is_weighted:
            losses = losses * class_weights[batch.labels]
        return sum(of_layers, losses.mean()), (probabilities, other)

    def step(state: State, batch: Batches, class_weights: Any) -> tuple[State, Measured]:
        gradients_of = jax.value_and_grad(loss_of, has_aux=True)
        (loss, (probabilities, other)), gradients = gradients_of(state.trained, state.other, batch, class_weights)
        options = [*state.optimizer[:rate], batch.rates, *state.optimizer[rate + 1 :]]
        trained, options = optimizer.stateless_apply(options, gradients, state.trained)
        right = (probabilities.argmax(axis=-1) == batch.labels).sum()
        return State(list(trained), list(other), list(options)), Measured(loss, right)

    return step


def forward_of(model: keras.Model) -> Callable[[State, Any], Any]:
    """From a state and images ``[n, H, W, C]`` to the probabilities of every class ``[n, classes]``, inference mode."""
    return lambda state, images: model.stateless_call(state.trained, state.other, images, training=False)[0]


def scanned(step: Step) -> Run:
    """The steps of all batches as one compiled loop, which an accelerator goes through without asking Python.

    It is compiled for every number of batches anew.
    """
    import jax

    def run(state: State, batches: Batches, class_weights: Any) -> Any:
        return jax.lax.scan(lambda state, batch: step(state, batch, class_weights), state, batches)

    compiled: Run = jax.jit(run)
    return compiled


def in_turn(step: Step) -> Run:
    """The same, one compiled step after the other, for any number of batches.

    On processors XLA has naive loops for convolutions that are inside a loop, and Eigen's for those that are not: a
    step of the small network on digits takes 4 ms by itself, and 40 ms as one of a scan.
    """
    import jax

    compiled = jax.jit(step)

    def run(state: State, batches: Batches, class_weights: Any) -> tuple[State, Measured]:
        measured = []
        for batch in zip(*batches, strict=True):
            state, of_batch = compiled(state, Batches(*batch), class_weights)
            measured.append(of_batch)
        return state, Measured(*(np.asarray(values) for values in zip(*measured, strict=True)))

    return run


def is_accelerated() -> bool:
    """Whether it is another device than the processors that JAX computes on."""
    import jax

    return bool(jax.default_backend() != "cpu")


def batches_of(images: Array, labels: Array, rates: Array, batch_size: int) -> list[Batches]:
    """Images ``[n, H, W, C]`` in whole batches, and those that are left in one smaller batch; none that are empty."""
    labels, whole = labels.astype(np.int32), len(images) // batch_size
    cuts = [(slice(0, whole * batch_size), slice(0, whole), batch_size)]
    cuts.append((slice(whole * batch_size, None), slice(whole, None), len(images) - whole * batch_size))
    return [
        Batches(images[part].reshape(-1, size, *images.shape[1:]), labels[part].reshape(-1, size), rates[of_part])
        for part, of_part, size in cuts
        if len(images[part])
    ]


def padded(images: Array) -> Array:
    """With black images up to a power of two, so that forward passes are compiled for few numbers of images."""
    size = 1 << (len(images) - 1).bit_length()
    if size == len(images):
        return images
    result = np.zeros((size, *images.shape[1:]), images.dtype)
    result[: len(images)] = images
    return result
