"""A trial from its definition to its result: split, preprocess, train, evaluate."""

from __future__ import annotations

import math
import time
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.trials import TrialResult
from store.snapshots import Snapshot
from workers.training.inputs import ENGINES, Indices
from workers.training.loop import EvaluationSet, evaluate, train
from workers.training.models import initialised_model
from workers.training.splits import draw_split
from workers.training.streams import INITIALISATION, stream_seed
from workers.watcher import Watcher


def train_trial(definition: dict[str, Any], snapshot: Snapshot, watcher: Watcher) -> TrialResult:
    """Carry out one trial (see ``store.plans.trial_definition``).

    The same definition gives the same result on the same machine. Validation images get the preprocessing half
    of the spec and never the augmentation; the validation accuracy is that of the last epoch, not of the best.

    Raises:
        UserInputError: the dataset cannot be split as asked.
    """
    began = time.perf_counter()
    seed, settings = definition["seed"], definition["training"]
    spec = ImageDataGeneratorSpec.model_validate(definition["spec"])
    split = draw_split(snapshot.labels, definition["split"], seed)
    inputs = ENGINES[definition["engine"]](spec, snapshot.images, snapshot.labels, split.training, seed)

    def evaluation_set(indices: Indices) -> EvaluationSet:
        return EvaluationSet(inputs.preprocessed(indices), snapshot.labels[indices])

    model = initialised_model(
        definition["model"]["name"],
        snapshot.images.shape[1:],
        len(snapshot.class_names),
        settings["optimizer"],
        settings["learning_rate"],
        stream_seed(seed, INITIALISATION),
    )
    batch_size = settings["batch_size"]
    history = train(
        model,
        inputs.batches(batch_size),
        epochs=settings["epochs"],
        steps_per_epoch=math.ceil(len(split.training) / batch_size),
        validation=evaluation_set(split.validation),
        watcher=watcher,
    )
    _, clean_training_accuracy = evaluate(model, evaluation_set(split.training), watcher)
    return TrialResult(
        validation_accuracy=history.validation_accuracy[-1],
        clean_training_accuracy=clean_training_accuracy,
        diverged=history.diverged,
        epochs=len(history.training_loss),
        training_images=len(split.training),
        validation_images=len(split.validation),
        seconds=time.perf_counter() - began,
        augmentation_seconds=history.augmentation_seconds,
        curves=history.curves(),
    )
