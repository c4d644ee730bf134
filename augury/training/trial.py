"""A trial from its definition to its result: split, preprocess, train, evaluate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from api_schemas.training.trials import TrialResult
from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.training.evaluation import EvaluationSet, Predictions, evaluate
from augury.training.history import History, finite_or_none, is_still_falling
from augury.training.inputs import ENGINES, Indices
from augury.training.loop import train
from augury.training.models import initialised_learner
from augury.training.splits import draw_split
from augury.training.streams import INITIALISATION, stream_seed


@dataclass(frozen=True)
class Trained:
    """What a trial gives: its result, its predictions as an npz file, and a ``.keras`` file where one is kept."""

    result: TrialResult
    predictions: bytes
    model: bytes | None


def train_trial(
    definition: TrialDefinition, snapshot: Snapshot, monitor: WorkMonitor, model_file: Path | None = None
) -> Trained:
    """Carry out one trial that is defined so.

    The same definition gives the same result on the same machine. Validation images get the preprocessing half
    of the spec and never the augmentation; the validation accuracy is that of the last epoch, not of the best. The
    model is kept where nothing was augmented, to measure augmentations with, and where the definition has
    ``keep_model``. A registered model is read from *model_file*, its stored form.

    Raises:
        UserInputError: the dataset cannot be split as asked, or model and dataset do not fit each other.
        ModelTooLargeError: training the model takes more memory than there is.
    """
    began = time.perf_counter()
    seed, settings, spec = definition.seed, definition.training, definition.spec
    shape = snapshot.images.shape[1:]
    split = draw_split(snapshot, definition.split, seed)
    engine = ENGINES[definition.engine]
    inputs = engine(spec, snapshot.images, snapshot.labels, split.training, seed, monitor.raise_if_cancelled)
    learner = initialised_learner(
        definition.model, shape, len(snapshot.class_names), settings, stream_seed(seed, INITIALISATION), model_file
    )

    def examples(indices: Indices) -> EvaluationSet:
        return EvaluationSet(inputs, shape, snapshot.labels, indices)

    history, predictions = train(
        learner,
        inputs.chunks(settings.batch_size, settings.epochs),
        batch_size=settings.batch_size,
        validation=examples(split.validation),
        monitor=monitor,
    )
    on_training = evaluate(learner.stepper, examples(split.training), learner.evaluation_batch, monitor)
    is_kept = not spec.has_augmentation or definition.keep_model
    model = learner.saved() if is_kept else None
    result = _result(history, predictions, on_training, len(snapshot.class_names), time.perf_counter() - began)
    return Trained(result, predictions.to_npz(), model)


def _result(
    history: History, predictions: Predictions, on_training: Predictions, classes: int, seconds: float
) -> TrialResult:
    return TrialResult(
        validation_accuracy=predictions.accuracy,
        clean_training_accuracy=on_training.accuracy,
        diverged=history.diverged,
        epochs=len(history.training_loss),
        training_images=len(on_training.labels),
        validation_images=len(predictions.labels),
        seconds=seconds,
        augmentation_seconds=history.augmentation_seconds,
        curves=history.curves(),
        final_training_loss=finite_or_none(history.training_loss[-1]),
        per_class_accuracy=predictions.class_accuracies(classes),
        still_improving=is_still_falling(history.validation_loss),
        images_per_second=history.images_per_second,
    )
