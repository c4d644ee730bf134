"""A really trained model is judged under conditions: the same images for all, and more damage by stronger changes."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from api_schemas.training.conditions import CONDITION_NAMES, ConditionTarget
from augury.conditions.answers import ConditionAnswers
from augury.conditions.value_range import ValueRange
from augury.datasets.snapshot import Snapshot
from augury.evidence.metrics.table import ACCURACY, Metric, metric_of
from augury.planning.comparison import definition_of, plan_comparison
from augury.planning.trial_definition import TrialDefinition
from augury.probing import condition_trial, used_model
from augury.probing.condition_trial import judge_trial
from augury.training.trial import Trained, train_trial
from tests.augury.conditions.images import KINDS, Kind
from tests.store.databases import comparison

pytestmark = pytest.mark.usefixtures("warm")

ALL = [ConditionTarget(name=name, strengths=[1, 2, 3, 4, 5]) for name in CONDITION_NAMES]
GREY = [each for each in ALL if each.name != "colour_cast"]


class _Monitor:
    """Notes the progress; cancels after so many questions."""

    def __init__(self, patience: int = 10**9) -> None:
        self.done: list[int] = []
        self._patience = patience

    def report_progress(self, **progress: Any) -> None:
        self.done += [progress["done"]] if "done" in progress else []

    def raise_if_cancelled(self) -> None:
        self._patience -= 1
        if self._patience < 0:
            raise InterruptedError


def _snapshot(kind: Kind, channels: int = 1, size: int = 8, count: int = 240) -> Snapshot:
    """Three classes that differ in where the image is bright."""
    labels = np.arange(count) % 3
    images = kind.images(count, size, size, channels).astype(np.float64)
    third = size // 3
    for label in range(3):
        images[labels == label, :, label * third : (label + 1) * third] += 0.45 * kind.value_range.span
    return Snapshot(kind.value_range.kept(images, np.dtype(kind.dtype)), labels.astype(np.int64), ["a", "b", "c"])


def _trained(snapshot: Snapshot, **changes: Any) -> tuple[TrialDefinition, Trained]:
    request = comparison(
        **{
            "model": {"name": "linear"}, "training": {"epochs": 12, "learning_rate": 0.05},
            "evaluation": {"seeds": 2, "conditions": "all"}, **changes,
        }
    )  # fmt: skip
    facts = snapshot.facts()
    plan = plan_comparison(request, facts)
    definition = definition_of(request, plan, plan.arms[0], 0, snapshot.digest(), facts)
    return definition, train_trial(definition, snapshot, _Monitor())


def _judged(
    snapshot: Snapshot,
    targets: list[ConditionTarget],
    monitor: _Monitor | None = None,
    metric: Metric = ACCURACY,
    **others: Snapshot,
) -> dict[str, ConditionAnswers]:
    definition, trained = _trained(snapshot)
    assert trained.model is not None
    value_range = ValueRange.of(snapshot.facts())
    return judge_trial(definition, trained.model, snapshot, targets, others, value_range, metric, monitor or _Monitor())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_image_can_be_judged_under_every_condition(kind: str) -> None:
    """8x8 images of one channel, in bytes, levels, 12 bits, unit floats and standardised ones."""
    snapshot = _snapshot(KINDS[kind])
    answers = _judged(snapshot, GREY)
    assert list(answers) == [each.name for each in GREY]
    for of_condition in answers.values():
        assert of_condition.predicted.shape == of_condition.probability.shape == (5, 48)
        np.testing.assert_array_equal(of_condition.labels, snapshot.labels[of_condition.indices])
        assert (of_condition.predicted == of_condition.labels).mean() > 1 / 3


def test_a_model_is_worse_the_stronger_the_change() -> None:
    """Over all conditions together, each strength costs accuracy that the one before it has left."""
    answers = _judged(_snapshot(KINDS["bytes"], channels=3, size=12), ALL)
    right = np.mean([each.predicted == each.labels for each in answers.values()], axis=(0, 2))
    assert list(right) == sorted(right, reverse=True)
    assert right[0] - right[4] > 0.05


@pytest.mark.parametrize(
    "training",
    [{}, {"early_stopping": {"patience": 3}}],
    ids=["all images trained on", "an inner split"],
)
def test_images_are_judged_as_training_judged_them(training: dict[str, Any]) -> None:
    """Another dataset that is the same images gives what the trial has stored of them.

    Also where preprocessing is learned from the images that were trained on, and some of those only watched.
    """
    snapshot = _snapshot(KINDS["bytes"])
    spec = {"featurewise_center": True, "featurewise_std_normalization": True}
    definition, trained = _trained(
        snapshot, training={"epochs": 6, "learning_rate": 0.05, **training}, baseline={"spec": spec}
    )
    assert trained.model is not None
    of_other = judge_trial(
        definition, trained.model, snapshot, [ConditionTarget(name="ds", strengths=[])], {"ds": snapshot},
        ValueRange.of(snapshot.facts()), ACCURACY, _Monitor(),
    )["ds"]  # fmt: skip
    with np.load(io.BytesIO(trained.predictions)) as stored:
        indices, probability = stored["indices"], stored["probability"]
    np.testing.assert_allclose(of_other.probability[0][indices], probability, atol=1e-5)


def test_classes_of_another_dataset_may_come_in_another_order() -> None:
    """They are matched by their names."""
    snapshot = _snapshot(KINDS["bytes"])
    turned = Snapshot(snapshot.images, 2 - snapshot.labels, ["c", "b", "a"])
    targets = [ConditionTarget(name=name, strengths=[]) for name in ("same", "turned")]
    answers = _judged(snapshot, targets, same=snapshot, turned=turned)
    np.testing.assert_array_equal(answers["turned"].labels, snapshot.labels)
    np.testing.assert_array_equal(answers["turned"].predicted, answers["same"].predicted)


def test_of_many_images_a_bounded_number_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every class its share."""
    monkeypatch.setattr(condition_trial, "MAX_IMAGES", 12)
    answers = _judged(_snapshot(KINDS["bytes"]), [ConditionTarget(name="dimmed", strengths=[2, 4])])
    assert answers["dimmed"].predicted.shape == (2, 12)
    assert list(np.bincount(answers["dimmed"].labels)) == [4, 4, 4]


def test_answers_do_not_depend_on_how_images_come_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded without a trace in the result."""
    snapshot = _snapshot(KINDS["bytes"])
    whole = _judged(snapshot, GREY)
    monkeypatch.setattr(used_model, "_MAX_CHUNK", 7)
    for name, of_condition in _judged(snapshot, GREY).items():
        np.testing.assert_array_equal(of_condition.predicted, whole[name].predicted)


def test_progress_is_told_and_a_cancel_is_heeded_between_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """It counts images up to all that there are, and ends where it is told to."""
    monkeypatch.setattr(used_model, "_MAX_CHUNK", 20)
    monitor = _Monitor()
    _judged(_snapshot(KINDS["bytes"]), GREY, monitor)
    assert monitor.done == sorted(monitor.done)
    assert monitor.done[-1] == 9 * 5 * 48
    hasty = _Monitor(patience=4)
    with pytest.raises(InterruptedError):
        _judged(_snapshot(KINDS["bytes"]), GREY, hasty)
    assert len(hasty.done) <= 4


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("log_loss", lambda each: -np.log(np.maximum(each.probability, 1e-7)).mean(axis=1)),
        ("top_k:2", lambda each: (each.predicted == each.labels).mean(axis=1)),
        ("roc_auc", lambda each: np.full(len(each.predicted), 0.5)),
    ],
)
def test_what_a_metric_takes_of_probabilities_is_kept(name: str, mean: Any) -> None:
    """Values of images whose mean is the metric: the loss itself, and of the others no less than they must be."""
    metric = metric_of(name, ["a", "b", "c"])
    targets = [ConditionTarget(name="dimmed", strengths=[1, 3])]
    answers = _judged(_snapshot(KINDS["bytes"]), targets, metric=metric)["dimmed"]
    assert answers.values is not None
    assert answers.values.shape == answers.predicted.shape
    least = mean(answers)
    assert (answers.values.mean(axis=1) >= least - 1e-3).all()
    if name == "log_loss":
        np.testing.assert_allclose(answers.values.mean(axis=1), least, rtol=1e-3)
