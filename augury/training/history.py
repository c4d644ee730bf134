"""What was measured while a model was trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import special

from api_schemas.training.trials import Curves
from augury.training.steppers import Totals

MIN_FALL = 0.02
"""Of a loss, over the last quarter of a training: about what twice as long a training gains beyond it."""
_LAST_SHARE = 0.25
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

    def is_still_improving(self, since: int) -> bool:
        """Whether the stage that began after so many epochs would have been better with twice as many."""
        return is_still_improving(self.validation_loss[since:], self.learning_rate[since:])

    def curves(self) -> Curves:
        """For the wire, where a value that is not finite is null."""
        return Curves(
            **{name: [finite_or_none(value) for value in getattr(self, name)] for name in Curves.model_fields}
        )


def finite_or_none(value: float) -> float | None:
    """The value, or None in place of NaN and infinities."""
    return value if math.isfinite(value) else None


def is_still_improving(losses: Sequence[float], rates: Sequence[float]) -> bool:
    """Whether a loss still fell when training ended, so that a training of twice the length would be better.

    What is looked at is the last quarter of the training as the learning rate counts it: the epochs in which the last
    quarter of the sum of the rates was spent, at least four. At a constant rate these are the last quarter of the
    epochs, under a cosine to zero more than half of them: its last quarter of epochs has a fortieth of the sum, and
    whatever the loss does there says nothing of a longer schedule. The loss is falling if the slope of its
    least-squares line over the sum of the rates is negative at the 5 % level (one-sided t test), and if the line falls
    by 0.02 or more over these epochs: less is no difference that matters, however certain. Two or three epochs count
    as falling if the last is the lowest, one does not.

    Args:
        losses: of the validation images after each epoch.
        rates: the learning rate of each epoch.
    """
    if len(losses) < 2:
        return False
    spent = np.cumsum(rates)
    of_last_quarter = int(np.count_nonzero(spent > (1 - _LAST_SHARE) * spent[-1]))
    last = np.asarray(losses[-max(_MIN_EPOCHS, of_last_quarter) :])
    if not np.isfinite(last).all():
        return False
    if len(last) < _MIN_EPOCHS:
        return bool(last[-1] < last[:-1].min())
    along = spent[-len(last) :]
    if np.ptp(along) == 0 or np.ptp(last) == 0:
        return False
    slope, probability = _falling(along, last)
    return probability < _SIGNIFICANCE and -slope * float(np.ptp(along)) >= MIN_FALL


def _falling(along: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The least-squares slope, and the probability that values without a trend would fall so steadily.

    What ``scipy.stats.linregress`` says, without importing it, which takes as long as a third of Keras: the t test of a
    slope by the correlation.
    """
    x, y = along - along.mean(), values - values.mean()
    slope = float(x @ y / (x @ x))
    correlation = float(np.clip(x @ y / math.sqrt((x @ x) * (y @ y)), -1, 1))
    if correlation == -1:
        return slope, 0.0
    degrees_of_freedom = len(values) - 2
    t = correlation * math.sqrt(degrees_of_freedom / max((1 - correlation) * (1 + correlation), _LEAST))
    return slope, float(special.stdtr(degrees_of_freedom, t))
