"""A first tiny trial, so that a client's first does not pay for all that is set up on first use."""

from __future__ import annotations

import numpy as np

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.training.models import ModelSpec, TrainingSettings
from augury.datasets.snapshot import Snapshot
from augury.planning.splits import RandomSplit
from augury.planning.trial_definition import TRAINING_VERSION, TrialDefinition
from augury.training.trial import train_trial

_SIZE, _IMAGES = 4, 16


class _Nobody:
    def report_progress(self, **progress: object) -> None:
        """Nobody hears of it."""

    def raise_if_cancelled(self) -> None:
        """Nobody ends it."""


def practise() -> None:
    """Train for one epoch on a few grey images; the result is thrown away."""
    images = np.full((_IMAGES, _SIZE, _SIZE, 1), 128, np.uint8)
    definition = TrialDefinition(
        version=TRAINING_VERSION,
        engine="augury",
        dataset="practice",
        split=RandomSplit(validation_fraction=0.5, training_images=None),
        model=ModelSpec(name="linear"),
        training=TrainingSettings(epochs=1, batch_size=4),
        spec=ImageDataGeneratorSpec(rotation_range=1),
        seed=0,
    )
    train_trial(definition, Snapshot(images, np.arange(_IMAGES) % 2, ["a", "b"]), _Nobody())
