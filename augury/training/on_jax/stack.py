"""One step for many trials at once: each calls its own stepper, and what they ask for is computed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from threading import Condition
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from augury.training.on_jax.products import convolve_by_products
from augury.training.on_jax.stepper import added
from augury.training.on_jax.steps import (
    Batches,
    Measured,
    State,
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
Shapes = tuple[tuple[int, ...], ...]


@dataclass
class _Training:
    """Asks for steps."""

    state: State
    parts: list[Batches]
    class_weights: Array

    @property
    def shapes(self) -> Shapes:
        return tuple(part.images.shape for part in self.parts)


@dataclass
class _Looking:
    """Asks for probabilities."""

    state: State
    images: Array

    @property
    def shapes(self) -> Shapes:
        return (self.images.shape,)


@dataclass
class _Asked:
    """A question, and its answer once there is one."""

    question: _Training | _Looking
    answer: Any = None
    error: BaseException | None = None
    is_answered: bool = False

    @property
    def group(self) -> tuple[type, Shapes]:
        """Questions of the same one are answered together."""
        return type(self.question), self.question.shapes


class Stack:
    """Models of one structure, whose trials are carried out on a thread each.

    A question is answered when every trial that takes part has asked one: those of the same shapes together, along a
    first dimension that has a row for each model. Rows of models that have asked nothing of the kind are computed from
    another's question and thrown away, so that all is compiled for one number of rows, whoever takes part.

    Args:
        models: compiled alike, their optimizers built.
        objective: what a step makes small.
        is_scanned: whether the steps of a call are one function; None: where that is faster.
    """

    def __init__(
        self, models: Sequence[keras.Model], objective: Objective = PLAIN, *, is_scanned: bool | None = None
    ) -> None:
        import jax

        convolve_by_products(models[0])  # by which all of them are traced
        run = scanned if (is_accelerated() if is_scanned is None else is_scanned) else in_turn
        self.steppers = [StackedStepper(self, row, model) for row, model in enumerate(models)]
        self._run = run(jax.vmap(step_of(models[0], objective)))
        self._forward = jax.jit(jax.vmap(forward_of(models[0])))
        self._joined = jax.jit(lambda states: jax.tree.map(lambda *values: jax.numpy.stack(values), *states))
        self._parted = jax.jit(lambda state: [jax.tree.map(itemgetter(row), state) for row in self._rows])
        self._changed = Condition()
        self._answerers: dict[type, Callable[[list[Any]], list[Any]]] = {
            _Training: self._train,
            _Looking: self._look,
        }
        self._taking_part: set[int] = set()
        self._asked: dict[int, _Asked] = {}
        self._trained = [0] * len(models)

    @property
    def _rows(self) -> range:
        return range(len(self.steppers))

    def admit(self, rows: Iterable[int]) -> None:
        """Wait for those from now on; to be called before any of them asks."""
        self._taking_part, self._trained = set(rows), [0] * len(self.steppers)

    def leave(self, row: int) -> None:
        """Have the others not wait for this trial any more; nothing where they do not."""
        with self._changed:
            self._taking_part.discard(row)
            self._answer_if_all_have_asked()

    def ask(self, row: int, question: _Training | _Looking) -> Any:
        """The answer to a trial's question, when it comes."""
        asked = _Asked(question)
        with self._changed:
            self._asked[row] = asked
            self._answer_if_all_have_asked()
            self._changed.wait_for(lambda: asked.is_answered)
        if asked.error is not None:
            raise asked.error
        return asked.answer

    def _answer_if_all_have_asked(self) -> None:
        """One group of the questions; those who asked them then ask again, or take part no longer."""
        if not self._asked or self._asked.keys() != self._taking_part:
            return
        group = self._asked[min(self._asked, key=self._urgency)].group
        rows = [row for row in sorted(self._asked) if self._asked[row].group == group]
        answered = {row: self._asked.pop(row) for row in rows}
        try:
            answers = self._answerers[group[0]](
                [(answered.get(row) or answered[rows[0]]).question for row in self._rows]
            )
            for row, asked in answered.items():
                asked.answer = answers[row]
        except Exception as error:  # belongs to all who asked, on their own threads
            for asked in answered.values():
                asked.error = error
        for row, asked in answered.items():
            self._trained[row] += isinstance(asked.question, _Training)
            asked.is_answered = True
        self._changed.notify_all()

    def _urgency(self, row: int) -> tuple[bool, int]:
        """The least first. Whoever still looks at images is behind those who train, and would stay behind for good."""
        return isinstance(self._asked[row].question, _Training), self._trained[row]

    def _train(self, questions: list[_Training]) -> list[tuple[State, list[Measured]]]:
        state, measured = self._joined([each.state for each in questions]), list[Measured]()
        class_weights = np.stack([each.class_weights for each in questions])
        for parts in zip(*(each.parts for each in questions), strict=True):
            batches = Batches(*(np.stack(arrays, axis=1) for arrays in zip(*parts, strict=True)))
            state, of_part = self._run(state, batches, class_weights)
            measured.append(Measured(*(np.asarray(values) for values in of_part)))
        states = self._parted(state)
        return [
            (states[row], [Measured(part.losses[:, row], part.right[:, row]) for part in measured])
            for row in self._rows
        ]

    def _look(self, questions: list[_Looking]) -> list[Array]:
        state = self._joined([each.state for each in questions])
        return list(np.asarray(self._forward(state, np.stack([each.images for each in questions]))))


@dataclass(frozen=True)
class StackedStepper:
    """The stepper of one trial in a stack."""

    stack: Stack = field(repr=False)
    row: int
    model: keras.Model
    takes_whole_chunks: bool = True
    """So that all of a stack make the same number of steps in a call."""

    def train(self, images: Array, labels: Array, steps: Steps, so_far: Totals = NOTHING) -> Totals:
        """See Stepper."""
        variables, parts = Variables(self.model), batches_of(images, labels, steps.rates, steps.batch_size)
        state, measured = self.stack.ask(self.row, _Training(variables.read(), parts, steps.class_weights))
        for part, of_part in zip(parts, measured, strict=True):
            so_far = added(so_far, of_part, part.labels.shape[1])
        variables.write(state)
        return so_far

    def probabilities(self, images: Array) -> Array:
        """See Stepper."""
        question = _Looking(Variables(self.model).read(), padded(images))
        return np.asarray(self.stack.ask(self.row, question))[: len(images)]
