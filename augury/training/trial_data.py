"""The images of a trial, and their features in their place where a part of its model is frozen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.training.errors import UserInputError
from augury.training.evaluation import EvaluationSet
from augury.training.features import FeatureInputs, Views, is_room_for, require_room_for_views
from augury.training.inputs import AuguryInputs, Indices, Inputs
from augury.training.models import Learner
from augury.training.progress.reporting import TrialProgress
from augury.training.splits import Split
from augury.training.stages import PlannedStage


@dataclass(frozen=True)
class TrialData:
    """The images of a trial: to be trained on, and to be looked at."""

    inputs: Inputs
    examples: Callable[[Indices], EvaluationSet]
    split: Split
    inner: Indices


def _views(stage: PlannedStage, definition: TrialDefinition, data: TrialData) -> Views | None:
    """The views that a stage trains on which freezes a part; None where every epoch has its own."""
    number, inputs = definition.model.feature_views, data.inputs
    if number is None or not definition.spec.has_augmentation or stage.model.trainable in (None, "all"):
        return None
    assert isinstance(inputs, AuguryInputs), "requests for views of another engine are refused"
    return Views(number, inputs.augmented)


def _require_frozen(learner: Learner, definition: TrialDefinition) -> None:
    if learner.frozen is None:
        raise UserInputError(
            f"model.feature_views: the model has no frozen part whose features of {definition.model.feature_views} "
            "views could be kept: below the lowest layer that is trained, or in a branch beside it, something is drawn "
            "or trained in every step, or its features are too many; freeze more of it, or leave feature_views out"
        )


def on_features(
    stage: PlannedStage,
    learner: Learner,
    data: TrialData,
    definition: TrialDefinition,
    snapshot: Snapshot,
    monitor: WorkMonitor,
    progress: TrialProgress,
) -> tuple[Learner, TrialData]:
    """The top of a frozen part and its features of the images, where these are the same in every epoch.

    Keras's engine has an order of its own for every arm's images, which would not be kept.

    Raises:
        UserInputError: the views that are asked for cannot be kept.
    """
    frozen, views = learner.frozen, _views(stage, definition, data)
    if views is not None:
        _require_frozen(learner, definition)
    if frozen is None or definition.engine != "augury" or (definition.spec.has_augmentation and views is None):
        return learner, data
    images, trained = len(snapshot.labels), len(data.split.training)
    if views is not None:
        require_room_for_views(frozen.shape, images, trained, views.number)
    elif not is_room_for(frozen.shape, images):
        return learner, data
    inputs = FeatureInputs(
        data.inputs, frozen.forward, frozen.shape, snapshot.labels, data.split.training, definition.seed,
        at_once=learner.evaluation_batch, check=monitor.raise_if_cancelled, note=progress.note_features,
        views=views,
    )  # fmt: skip
    examples = partial(EvaluationSet, inputs, frozen.shape, snapshot.labels)
    return replace(frozen.top, class_weights=learner.class_weights), replace(data, inputs=inputs, examples=examples)
