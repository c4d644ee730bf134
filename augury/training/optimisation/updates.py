"""What an optimizer does in a step: variable by variable, or with the small ones as one, which gives the same bits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import keras
import numpy as np

MAX_JOINED_VALUES = 2**14
"""Of a variable that is joined with others: copying a larger one takes longer than the operations that it saves."""
_MIN_JOINED = 2
_STATES = ("_momentums", "_velocities")
"""What Adam keeps of each variable."""
_OF_ALL_VARIABLES = ("global_clipnorm", "clipnorm")
"""Options by which one value's step depends on others, whose sum would be another if they were joined."""


class NotJoinableError(Exception):
    """A gradient is sparse or missing, of which an optimizer makes something else than of one that is full of zeros."""


class Updates(Protocol):
    """An optimizer's steps, in a function that is compiled."""

    def begin(self) -> None:
        """Before the first step of a call."""

    def apply(self, gradients: Sequence[Any], rate: Any) -> None:
        """One step at that learning rate, with a gradient for each variable. The variables have it afterwards."""

    def end(self) -> None:
        """After the last step of a call: the optimizer has its state."""


class SeparateUpdates:
    """As Keras has them."""

    def __init__(self, optimizer: keras.optimizers.Optimizer, variables: list[Any]) -> None:
        self._optimizer, self._variables = optimizer, variables

    def begin(self) -> None:
        """Nothing to do."""

    def apply(self, gradients: Sequence[Any], rate: Any) -> None:
        """See Updates."""
        self._optimizer.learning_rate = rate
        self._optimizer.apply(gradients, self._variables)

    def end(self) -> None:
        """Nothing to do."""


class JoinedUpdates:
    """The same, with all small variables in one vector, which an optimizer of the same settings updates.

    Keras's Adam is fourteen operations a variable, and most variables are too small for the operations to take longer
    than their start. Each value's step depends on that value alone, so that it is the same in a vector.

    Args:
        optimizer: Adam or AdamW, built for the variables.
        variables: those that are trained; at least two of them joinable.
    """

    def __init__(self, optimizer: keras.optimizers.Optimizer, variables: list[Any]) -> None:
        import tensorflow  # only where it is the backend

        self._tf, self._is_joined = tensorflow, [is_joinable(variable) for variable in variables]
        small, self._large = self._parted(variables)
        self._weights = keras.Variable(np.zeros(sum(map(_values_of, small)), np.float32), name="joined")
        self._small, self._optimizer = small, optimizer
        self._joint = type(optimizer).from_config(optimizer.get_config())
        self._joint.build([self._weights])
        of_both = [(getattr(self._joint, name), getattr(optimizer, name)) for name in _STATES]
        self._states = [(joint[0], self._parted(separate)[0]) for joint, separate in of_both]

    def begin(self) -> None:
        """See Updates: the vectors get what the variables and the optimizer have."""
        for vector, parts in [(self._weights, self._small), *self._states]:
            self._joint.assign(vector, self._vector_of(parts))
        self._joint.iterations.assign(self._optimizer.iterations)

    def apply(self, gradients: Sequence[Any], rate: Any) -> None:
        """See Updates.

        Raises:
            NotJoinableError: while it is traced, of gradients that are sparse or missing.
        """
        if not all(isinstance(gradient, self._tf.Tensor) for gradient in gradients):
            raise NotJoinableError
        small, large = self._parted(gradients)
        for optimizer in (self._joint, self._optimizer):
            optimizer.learning_rate = rate
        self._joint.apply([self._vector_of(small)], [self._weights])
        self._optimizer.apply(large, self._large)
        self._share_out(self._weights, self._small)

    def end(self) -> None:
        """See Updates."""
        for vector, parts in self._states:
            self._share_out(vector, parts)
        self._optimizer.iterations.assign(self._joint.iterations)

    def _vector_of(self, parts: list[Any]) -> Any:
        return self._tf.concat([self._tf.reshape(part, (-1,)) for part in parts], axis=0)

    def _share_out(self, vector: Any, parts: list[Any]) -> None:
        shares = self._tf.split(vector, [_values_of(part) for part in parts])
        for part, values in zip(parts, shares, strict=True):
            self._joint.assign(part, self._tf.reshape(values, part.shape))

    def _parted(self, each: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """What belongs to the variables that are joined, and what to the others."""
        pairs = list(zip(each, self._is_joined, strict=True))
        return [one for one, is_joined in pairs if is_joined], [one for one, is_joined in pairs if not is_joined]


def updates_of(optimizer: keras.optimizers.Optimizer, variables: list[Any]) -> Updates:
    """The fastest that give the optimizer's numbers.

    The others than Adam multiply a gradient by the rate. Where a gradient is a product itself, TensorFlow may multiply
    in the order that takes least, which is another for a vector of many gradients, so that last bits differ.
    """
    is_adam = isinstance(optimizer, keras.optimizers.Adam)
    looks_at_all = any(getattr(optimizer, name) is not None for name in _OF_ALL_VARIABLES)
    is_worth_it = sum(map(is_joinable, variables)) >= _MIN_JOINED
    joins = is_adam and is_worth_it and not looks_at_all
    return JoinedUpdates(optimizer, variables) if joins else SeparateUpdates(optimizer, variables)


def is_joinable(variable: Any) -> bool:
    """Whether a variable is small, and treated as any other."""
    is_special = variable.constraint is not None or getattr(variable, "overwrite_with_gradient", False)
    return _values_of(variable) <= MAX_JOINED_VALUES and str(variable.dtype) == "float32" and not is_special


def _values_of(variable: Any) -> int:
    return math.prod(variable.shape)
