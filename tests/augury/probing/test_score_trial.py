"""A really trained model scores another dataset as it judged its own images."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from augury.datasets.snapshot import Snapshot
from augury.planning.comparison import definition_of, plan_comparison
from augury.planning.trial_definition import TrialDefinition
from augury.probing import used_model
from augury.probing.score_trial import score_trial
from augury.training.trial import Trained, train_trial
from tests.store.databases import comparison

pytestmark = pytest.mark.usefixtures("warm")

CENTRED = {"featurewise_center": True, "featurewise_std_normalization": True, "rotation_range": 5}


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


@pytest.fixture(scope="module")
def own() -> Snapshot:
    """Noise in three classes that differ in where it is bright."""
    labels = np.arange(120) % 3
    images = np.random.default_rng(1).integers(0, 120, (120, 9, 9, 1))
    for label in range(3):
        images[labels == label, :, 3 * label : 3 * label + 3] += 100
    return Snapshot(images.astype(np.uint8), labels.astype(np.int64), ["a", "b", "c"])


@pytest.fixture(scope="module")
def trained(own: Snapshot) -> tuple[TrialDefinition, Trained]:
    """A candidate whose preprocessing is learned from the images that it trains on."""
    request = comparison(
        {"centred": CENTRED},
        model={"name": "linear"},
        training={"epochs": 6, "learning_rate": 0.05},
        evaluation={"seeds": 2, "test": {"dataset": "ds_" + 32 * "0"}},
    )
    plan = plan_comparison(request, own.facts())
    arm = next(each for each in plan.arms if each.name == "centred")
    definition = definition_of(request, plan, arm, 0, own.digest(), own.facts())
    return definition, train_trial(definition, own, _Monitor())


def _scored(trained: tuple[TrialDefinition, Trained], own: Snapshot, other: Snapshot, monitor: Any = None) -> Any:
    definition, result = trained
    assert result.model is not None, "it is kept to be scored"
    return score_trial(definition, result.model, own, other, monitor or _Monitor())


def test_its_own_images_are_taken_for_what_the_trial_took_them_for(
    own: Snapshot, trained: tuple[TrialDefinition, Trained]
) -> None:
    """With the preprocessing that was learned in training, and the probabilities of every class."""
    stored = np.load(io.BytesIO(trained[1].predictions))
    scored = _scored(trained, own, own)
    assert len(scored.labels) == 120
    np.testing.assert_array_equal(scored.predicted[stored["indices"]], stored["predicted"])
    np.testing.assert_allclose(scored.probability[stored["indices"]], stored["probability"], rtol=1e-4)


def test_classes_may_come_in_another_order(own: Snapshot, trained: tuple[TrialDefinition, Trained]) -> None:
    """Labels are those of the model then, so the score is the same."""
    turned = replace(own, labels=2 - own.labels, class_names=["c", "b", "a"])
    np.testing.assert_array_equal(_scored(trained, own, turned).labels, own.labels)
    assert _scored(trained, own, turned).accuracy == _scored(trained, own, own).accuracy > 0.6


def test_progress_is_told_and_a_cancel_is_heeded_between_batches(
    own: Snapshot, trained: tuple[TrialDefinition, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts images up to all that there are, whichever way they come."""
    whole = _scored(trained, own, own)
    monkeypatch.setattr(used_model, "_MAX_CHUNK", 50)
    monitor = _Monitor()
    np.testing.assert_array_equal(_scored(trained, own, own, monitor).predicted, whole.predicted)
    assert monitor.done == [50, 100, 120]
    with pytest.raises(InterruptedError):
        _scored(trained, own, own, _Monitor(patience=2))
