"""TensorFlow as a pool process has it, and small things to train on."""

from __future__ import annotations

from typing import Any

import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.datasets.snapshot import Snapshot
from augury.planning.trial_definition import TrialDefinition
from tests.augury.datasets.digits import digits_snapshot


class Nobody:
    """A monitor that lets everything go on, and counts how often it is asked."""

    def __init__(self) -> None:
        self.epochs: list[int] = []
        self.checks = 0

    def report_progress(self, **progress: Any) -> None:
        """Hear of an epoch that is over, or, where that takes long, of where in one it is."""
        if progress["epoch"] > max(self.epochs, default=0):
            self.epochs.append(progress["epoch"])

    def raise_if_cancelled(self) -> None:
        """Let it go on."""
        self.checks += 1


@pytest.fixture(scope="session", autouse=True)
def _warm(warm: None) -> None:
    """For all tests here."""


@pytest.fixture
def monitor() -> Nobody:
    """Lets everything go on."""
    return Nobody()


@pytest.fixture(scope="session")
def digits() -> Snapshot:
    """The first 200 digits, read-only as a loaded snapshot is."""
    whole = digits_snapshot()
    whole.images.setflags(write=False)
    return Snapshot(whole.images[:200], whole.labels[:200], whole.class_names)


def definition(spec: dict[str, Any], seed: int = 0, model: Any = "small_cnn", **changes: Any) -> TrialDefinition:
    """A trial on 100 digits for two epochs; *changes* are to its training settings."""
    definition = {
        "version": "1",
        "engine": "augury",
        "dataset": "d",
        "split": {"kind": "random", "validation_fraction": 0.25, "training_images": 100},
        "model": {"name": model} if isinstance(model, str) else {"config": model},
        "training": {"epochs": 2, "batch_size": 32, "optimizer": "adam", "learning_rate": 1e-3} | changes,
        "spec": ImageDataGeneratorSpec.model_validate(spec).model_dump(mode="json"),
        "seed": seed,
    }
    return TrialDefinition.model_validate(definition)
