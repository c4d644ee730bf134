"""The learning rate of every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.training.schedules import CosineRate, PlateauRate, StepRate
from api_schemas.training.settings import TrainingSettings

Floats = npt.NDArray[np.float64]
Planned = Callable[[Floats], Floats]
"""From the numbers of steps, counted from 0, to what the highest rate is multiplied by there."""


class Rates:
    """The learning rates of a training's steps, in order.

    Args:
        settings: with the schedule, the highest rate and the epochs.
        steps_per_epoch: how many batches an epoch has.
    """

    def __init__(self, settings: TrainingSettings, steps_per_epoch: int) -> None:
        schedule: Any = settings.schedule  # never a bare name, once it is validated
        self._highest, self._taken = settings.learning_rate, 0
        self._planned = _PLANS.get(schedule.name, _constant)(schedule, settings.epochs, steps_per_epoch)
        self._plateau = _Plateau(schedule) if isinstance(schedule, PlateauRate) else None
        self.last = settings.learning_rate
        """That of the last step that was taken."""

    def take(self, steps: int) -> npt.NDArray[np.float32]:
        """Those of the next steps."""
        numbers = np.arange(self._taken, self._taken + steps, dtype=np.float64)
        self._taken += steps
        factor = 1.0 if self._plateau is None else self._plateau.factor
        rates = (self._highest * factor * self._planned(numbers)).astype(np.float32)
        self.last = float(rates[-1])
        return rates

    def note(self, loss: float) -> None:
        """Hear of the loss on the inner split after an epoch."""
        if self._plateau is not None:
            self._plateau.note(loss)


class _Plateau:
    """What the rate is multiplied by: once more whenever the lowest loss is *patience* epochs old."""

    def __init__(self, schedule: PlateauRate) -> None:
        self._schedule, self._lowest, self._waited = schedule, np.inf, 0
        self.factor = 1.0

    def note(self, loss: float) -> None:
        """After an epoch."""
        if loss < self._lowest:
            self._lowest, self._waited = loss, 0
            return
        self._waited += 1
        if self._waited >= self._schedule.patience:
            self.factor, self._waited = self.factor * self._schedule.factor, 0


def _constant(schedule: Any, epochs: int, steps_per_epoch: int) -> Planned:
    return np.ones_like


def _cosine(schedule: CosineRate, epochs: int, steps_per_epoch: int) -> Planned:
    """Half a cosine from 1 at the first step after the warm-up towards 0 after the last (Loshchilov, Hutter 2017)."""
    warmup = min(schedule.warmup_epochs, epochs - 1) * steps_per_epoch
    rest = epochs * steps_per_epoch - warmup

    def planned(steps: Floats) -> Floats:
        rising = (steps + 1) / max(warmup, 1)
        falling = (1 + np.cos(np.pi * np.clip(steps - warmup, 0, rest) / rest)) / 2
        return np.where(steps < warmup, rising, falling)

    return planned


def _steps(schedule: StepRate, epochs: int, steps_per_epoch: int) -> Planned:
    return lambda steps: schedule.factor ** np.floor(steps / (schedule.every * steps_per_epoch))


_PLANS: dict[str, Callable[[Any, int, int], Planned]] = {"cosine": _cosine, "step": _steps}
"""Of schedules that know before the training what the rates will be."""
