"""Predictions of trials, as they are stored, read into the records that evidence is made of."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from api_schemas.training.trials import Trial, TrialResult
from augury.evidence.arm_results import SeedRecord
from augury.evidence.metrics.stored import reduced, stored_outputs
from augury.evidence.metrics.table import Metric

Read = Callable[[str], bytes]
"""What is stored under a name."""


class PredictionsReader:
    """Reads predictions one file at a time. Arms with the same seed share the arrays that are the same for all."""

    def __init__(self, read: Read, metrics: Sequence[Metric], classes: int) -> None:
        """Read by *read*, for these metrics and so many classes."""
        self._read, self._metrics, self._classes = read, metrics, classes
        self._shared: dict[bytes, npt.NDArray[np.int64]] = {}

    def records(self, wire: Sequence[Trial], arm: str, name_of: Callable[[str], str]) -> dict[int, SeedRecord]:
        """What an arm's finished trials measured, by seed; *name_of* says under which name, by a trial's id."""
        return {
            trial.seed: self.record(name_of(trial.id), trial.result)
            for trial in wire
            if trial.arm == arm and trial.result is not None
        }

    def scored(self, wire: Sequence[Trial], arm: str, files: Mapping[tuple[str, int], str]) -> dict[int, SeedRecord]:
        """The same of what is scored at the end, from the *files* of arms and seeds."""
        records = {
            trial.seed: self.record(files[arm, trial.seed], trial.result)
            for trial in wire
            if trial.arm == arm and trial.result is not None and (arm, trial.seed) in files
        }
        return {seed: replace(each, accuracy=float(each.correct.mean())) for seed, each in records.items()}

    def record(self, predictions: str, result: TrialResult) -> SeedRecord:
        """What a finished trial measured, by its model's predictions in the artifact of that name."""
        with np.load(io.BytesIO(self._read(predictions)), allow_pickle=False) as stored:
            outputs, indices = stored_outputs(stored, self._classes), stored["indices"]
        image_values, metrics = reduced(outputs, self._metrics)
        return SeedRecord(
            accuracy=result.validation_accuracy,
            clean_training_accuracy=result.clean_training_accuracy,
            final_training_loss=result.final_training_loss,
            still_improving=result.still_improving,
            diverged=result.diverged,
            indices=self._one_of(indices),
            labels=self._one_of(outputs.labels),
            predicted=outputs.predicted,
            image_values=image_values,
            metrics=metrics,
        )

    def _one_of(self, array: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The array of that content which was read first."""
        return self._shared.setdefault(hashlib.sha256(array.tobytes()).digest(), array)
