"""What the arms of a comparison measured, as the statistics take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec


@dataclass(frozen=True)
class SeedRecord:
    """One finished trial."""

    accuracy: float
    """On the clean validation images, a fraction."""
    clean_training_accuracy: float
    final_training_loss: float | None
    """None where it was not finite."""
    still_improving: bool
    diverged: bool
    indices: npt.NDArray[np.int64]
    """Of the validation images ``[V]`` in the snapshot, ascending: the same for all arms of a seed."""
    labels: npt.NDArray[np.int64]
    """Of the validation images ``[V]``."""
    predicted: npt.NDArray[Any]
    """The class that the model takes each for ``[V]``, integers."""
    image_values: npt.NDArray[np.float32] | None = None
    """What the deciding metric keeps of the model's probabilities ``[V]``, see ``augury.evidence.metrics``."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """All metrics that could be taken, fractions or nats, by name."""

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Which validation images were taken for what they are ``[V]``."""
        right: npt.NDArray[Any] = self.labels == self.predicted
        return right


@dataclass(frozen=True)
class ArmRecord:
    """One arm's finished trials by seed."""

    name: str
    spec: ImageDataGeneratorSpec
    seeds: Mapping[int, SeedRecord]

    def on_seeds(self, seeds: Iterable[int]) -> ArmRecord:
        """The record on those of its seeds alone."""
        chosen = set(seeds)
        return ArmRecord(self.name, self.spec, {seed: each for seed, each in self.seeds.items() if seed in chosen})
