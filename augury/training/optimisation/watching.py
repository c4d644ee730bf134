"""What is done by the loss on the inner split: ending a training early, and going back to its best weights."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np


class Watch:
    """Hears of the loss on the inner split after every epoch.

    Args:
        patience: after how many epochs without a lower loss it is over; None: never, and no weights are kept.
    """

    def __init__(self, patience: int | None) -> None:
        self._patience = patience
        self._lowest, self._best = np.inf, list[Any]()
        self.epochs = 0
        """That it has heard of."""
        self.best_epoch: int | None = None
        """Counted from 1; None before the first loss that is a number, and where nothing is ended early."""

    @property
    def is_over(self) -> bool:
        """Whether the loss has not fallen for as many epochs as was asked."""
        return self._patience is not None and self.epochs - (self.best_epoch or 0) >= self._patience

    def note(self, loss: float, model: keras.Model) -> None:
        """One more epoch has that loss. The weights are kept where it is the lowest so far."""
        self.epochs += 1
        if self._patience is not None and loss < self._lowest:
            self._lowest, self.best_epoch = loss, self.epochs
            self._best = [keras.ops.convert_to_numpy(variable) for variable in model.weights]

    def restore(self, model: keras.Model) -> bool:
        """Give the model its best weights; whether these are others than those it has."""
        if self.best_epoch is None or self.best_epoch == self.epochs:
            return False
        for variable, value in zip(model.weights, self._best, strict=True):
            variable.assign(value)
        return True
