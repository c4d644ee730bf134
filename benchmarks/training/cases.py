"""Trials of a mild augmentation, of any size, as the benchmarks of training have them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

MILD = {"rotation_range": 20, "width_shift_range": 0.1, "height_shift_range": 0.1, "horizontal_flip": True}
BATCH, CLASSES, VALIDATION = 32, 10, 0.2


class Case(NamedTuple):
    """So many images of that shape, of which a share is validated on, for so many epochs."""

    model: str
    images: int
    shape: tuple[int, int, int]
    epochs: int


class Silent:
    """A monitor that lets everything go on."""

    def report_progress(self, **progress: object) -> None:
        """Nobody hears of it."""

    def raise_if_cancelled(self) -> None:
        """Nobody ends it."""


def trials_of(case: Case, number: int) -> tuple[list[Any], Any]:
    """So many seeds, as definitions, and the snapshot that they are trained on."""
    from api_schemas.augmentation import ImageDataGeneratorSpec
    from api_schemas.training.models import ModelSpec
    from api_schemas.training.settings import TrainingSettings
    from augury.datasets.snapshot import Snapshot
    from augury.planning.splits import RandomSplit
    from augury.planning.trial_definition import TrialDefinition, training_version

    training = TrainingSettings(epochs=case.epochs, batch_size=BATCH)
    definitions = [
        TrialDefinition(
            version=training_version(training),
            engine="augury",
            dataset="benchmark",
            split=RandomSplit(validation_fraction=VALIDATION, training_images=None),
            model=ModelSpec.model_validate({"name": case.model}),
            training=training,
            spec=ImageDataGeneratorSpec.model_validate(MILD | {"rescale": 1 / 255}),
            seed=seed,
        )
        for seed in range(number)
    ]
    images = np.random.default_rng(0).integers(0, 256, (case.images, *case.shape), np.uint8)
    return definitions, Snapshot(images, np.arange(case.images) % CLASSES, [str(label) for label in range(CLASSES)])
