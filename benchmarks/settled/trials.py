"""Trials that are trained once and kept in a folder under their address, with what they cost."""

from __future__ import annotations

import io
import json
import resource
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from api_schemas.training.trials import TrialResult
    from augury.datasets.snapshot import Snapshot
    from augury.planning.trial_definition import TrialDefinition

BASELINE = "baseline"


@dataclass(frozen=True)
class Setting:
    """All that the arms of one comparison share."""

    dataset: str
    model: str
    recipe: str
    epochs: int

    def __str__(self) -> str:
        return f"{self.dataset}, {self.model}, {self.recipe}, {self.epochs} epochs"


@dataclass(frozen=True)
class KeptTrial:
    """One trial as it lies in the folder."""

    setting: Setting
    arm: str
    seed: int
    cpu_seconds: float
    result: TrialResult
    predictions: Path


@dataclass(frozen=True)
class Data:
    """A dataset, how many of its images are trained on (None: all but those that judge), and networks of its own."""

    images: np.ndarray
    labels: np.ndarray
    training_images: int | None = None
    configurations: dict[str, Any] = field(default_factory=dict)
    """Keras configurations by the name that stands for them."""

    def snapshot(self) -> Snapshot:
        """As trials take it."""
        from augury.datasets.snapshot import Snapshot

        return Snapshot(self.images, self.labels, [str(label) for label in range(self.labels.max() + 1)])


def definition_of(
    setting: Setting, data: Data, options: dict[str, Any], spec: dict[str, Any], seed: int
) -> TrialDefinition:
    """The trial of an arm on one seed; its dataset has its name for a digest."""
    from api_schemas.augmentation import ImageDataGeneratorSpec
    from api_schemas.training.models import ModelSpec
    from api_schemas.training.settings import TrainingSettings
    from augury.planning.splits import RandomSplit
    from augury.planning.trial_definition import TrialDefinition, training_version

    training = TrainingSettings.model_validate(options | {"epochs": setting.epochs})
    own = data.configurations.get(setting.model)
    return TrialDefinition(
        version=training_version(training, needs_probabilities=True),
        engine="augury",
        dataset=setting.dataset,
        split=RandomSplit(validation_fraction=0.2, training_images=data.training_images),
        model=ModelSpec.model_validate({"name": setting.model} if own is None else {"config": own}),
        training=training,
        spec=ImageDataGeneratorSpec.model_validate(spec | {"rescale": 1 / 255}),
        seed=seed,
    )


class Silent:
    """A monitor that lets everything go on."""

    def report_progress(self, **progress: object) -> None:
        """Nobody hears of it."""

    def raise_if_cancelled(self) -> None:
        """Nobody ends it."""


def keep_trained(
    folder: Path, setting: Setting, arm: str, data: Data, options: dict[str, Any], spec: dict[str, Any], seed: int
) -> bool:
    """Train a trial and keep it in the folder; False where it lies there already."""
    from augury.training.trial import train_trial

    definition = definition_of(setting, data, options, spec, seed)
    described, predictions = (folder / f"{definition.key()}.{ending}" for ending in ("json", "npz"))
    if described.exists():
        return False
    before = _cpu_seconds()
    done = train_trial(definition, data.snapshot(), Silent())
    row = vars(setting) | {"arm": arm, "seed": seed, "cpu_seconds": round(_cpu_seconds() - before, 3)}
    predictions.write_bytes(done.predictions)
    written = described.with_suffix(".part")
    written.write_text(json.dumps(row | {"result": done.result.model_dump(mode="json")}))
    written.rename(described)  # there at once and whole, so that whatever ends this can be gone on with
    return True


def kept_trials(folder: Path) -> Iterator[KeptTrial]:
    """All trials in the folder, by address."""
    from api_schemas.training.trials import TrialResult

    for path in sorted(folder.glob("*.json")):
        row = json.loads(path.read_text())
        setting = Setting(*(row[name] for name in ("dataset", "model", "recipe", "epochs")))
        result = TrialResult.model_validate(row["result"])
        yield KeptTrial(setting, row["arm"], row["seed"], row["cpu_seconds"], result, path.with_suffix(".npz"))


def log_loss(trial: KeptTrial) -> float:
    """Of the trial's validation images, in nats."""
    with np.load(io.BytesIO(trial.predictions.read_bytes())) as stored:
        return -float(np.log(np.maximum(stored["probability"], 1e-7)).mean())


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
