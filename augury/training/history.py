"""What was measured while a model was trained."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import special

from api_schemas.training.trials import Curves
from augury.training.steppers import Totals

_MIN_EPOCHS = 4
_SIGNIFICANCE = 0.05
_LEAST = 1e-20
"""In the place of zero, by which nothing can be divided."""


@dataclass
class History:
    """Each epoch's loss and accuracy, and where the time went, in seconds."""

    training_loss: list[float] = field(default_factory=list)
    training_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    inner_loss: list[float] = field(default_factory=list)
    """On the inner split; empty where there is none."""
    learning_rate: list[float] = field(default_factory=list)
    """Of the last step of each epoch."""
    augmentation_seconds: float = 0.0
    training_seconds: float = 0.0
    images_trained: int = 0

    def add_epoch(self, totals: Totals, images: int, rate: float, seconds: float) -> None:
        """One more epoch over so many images, whose last step had that learning rate."""
        self.training_loss.append(totals.loss / images)
        self.training_accuracy.append(totals.right / images)
        self.learning_rate.append(rate)
        self.images_trained += images
        self.training_seconds += seconds

    @property
    def diverged(self) -> bool:
        """Whether the last epoch's training loss was not finite."""
        return bool(self.training_loss) and not math.isfinite(self.training_loss[-1])

    @property
    def images_per_second(self) -> float:
        """Images trained on per second, augmentation included and evaluation not."""
        return self.images_trained / self.training_seconds if self.training_seconds else 0.0

    def curves(self) -> Curves:
        """For the wire, where a value that is not finite is null."""
        return Curves(
            **{name: [finite_or_none(value) for value in getattr(self, name)] for name in Curves.model_fields}
        )


def finite_or_none(value: float) -> float | None:
    """The value, or None in place of NaN and infinities."""
    return value if math.isfinite(value) else None


def is_still_falling(losses: list[float]) -> bool:
    """Whether a loss still fell when training ended, so that more epochs would probably have helped.

    True if the least-squares slope over the last quarter of the epochs (at least four) is negative at the 5 % level
    (one-sided t test of the slope). Two or three epochs count as falling if the last is the lowest, one does not.
    """
    last = np.asarray(losses[-max(_MIN_EPOCHS, math.ceil(len(losses) / 4)) :])
    if len(last) < 2 or not np.isfinite(last).all():
        return False
    if len(last) < _MIN_EPOCHS:
        return bool(last[-1] < last[:-1].min())
    if np.ptp(last) == 0:
        return False
    return _probability_of_slope(last) < _SIGNIFICANCE


def _probability_of_slope(values: npt.NDArray[np.float64]) -> float:
    """That values without a trend would fall so steadily: the t test of a slope by their correlation with time.

    What ``scipy.stats.linregress`` says, without importing it, which takes as long as a third of Keras.
    """
    time = np.arange(len(values)) - (len(values) - 1) / 2
    centred = values - values.mean()
    correlation = float(np.clip(time @ centred / math.sqrt((time @ time) * (centred @ centred)), -1, 1))
    if correlation == -1:
        return 0.0
    degrees_of_freedom = len(values) - 2
    t = correlation * math.sqrt(degrees_of_freedom / max((1 - correlation) * (1 + correlation), _LEAST))
    return float(special.stdtr(degrees_of_freedom, t))
