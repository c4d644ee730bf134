"""Training steps and forward passes, as few calls as possible: one compiled loop over many steps where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Totals(NamedTuple):
    """Over images that were trained on: the sum of their losses, and how many were classified rightly."""

    loss: float
    right: float


NOTHING = Totals(0.0, 0.0)


class Stepper(Protocol):
    """A compiled model's training steps and forward pass."""

    def train(self, images: Array, labels: Array, batch_size: int, so_far: Totals = NOTHING) -> Totals:
        """One step for each batch of images ``[n, H, W, C]`` float32, of which the last may be smaller.

        A batch's loss and predictions are those before its own step, as Keras reports them. They are added to those
        *so far* in the order of the batches, so that the sums do not depend on how steps are shared among calls.
        """

    def probabilities(self, images: Array) -> Array:
        """Of every class, ``[n, classes]`` float32, in inference mode."""


class BatchStepper:
    """Keras's own functions, batch by batch: what every backend has."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model

    def train(self, images: Array, labels: Array, batch_size: int, so_far: Totals = NOTHING) -> Totals:
        """See Stepper."""
        loss_sum, right = so_far
        for first in range(0, len(labels), batch_size):
            batch = slice(first, first + batch_size)
            self._model.reset_metrics()  # some versions of Keras return running means instead of the batch's own
            loss, accuracy = self._model.train_on_batch(images[batch], labels[batch])
            loss_sum += float(loss) * len(labels[batch])
            right += float(accuracy) * len(labels[batch])
        return Totals(loss_sum, right)

    def probabilities(self, images: Array) -> Array:
        """See Stepper."""
        return np.asarray(self._model.predict_on_batch(images))


class TensorFlowStepper:
    """A loop inside TensorFlow: without Python between them, small steps take a third of the time.

    The functions are traced once for all sizes of batches and chunks.
    """

    def __init__(self, model: keras.Model) -> None:
        import tensorflow  # only where it is the backend

        images = tensorflow.TensorSpec([None, *model.input_shape[1:]], tensorflow.float32)
        labels = tensorflow.TensorSpec([None], tensorflow.int64)
        size = tensorflow.TensorSpec([], tensorflow.int32)

        def compiled(function: Callable[..., Any], *signature: Any) -> Callable[..., Any]:
            return tensorflow.function(function, autograph=False).get_concrete_function(*signature)  # type: ignore[no-any-return]

        self._tensor = tensorflow.constant
        total = tensorflow.TensorSpec([], tensorflow.float64)
        self._train = compiled(_tensorflow_steps(tensorflow, model), images, labels, size, total, total)
        self._forward = compiled(lambda given: model(given, training=False), images)

    def train(self, images: Array, labels: Array, batch_size: int, so_far: Totals = NOTHING) -> Totals:
        """See Stepper."""
        tensor = self._tensor
        sums = [tensor(total, "float64") for total in so_far]
        loss, right = self._train(tensor(images), tensor(labels, "int64"), tensor(batch_size), *sums)
        return Totals(float(loss), float(right))

    def probabilities(self, images: Array) -> Array:
        """See Stepper."""
        return np.asarray(self._forward(self._tensor(images)))


def _tensorflow_steps(tf: Any, model: keras.Model) -> Callable[..., tuple[Any, Any]]:
    """What one training step of Keras does, in a loop over the batches of a chunk."""

    def steps(images: Any, labels: Any, batch_size: Any, loss_sum: Any, right: Any) -> tuple[Any, Any]:
        def step(first: Any, loss_sum: Any, right: Any) -> tuple[Any, Any, Any]:
            batch, expected = images[first : first + batch_size], labels[first : first + batch_size]
            with tf.GradientTape() as tape:
                probabilities = model(batch, training=True)
                loss = model.compute_loss(x=batch, y=expected, y_pred=probabilities, training=True)
            gradients = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply(gradients, model.trainable_variables)
            hits = tf.equal(tf.argmax(probabilities, axis=-1), expected)
            added = tf.cast(tf.shape(expected)[0], tf.float64) * tf.cast(loss, tf.float64)
            return first + batch_size, loss_sum + added, right + tf.reduce_sum(tf.cast(hits, tf.float64))

        total = tf.shape(labels)[0]
        start = (tf.constant(0), loss_sum, right)
        # One iteration at a time: each needs the weights that the one before it has left.
        _, loss_sum, right = tf.while_loop(lambda first, *_: first < total, step, start, parallel_iterations=1)
        return loss_sum, right

    return steps


_OF_BACKEND: dict[str, type[TensorFlowStepper]] = {"tensorflow": TensorFlowStepper}


def stepper_of(model: keras.Model) -> Stepper:
    """The fastest stepper for a compiled model on the backend in use."""
    return _OF_BACKEND.get(keras.backend.backend(), BatchStepper)(model)
