"""A trial from its definition to its result: split, preprocess, train, evaluate."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from api_schemas.training.settings import TrainingSettings
from api_schemas.training.trials import TrialResult
from augury.datasets.snapshot import Snapshot
from augury.monitor import WorkMonitor
from augury.planning.trial_definition import TrialDefinition
from augury.training.evaluation import EvaluationSet, Predictions, evaluate
from augury.training.history import History, finite_or_none
from augury.training.inputs import ENGINES, Chunk, Inputs
from augury.training.loop import train
from augury.training.models import Learner, continued_learner, initialised_learner, versions
from augury.training.optimisation.averaging import WeightMean, estimate_batch_statistics, has_batch_statistics
from augury.training.optimisation.inner_split import trial_split
from augury.training.optimisation.objective import class_weights
from augury.training.optimisation.rates import Rates
from augury.training.optimisation.watching import Watch
from augury.training.progress.amount import Amount
from augury.training.progress.reporting import TrialProgress
from augury.training.splits import scored_images
from augury.training.stages import PlannedStage, planned_stages
from augury.training.streams import INITIALISATION, stream_seed
from augury.training.trial_data import TrialData, on_features


@dataclass(frozen=True)
class Trained:
    """What a trial gives: its result, its predictions as an npz file, and a ``.keras`` file where one is kept."""

    result: TrialResult
    predictions: bytes
    model: bytes | None
    scored: bytes | None = None
    """Predictions on the definition's ``scored_on``, as a file like the other."""


def train_trial(
    definition: TrialDefinition,
    snapshot: Snapshot,
    monitor: WorkMonitor,
    model_file: Path | None = None,
    initialised: Callable[..., Learner] = initialised_learner,
) -> Trained:
    """Carry out one trial that is defined so.

    The same definition gives the same result on the same machine. Validation images get the preprocessing half
    of the spec and never the augmentation; the validation accuracy is that of the final weights, and no weights are
    chosen by it. The model is kept where nothing was augmented, to measure augmentations with, and where the
    definition has ``keep_model``. A registered model is read from *model_file*, its stored form. The model that is
    trained is *initialised* as ``initialised_learner`` does it.

    Raises:
        UserInputError: the dataset cannot be split as asked, or model and dataset do not fit each other.
        ModelTooLargeError: training the model takes more memory than there is.
    """
    began = time.perf_counter()
    seed, settings, spec = definition.seed, definition.training, definition.spec
    shape, classes = snapshot.images.shape[1:], len(snapshot.class_names)
    split, inner = trial_split(definition, snapshot)
    scored_on = scored_images(snapshot, definition.scored_on)
    watched, last = len(split.validation) + len(inner), len(split.training) + len(scored_on)
    views = min(definition.model.feature_views or 0, settings.epochs) if spec.has_augmentation else 0
    amount = Amount(settings.epochs, len(split.training), watched, last, settings.batch_size, views)
    progress = TrialProgress(monitor, amount)
    weights = class_weights(settings, snapshot.labels[split.training], snapshot.class_names)
    stages = planned_stages(definition.model, settings)
    first_seed = stream_seed(seed, INITIALISATION)
    learner = initialised(stages[0].model, shape, classes, stages[0].settings, first_seed, file=model_file)
    learner = replace(learner, class_weights=weights)
    arrays, check = (snapshot.images, snapshot.labels), monitor.raise_if_cancelled
    inputs = ENGINES[definition.engine](spec, *arrays, split.training, seed, check, learner.image_type)
    data = TrialData(inputs, partial(EvaluationSet, inputs, shape, snapshot.labels), split, inner)

    history = History()
    for number, stage in enumerate(stages):
        if number:
            learner = continued_learner(learner, stage.model, shape, stage.settings, model_file)
        learner, own = on_features(stage, learner, data, definition, snapshot, monitor, progress)
        progress.begin_stage(learner.forward_share, is_last=stage is stages[-1])
        predictions, watch = _train_stage(learner, stage, settings, own, history, monitor, progress)
        if history.diverged:
            break
    on_training = evaluate(learner.stepper, own.examples(split.training), learner.evaluation_batch, monitor)
    scored = _scored(learner, own.examples(scored_on), monitor) if len(scored_on) else None
    is_kept = not spec.has_augmentation or definition.keep_model
    model = learner.saved(settings.learning_rate) if is_kept else None
    improves = history.is_still_improving(since=stage.epochs.start)
    result = _result(history, predictions, on_training, classes, improves, time.perf_counter() - began)
    if watch is not None:
        result = result.model_copy(update=_of_inner_split(history, watch, settings, len(inner), improves))
    return Trained(result, predictions.to_npz(), model, scored)


def _scored(learner: Learner, images: EvaluationSet, monitor: WorkMonitor) -> bytes:
    """What the final weights make of images that neither training nor judging has seen."""
    return evaluate(learner.stepper, images, learner.evaluation_batch, monitor).to_npz()


def _train_stage(
    learner: Learner,
    stage: PlannedStage,
    settings: TrainingSettings,
    data: TrialData,
    history: History,
    monitor: WorkMonitor,
    progress: TrialProgress,
) -> tuple[Predictions, Watch | None]:
    """One stage, which goes on with the *history*; what its final weights make of the validation images.

    *settings* are those of the whole training.
    """
    own, validation = stage.settings, data.examples(data.split.validation)
    watch = _watch(own)
    mean = WeightMean(own.average_last, own.epochs) if own.average_last else None
    predictions = train(
        learner,
        training_chunks(data.inputs, settings, stage.epochs),
        batch_size=own.batch_size,
        rates=Rates(own, math.ceil(len(data.split.training) / own.batch_size)),
        validation=validation,
        monitor=monitor,
        progress=progress,
        inner=(data.examples(data.inner), watch) if watch else None,
        mean=mean,
        history=history,
    )
    if _take_final_weights(learner, settings, data.inputs, watch, mean, stage.epochs.stop, monitor):
        predictions = evaluate(learner.stepper, validation, learner.evaluation_batch, monitor)
    return predictions, watch


def _watch(settings: TrainingSettings) -> Watch | None:
    if not settings.watches:
        return None
    return Watch(settings.early_stopping.patience if settings.early_stopping else None)


def training_chunks(inputs: Inputs, settings: TrainingSettings, epochs: range | None = None) -> Iterator[Chunk]:
    """All epochs, or those of a stage; the last share of all of them without augmentation where that is asked for."""
    mine = range(settings.epochs) if epochs is None else epochs
    last = math.ceil(round(settings.augment_until * settings.epochs, 9))  # 0.7 * 10 is 7.000000000000001
    turn = min(max(last, mine.start), mine.stop)
    augmented = inputs.chunks(settings.batch_size, range(mine.start, turn))
    return chain(augmented, inputs.chunks(settings.batch_size, range(turn, mine.stop), is_augmented=False))


def _take_final_weights(
    learner: Learner,
    settings: TrainingSettings,
    inputs: Inputs,
    watch: Watch | None,
    mean: WeightMean | None,
    end: int,
    monitor: WorkMonitor,
) -> bool:
    """Those of the best epoch, or the mean of the last, as was asked; whether they are others than the last."""
    if watch is not None and watch.restore(learner.model):
        return True
    if mean is None or not mean.put_into(learner.model):
        return False
    if has_batch_statistics(learner.model):
        once_more = range(end, end + 1)  # as in the last epoch, with draws of its own
        chunks = inputs.chunks(settings.batch_size, once_more, is_augmented=settings.augment_until == 1)
        estimate_batch_statistics(learner.model, chunks, settings.batch_size, monitor)
    return True


def _of_inner_split(
    history: History, watch: Watch, settings: TrainingSettings, inner_images: int, improves: bool
) -> dict[str, object]:
    """What a result says where an inner split was watched."""
    stopped_early = watch.is_over and len(history.training_loss) < settings.epochs
    earlier = len(history.training_loss) - watch.epochs  # of stages before the one that was watched
    return {
        "best_epoch": None if watch.best_epoch is None else earlier + watch.best_epoch,
        "stopped_early": stopped_early,
        "inner_images": inner_images,
        "still_improving": improves and not stopped_early,
    }


def _result(
    history: History, predictions: Predictions, on_training: Predictions, classes: int, improves: bool, seconds: float
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
        still_improving=improves,
        images_per_second=history.images_per_second,
        versions=versions(),
    )
