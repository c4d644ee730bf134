"""Training steps and forward passes, as few calls as possible: one compiled loop over many steps where there is one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np
import numpy.typing as npt

from augury.training.optimisation.mixed_precision import image_type
from augury.training.optimisation.objective import PLAIN, Objective
from augury.training.optimisation.updates import NotJoinableError, SeparateUpdates, Updates, updates_of

Array = npt.NDArray[Any]


class Totals(NamedTuple):
    """Over images that were trained on: the sum of their losses, and how many were classified rightly."""

    loss: float
    right: float


NOTHING = Totals(0.0, 0.0)


class Steps(NamedTuple):
    """How some steps are to be made: one for each batch of so many images, with a learning rate of its own.

    ``rates`` float32 has one for every batch; ``class_weights`` ``[classes]`` float32 are heeded where the steps were
    compiled for them.
    """

    batch_size: int
    rates: Array
    class_weights: Array


class Stepper(Protocol):
    """A compiled model's training steps and forward pass."""

    @property
    def takes_whole_chunks(self) -> bool:
        """Whether all steps of a chunk are to be made in one call, as another number of them is compiled anew."""

    def train(self, images: Array, labels: Array, steps: Steps, so_far: Totals = NOTHING) -> Totals:
        """One step for each batch of images ``[n, H, W, C]``, of which the last may be smaller.

        They are float32, or of the type that ``mixed_precision.image_type`` names.

        A batch's loss and predictions are those before its own step, as Keras reports them. They are added to those
        *so far* in the order of the batches, so that the sums do not depend on how steps are shared among calls.
        """

    def probabilities(self, images: Array) -> Array:
        """Of every class, ``[n, classes]`` float32, in inference mode."""


class BatchStepper:
    """Keras's own functions, batch by batch: what every backend has."""

    takes_whole_chunks = False

    def __init__(self, model: keras.Model, objective: Objective = PLAIN) -> None:
        self._optimizer, self._is_weighted = model.optimizer, objective.is_weighted
        self._model = model if objective.is_plain else _compiled_with(objective, model)

    def train(self, images: Array, labels: Array, steps: Steps, so_far: Totals = NOTHING) -> Totals:
        """See Stepper."""
        loss_sum, right = so_far
        for number, rate in enumerate(steps.rates):
            batch = slice(number * steps.batch_size, (number + 1) * steps.batch_size)
            self._optimizer.learning_rate = rate
            self._model.reset_metrics()  # some versions of Keras return running means instead of the batch's own
            weights = steps.class_weights[labels[batch]] if self._is_weighted else None
            loss, accuracy = self._model.train_on_batch(images[batch], labels[batch], sample_weight=weights)
            loss_sum += float(loss) * len(labels[batch])
            right += float(accuracy) * len(labels[batch])
        return Totals(loss_sum, right)

    def probabilities(self, images: Array) -> Array:
        """See Stepper."""
        return np.asarray(self._model.predict_on_batch(images))


def _compiled_with(objective: Objective, model: keras.Model) -> keras.Model:
    """The same weights and optimizer with another loss; the model itself stays as it is, as it may be saved."""
    twin = keras.Model(model.inputs, model.outputs[0])
    twin.compile(model.optimizer, loss=objective.losses, metrics=["accuracy"], jit_compile=False)
    return twin


class TensorFlowStepper:
    """A loop inside TensorFlow: without Python between them, small steps take a third of the time.

    The functions are traced once for all sizes of batches and chunks, and when they are first called: of a model whose
    frozen part's features are kept, only what is above it is trained.
    """

    takes_whole_chunks = False

    def __init__(self, model: keras.Model, objective: Objective = PLAIN) -> None:
        import tensorflow  # only where it is the backend

        dtype = tensorflow.as_dtype(image_type(model))
        self._images_as = dtype.as_numpy_dtype
        self._tf, self._tensor = tensorflow, tensorflow.constant
        self._model, self._objective = model, objective
        self._images = tensorflow.TensorSpec([None, *model.input_shape[1:]], dtype)

    @cached_property
    def _train(self) -> Callable[..., Any]:
        spec, optimizer, variables = self._tf.TensorSpec, self._model.optimizer, self._model.trainable_variables
        labels, size = spec([None], self._tf.int64), spec([], self._tf.int32)
        some, total = spec([None], self._tf.float32), spec([], self._tf.float64)

        def compiled(updates: Updates) -> Callable[..., Any]:
            steps = _tensorflow_steps(self._tf, self._model, self._objective, updates)
            return self._compiled(steps, self._images, labels, size, some, some, total, total)

        try:
            return compiled(updates_of(optimizer, variables))
        except NotJoinableError:
            return compiled(SeparateUpdates(optimizer, variables))

    @cached_property
    def _forward(self) -> Callable[..., Any]:
        return self._compiled(lambda given: self._model(given, training=False), self._images)

    def _compiled(self, function: Callable[..., Any], *signature: Any) -> Callable[..., Any]:
        return self._tf.function(function, autograph=False).get_concrete_function(*signature)  # type: ignore[no-any-return]

    def train(self, images: Array, labels: Array, steps: Steps, so_far: Totals = NOTHING) -> Totals:
        """See Stepper."""
        tensor = self._tensor
        batches = tensor(np.asarray(images, self._images_as)), tensor(labels, "int64"), tensor(steps.batch_size)
        options = tensor(steps.rates, "float32"), tensor(steps.class_weights, "float32")
        loss, right = self._train(*batches, *options, *(tensor(total, "float64") for total in so_far))
        return Totals(float(loss), float(right))

    def probabilities(self, images: Array) -> Array:
        """See Stepper."""
        return np.asarray(self._forward(self._tensor(np.asarray(images, self._images_as))))


def _tensorflow_steps(
    tf: Any, model: keras.Model, objective: Objective, updates: Updates
) -> Callable[..., tuple[Any, Any]]:
    """What one training step of Keras does, in a loop over the batches of a chunk."""
    loss_of = _tensorflow_loss(tf, model, objective)

    def steps(
        images: Any, labels: Any, batch_size: Any, rates: Any, class_weights: Any, loss_sum: Any, right: Any
    ) -> tuple[Any, Any]:
        def step(number: Any, loss_sum: Any, right: Any) -> tuple[Any, Any, Any]:
            first = number * batch_size
            batch, expected = images[first : first + batch_size], labels[first : first + batch_size]
            with tf.GradientTape() as tape:
                probabilities = model(batch, training=True)
                loss = loss_of(batch, expected, probabilities, class_weights)
            gradients = tape.gradient(loss, model.trainable_variables)
            updates.apply(gradients, rates[number])
            hits = tf.equal(tf.argmax(probabilities, axis=-1), expected)
            added = tf.cast(tf.shape(expected)[0], tf.float64) * tf.cast(loss, tf.float64)
            return number + 1, loss_sum + added, right + tf.reduce_sum(tf.cast(hits, tf.float64))

        updates.begin()
        total = tf.shape(rates)[0]
        start = (tf.constant(0), loss_sum, right)
        # One iteration at a time: each needs the weights that the one before it has left.
        _, loss_sum, right = tf.while_loop(lambda number, *_: number < total, step, start, parallel_iterations=1)
        updates.end()
        return loss_sum, right

    return steps


def _tensorflow_loss(tf: Any, model: keras.Model, objective: Objective) -> Callable[..., Any]:
    """Of a batch: the mean of the objective's losses, and what the model's own regularisers add to it."""
    if objective.is_plain:
        return lambda batch, expected, probabilities, _: model.compute_loss(
            x=batch, y=expected, y_pred=probabilities, training=True
        )

    def loss_of(batch: Any, expected: Any, probabilities: Any, class_weights: Any) -> Any:
        losses = objective.losses(expected, probabilities)
        weighted = losses * tf.gather(class_weights, expected) if objective.is_weighted else losses
        return tf.add_n([tf.reduce_mean(weighted), *(tf.reduce_sum(each) for each in model.losses)])

    return loss_of
