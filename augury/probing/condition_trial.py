"""Judging the model of one trial under conditions: on changed validation images, and on other datasets' images."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from api_schemas.training.conditions import ConditionName, ConditionTarget
from augury.conditions.answers import ConditionAnswers
from augury.conditions.changes import changed, draws_of
from augury.conditions.value_range import ValueRange
from augury.datasets.snapshot import Snapshot
from augury.evidence.metrics.outputs import Outputs
from augury.evidence.metrics.probabilities import MIN_PROBABILITY
from augury.evidence.metrics.table import Metric
from augury.monitor import WorkMonitor
from augury.planning.conditions import MAX_IMAGES
from augury.planning.trial_definition import TrialDefinition
from augury.probing.forward import Predict
from augury.probing.sampling import shown_images
from augury.probing.used_model import images_at_once, labels_in, model_in_use
from augury.training.optimisation.inner_split import trial_split
from augury.training.streams import stream_seed

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]

STREAM = "conditions"


@dataclass(frozen=True)
class Shown:
    """Images of a snapshot that a model is shown, and their classes as the model numbers them ``[n]``."""

    images: Array
    indices: Indices
    labels: npt.NDArray[np.int64]


def judge_trial(
    definition: TrialDefinition,
    model: bytes,
    snapshot: Snapshot,
    targets: Sequence[ConditionTarget],
    others: Mapping[str, Snapshot],
    value_range: ValueRange,
    metric: Metric,
    monitor: WorkMonitor,
) -> dict[str, ConditionAnswers]:
    """What the model that a trial left behind takes the images of every condition for, by inference alone.

    Images are changed in the dataset's own range and then preprocessed as the model is used to. Which images, and how
    each is changed, depends on the trial's seed alone, so that the models of all arms see the same ones.

    Args:
        definition: of the trial.
        model: the ``.keras`` file.
        snapshot: that the trial was trained on.
        targets: the conditions.
        others: snapshots of other datasets with the same classes, by the name of their target.
        value_range: of the trial's dataset.
        metric: that decides, and may need more of the probabilities than that of the true class.
        monitor: told how many images are done, and asked between batches whether to go on.
    """
    seed = definition.seed
    split, _ = trial_split(definition, snapshot)
    predict = model_in_use(definition, model, snapshot, split, monitor)
    judge = _Judge(predict, metric, stream_seed(seed, STREAM), monitor)
    own = judge.shown(snapshot.images, snapshot.labels, split.validation)
    answers = {}
    for target in targets:
        if target.strengths:
            answers[target.name] = judge.on_changed(own, target, value_range)
        else:
            other = others[target.name]
            labels = labels_in(other, snapshot.class_names)
            answers[target.name] = judge.on_unchanged(judge.shown(other.images, labels, np.arange(len(labels))))
    return answers


class _Judge:
    """One model, and how many images it has seen."""

    def __init__(self, predict: Predict, metric: Metric, seed: int, monitor: WorkMonitor) -> None:
        self._predict, self._metric, self._seed, self._monitor = predict, metric, seed, monitor
        self._done = 0

    def shown(self, images: Array, labels: npt.NDArray[np.int64], allowed: Indices) -> Shown:
        """Those of the allowed images that are shown: all, or of many a stratified choice."""
        indices = shown_images(allowed, labels[allowed], MAX_IMAGES, self._seed)
        return Shown(images, indices, labels[indices].astype(np.int64))

    def on_changed(self, shown: Shown, target: ConditionTarget, value_range: ValueRange) -> ConditionAnswers:
        """Its answers to images changed in one way, at all strengths."""
        name, shape = cast("ConditionName", target.name), shown.images.shape[1:]

        def variants(raw: Array, indices: Indices) -> Iterator[Array]:
            draws = draws_of(name, shape, seed=self._seed, indices=indices)
            for strength in target.strengths:
                yield changed(name, strength, raw, draws, value_range)

        return self._answers(shown, len(target.strengths), variants)

    def on_unchanged(self, shown: Shown) -> ConditionAnswers:
        """Its answers to images as they are."""
        return self._answers(shown, 1, lambda raw, _: iter([raw]))

    def _answers(
        self, shown: Shown, strengths: int, variants: Callable[[Array, Indices], Iterator[Array]]
    ) -> ConditionAnswers:
        count = len(shown.indices)
        answers: list[list[Array]] = [[] for _ in range(strengths)]
        step = images_at_once(shown.images)
        for start in range(0, count, step):
            indices = shown.indices[start : start + step]
            for of_strength, images in zip(answers, variants(np.asarray(shown.images[indices]), indices), strict=True):
                self._monitor.raise_if_cancelled()
                of_strength.append(self._predict(images))
                self._done += len(indices)
                self._monitor.report_progress(done=self._done)
        probabilities = [np.concatenate(of_strength) for of_strength in answers]
        outputs = [_outputs(each, shown.labels) for each in probabilities]
        values = [kept for each in outputs if (kept := self._metric.image_values(each)) is not None]
        return ConditionAnswers(
            shown.indices.astype(np.int64),
            shown.labels,
            np.stack([each.predicted for each in outputs]),
            np.stack([_of_true(each, shown.labels) for each in probabilities]),
            np.stack(values).astype(np.float32) if len(values) == len(outputs) else None,
        )


def _outputs(probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> Outputs:
    """What metrics are taken from, of the probability of each class ``[n, classes]``."""
    of_true = _of_true(probabilities, labels)
    return Outputs(
        labels=labels,
        predicted=probabilities.argmax(axis=1),
        classes=probabilities.shape[1],
        probability=of_true,
        confidence=probabilities.max(axis=1),
        rank=(probabilities > of_true[:, np.newaxis]).sum(axis=1),
        log_probabilities=np.log(np.maximum(probabilities, MIN_PROBABILITY)),
    )


def _of_true(probabilities: npt.NDArray[np.float32], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    return probabilities[np.arange(len(labels)), labels]
