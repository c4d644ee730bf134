"""Trials that differ in their seeds and specs alone, carried out at once: the seeds of an arm, or several arms."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import keras

from api_schemas.training.backends import MAX_TRIALS_PER_STEP
from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.training.errors import UserInputError
from augury.training.together.group import Group
from augury.training.together.room import trials_per_step_of
from augury.training.trial import Trained

Outcome = Trained | Exception


def train_together(
    definitions: Sequence[TrialDefinition],
    snapshot: Snapshot,
    monitors: Sequence[WorkMonitor],
    trials_per_step: int | None = None,
) -> list[Outcome]:
    """What ``train_trial`` gives for each definition, or what it raised; with the JAX backend alone.

    Images are made, and curves and predictions kept, for each trial by itself: its draws, its data and its order are
    those that it has alone. Only steps and forward passes are computed together, which may sum in another order: a
    trial's numbers differ from those that it has alone as they do between two machines, in the last digits at first.

    Args:
        definitions: which differ in seed and spec alone, of a model that is not registered.
        snapshot: theirs.
        monitors: one for each.
        trials_per_step: at most so many at once, 1 to ``MAX_TRIALS_PER_STEP``; None: as many as there is room for on
            an accelerator, and one on processors.

    Raises:
        UserInputError: they cannot be computed together, or the model does not fit the images or the classes.
        ModelTooLargeError: training the model takes more memory than there is.
    """
    if not definitions:
        return []
    require_stackable(definitions)
    size = _default_size(definitions[0], snapshot) if trials_per_step is None else trials_per_step
    if not 1 <= size <= MAX_TRIALS_PER_STEP:
        raise UserInputError(f"trials_per_step is {size}; it can be from 1 to {MAX_TRIALS_PER_STEP}")
    pairs, size = list(zip(definitions, monitors, strict=True)), min(size, len(definitions))
    groups = [pairs[first : first + size] for first in range(0, len(pairs), size)]
    return [outcome for group in groups for outcome in _train_group(group, snapshot, size)]


def require_stackable(definitions: Sequence[TrialDefinition]) -> None:
    """See that one step can be made for all of them.

    Raises:
        UserInputError: it cannot, and why.
    """
    first = definitions[0]
    if keras.backend.backend() != "jax":
        raise UserInputError(
            f"trials are computed together by JAX, and Keras has the backend {keras.backend.backend()} in this "
            "process; set KERAS_BACKEND=jax before Keras is imported"
        )
    if any(each.setting() != first.setting() for each in definitions):
        raise UserInputError("trials that are computed together may differ in their seeds and specs alone")
    if first.model.digest is not None:
        raise UserInputError("trials of a registered model are not computed together; train them one at a time")


def _default_size(definition: TrialDefinition, snapshot: Snapshot) -> int:
    return trials_per_step_of(definition, snapshot.images.shape[1:], len(snapshot.class_names))


def _train_group(trials: Sequence[tuple[TrialDefinition, WorkMonitor]], snapshot: Snapshot, rows: int) -> list[Outcome]:
    group = Group(rows, range(len(trials)))

    def train(row: int) -> Outcome:
        """What becomes of one trial; what one raises is not the others' end."""
        definition, monitor = trials[row]
        try:
            with group.taking_part(row):
                return group.train(row, definition, snapshot, monitor)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(trials), thread_name_prefix="trial") as pool:
        return list(pool.map(train, range(len(trials))))
