"""As many epochs as data of that size need, where a request gives no number, and what that amounts to in words.

What a network has learned by is steps of the optimizer, and on few images an epoch has few of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import TrialRequest
from api_schemas.training.epochs_by_size import MAX_EPOCHS_BY_SIZE, MIN_STEPS, MIN_STEPS_WITH_WEIGHTS
from api_schemas.training.settings import MIN_EPOCHS_BY_SIZE
from augury.planning.splits import images_of_share, split_sizes
from augury.wording import count


@dataclass(frozen=True)
class Length:
    """How long a training is."""

    epochs: int
    images: int
    """That it trains on."""
    batch_size: int

    @property
    def steps(self) -> int:
        """Of one epoch: its last batch may be a smaller one."""
        return math.ceil(self.images / self.batch_size)

    def __str__(self) -> str:
        of_all = self.epochs * self.steps
        each = f"{count(self.steps, 'step')} each ({count(self.images, 'image')}, {self.batch_size} at a time)"
        return f"{count(self.epochs, 'epoch')}: {each}, {of_all:,} steps in all"


def length_of(
    request: TrialRequest, facts: DatasetFacts, held_out: float | None, share: float | None = None
) -> Length | None:
    """How long the trials of a request are on a dataset; None where that is found by training.

    Args:
        request: what was asked for.
        facts: of the dataset.
        held_out: the share of the images that is kept from the search.
        share: of the images to train on, in (0, 1]; None: all of them.
    """
    training = request.training
    images = _images_trained_on(request, facts, held_out, share)
    if training.epochs == "auto":
        return None
    if isinstance(training.epochs, int):
        return Length(training.epochs, images, training.batch_size)
    return Length(_epochs_by_size(request, images), images, training.batch_size)


def _epochs_by_size(request: TrialRequest, images: int) -> int:
    """At least so many, as more images have always had."""
    steps = math.ceil(images / request.training.batch_size)
    return min(max(MIN_EPOCHS_BY_SIZE, math.ceil(_min_steps(request) / steps)), MAX_EPOCHS_BY_SIZE)


def _min_steps(request: TrialRequest) -> int:
    return MIN_STEPS_WITH_WEIGHTS if request.model.is_registered else MIN_STEPS


def _images_trained_on(request: TrialRequest, facts: DatasetFacts, held_out: float | None, share: float | None) -> int:
    """About so many where whole groups are drawn, or an inner split is carved out."""
    images = split_sizes(request.evaluation, facts, held_out).training
    if share is not None:
        images = images_of_share(images, share)
    return max(1, round(images * (1 - request.training.inner_fraction))) if request.training.watches else images


def epochs_rule(request: TrialRequest, length: Length) -> str:
    """Where the number of epochs comes from and what it amounts to, in a sentence without its full stop."""
    if isinstance(request.training.epochs, int):
        return f"{length}; as the request says"
    if length.epochs == MIN_EPOCHS_BY_SIZE:
        return f"{length}; no fewer epochs than that are trained where the request gives no number"
    if length.epochs == MAX_EPOCHS_BY_SIZE:
        return f"{length}; no more epochs than that are trained where the request gives no number"
    weights = " of a model that brings weights" if request.model.is_registered else ""
    return f"{length}; as many epochs as make {_min_steps(request):,} steps{weights}, as the request gives no number"


def few_steps_note(request: TrialRequest, length: Length) -> str | None:
    """What to know of a number of epochs that is fewer than one of data of that size; None where it is not."""
    if not isinstance(request.training.epochs, int):
        return None
    enough = _epochs_by_size(request, length.images)
    if length.epochs >= enough:
        return None
    return (
        f"{length}. On so few images that mostly leaves trainings unfinished, those that augment first of all: "
        f"without a number they have {enough} epochs, and training.epochs 'auto' finds one."
    )
