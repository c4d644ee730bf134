"""Ending a training by the loss on the inner split, and going back to its best weights."""

from __future__ import annotations

import keras
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from augury.training.optimisation.watching import Watch


def _model() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])


def _watched(losses: list[float], patience: int | None) -> tuple[Watch, keras.Model]:
    """A model whose weights are the number of the epoch, watched until it is over."""
    watch, model = Watch(patience), _model()
    for epoch, loss in enumerate(losses, start=1):
        for variable in model.weights:
            variable.assign(np.full(variable.shape, epoch, np.float32))
        watch.note(loss, model)
        if watch.is_over:
            break
    return watch, model


def test_it_is_over_when_the_loss_has_not_fallen_for_so_many_epochs() -> None:
    """An equal loss is no lower one, and NaN is none."""
    watch, model = _watched([3.0, 2.0, 2.0, float("nan"), 2.5, 1.0], patience=3)
    assert watch.is_over
    assert watch.best_epoch == 2
    assert watch.restore(model)
    assert {float(np.ravel(variable)[0]) for variable in model.weights} == {2.0}


def test_the_last_weights_stay_where_they_are_the_best() -> None:
    """Nothing is put back, so nothing has to be looked at again."""
    watch, model = _watched([3.0, 2.0, 1.0], patience=2)
    assert not watch.is_over
    assert not watch.restore(model)


def test_a_training_without_a_loss_that_is_a_number_keeps_its_weights() -> None:
    """It is over as any other that does not get better."""
    watch, model = _watched([float("nan")] * 5, patience=2)
    assert (watch.is_over, watch.best_epoch, watch.restore(model)) == (True, None, False)


@given(st.lists(st.floats(0, 10), min_size=1, max_size=12), st.integers(1, 12))
def test_the_best_epoch_is_the_first_of_the_lowest(losses: list[float], patience: int) -> None:
    """Among those that were trained."""
    watch, _ = _watched(losses, patience)
    trained = losses[: watch.epochs]
    assert watch.best_epoch == trained.index(min(trained)) + 1
    assert watch.is_over == (len(trained) - watch.best_epoch >= patience)


def test_a_watch_without_patience_never_ends_and_keeps_nothing() -> None:
    """It is there for the schedule."""
    watch, model = _watched([1.0, 2.0, 3.0], patience=None)
    assert (watch.is_over, watch.restore(model)) == (False, False)
