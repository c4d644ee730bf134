"""The stages of a training: whole trainings one after the other, each of other layers, on the weights that are there.

Without stages there is one, of all epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

from api_schemas.training.models import ModelSpec, Stage
from api_schemas.training.settings import TrainingSettings
from augury.training.errors import UserInputError


@dataclass(frozen=True)
class PlannedStage:
    """One stage."""

    model: ModelSpec
    """Of which those layers are trained that the stage names."""
    settings: TrainingSettings
    """With the epochs and the learning rate of the stage: a schedule runs over each stage as a whole."""
    epochs: range
    """Which of the epochs of the whole training."""


def planned_stages(model: ModelSpec, settings: TrainingSettings) -> list[PlannedStage]:
    """The stages of a training, which together have its epochs.

    Raises:
        UserInputError: there are fewer epochs than stages.
    """
    if not model.stages:
        return [PlannedStage(model, settings, range(settings.epochs))]
    plain = model.model_copy(update={"stages": None})
    return [
        PlannedStage(_of_stage(plain, stage), _settings_of(settings, stage, len(epochs)), epochs)
        for stage, epochs in zip(model.stages, epochs_of_stages(model.stages, settings.epochs), strict=True)
    ]


def epochs_of_stages(stages: list[Stage], epochs: int) -> list[range]:
    """Which epochs each stage has: in proportion to its share, rounded, and at least one.

    Raises:
        UserInputError: there are fewer epochs than stages.
    """
    if epochs < len(stages):
        raise UserInputError(f"model.stages: {len(stages)} stages need as many epochs, and there are {epochs}")
    total = sum(stage.share for stage in stages)
    ends = [0]
    for number, share in enumerate(accumulate(stage.share for stage in stages)):
        left = len(stages) - 1 - number
        ends.append(min(max(round(epochs * share / total), ends[-1] + 1), epochs - left))
    return [range(*ends_of_one) for ends_of_one in pairwise(ends)]


def _of_stage(model: ModelSpec, stage: Stage) -> ModelSpec:
    return model.model_copy(update={"trainable": stage.trainable})


def _settings_of(settings: TrainingSettings, stage: Stage, epochs: int) -> TrainingSettings:
    rate = settings.learning_rate if stage.learning_rate is None else stage.learning_rate
    return settings.model_copy(update={"epochs": epochs, "learning_rate": rate})
