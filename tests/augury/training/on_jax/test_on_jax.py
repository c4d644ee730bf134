"""Training on JAX: the steps of TensorFlow's, and stacked trials with the numbers that each has alone.

Largest differences are those that this version gives on one machine, times ten or more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from augury.training.steppers import TensorFlowStepper, Totals
from tests.augury.jax_beside import require_jax, run_on_jax
from tests.augury.training.on_jax import models


def _of_tensorflow(kind: str, folder: Path) -> list[Totals]:
    """Store the weights before and after; the totals after the first step, and after all."""
    model = models.model(kind)
    before = {f"before{number}": keras.ops.convert_to_numpy(each) for number, each in enumerate(model.weights)}
    stepper = TensorFlowStepper(model, models.OBJECTIVES[kind])
    images, labels, steps = models.data()
    first, rest = models.first_and_rest(steps)
    after_first = stepper.train(images[: models.BATCH], labels[: models.BATCH], first)
    after_all = stepper.train(images[models.BATCH :], labels[models.BATCH :], rest, after_first)
    after = {f"after{number}": keras.ops.convert_to_numpy(each) for number, each in enumerate(model.weights)}
    np.savez(folder / f"{kind}.npz", **before, **after, probabilities=stepper.probabilities(images))
    return [after_first, after_all]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What TensorFlow gives here, and what JAX gives in a process of its own."""
    require_jax()
    folder = tmp_path_factory.mktemp("weights")
    expected = {kind: _of_tensorflow(kind, folder) for kind in models.OBJECTIVES}
    found: dict[str, Any] = json.loads(run_on_jax("-m", "tests.augury.training.on_jax.program", str(folder)))
    return found | {"expected": expected}


@pytest.mark.parametrize("kind", models.OBJECTIVES)
def test_the_first_step_has_tensorflow_s_loss(kind: str, measured: dict[str, Any]) -> None:
    """From the same weights, on the same batch."""
    loss, right = measured["steps"][kind]["totals"][0]
    expected = measured["expected"][kind][0]
    assert loss / models.BATCH == pytest.approx(expected.loss / models.BATCH, abs=1e-5)
    assert right == expected.right


@pytest.mark.parametrize("kind", models.OBJECTIVES)
def test_an_epoch_leaves_tensorflow_s_weights(kind: str, measured: dict[str, Any]) -> None:
    """With a small last batch, rates that change, batch statistics, a regulariser, weight decay and class weights."""
    found, expected = measured["steps"][kind], measured["expected"][kind][1]
    assert found["totals"][1] == pytest.approx(list(expected), abs=1e-3)
    assert found["weights"] < 1e-4
    assert found["probabilities"] < 1e-4


@pytest.mark.parametrize("kind", models.OBJECTIVES)
def test_scanned_steps_are_the_single_ones(kind: str, measured: dict[str, Any]) -> None:
    """What an accelerator computes as one function, and processors in turn."""
    assert measured["steps"][kind]["scanned"] < 1e-5


def test_products_of_matrices_are_the_convolutions(measured: dict[str, Any]) -> None:
    """For kernels, strides and paddings of all kinds, odd sizes among them."""
    assert len(measured["products"]) == 7
    assert max(measured["products"].values()) < 1e-5, measured["products"]


def test_two_calls_are_as_one(measured: dict[str, Any]) -> None:
    """To the last bit, with what dropout draws."""
    assert measured["dropping"] == 0


def test_each_trial_of_a_stack_is_itself_alone(measured: dict[str, Any]) -> None:
    """Seeds of two arms, three at once: curves, epochs and accuracies; and models of the arm that does not augment."""
    found = measured["stacked"]
    assert len(found) == 6
    for each in found:
        assert each["curves"] < 1e-5
        assert each["epochs"] == [3, 3]
        assert each["accuracies"][0] == pytest.approx(each["accuracies"][1], abs=0.01)
    assert [each["has_model"] for each in found] == [False] * 3 + [True] * 3


def test_a_trial_that_ends_leaves_the_others_as_they_are(measured: dict[str, Any]) -> None:
    """By early stopping, each when it would alone; and one that is cancelled."""
    found = measured["ends"]
    assert found["raised"] == ["_CancelledError"]
    assert len({each["epochs"][0] for each in found["compared"]}) == 2
    for each in found["compared"]:
        assert each["epochs"][0] == each["epochs"][1]
        assert each["curves"] < 1e-5


def test_what_cannot_be_stacked_is_refused(measured: dict[str, Any]) -> None:
    """With the reason."""
    differing, many, registered = measured["refusals"]
    assert "seeds and specs alone" in differing
    assert "trials_per_step is 33" in many
    assert "registered model" in registered


def test_processors_train_one_trial_at_a_time(measured: dict[str, Any]) -> None:
    """Unless they are told otherwise: a stack gains nothing there."""
    assert measured["trials per step"] == 1


def test_a_worker_on_jax_is_told_why_it_ends(measured: dict[str, Any]) -> None:
    """Its results would be taken for TensorFlow's."""
    assert "backend 'jax'" in measured["worker"]
    assert "KERAS_BACKEND" in measured["worker"]


def test_a_trial_is_the_same_in_every_company(measured: dict[str, Any]) -> None:
    """To the last bit: beside others, in another row, or alone in a stack of as many rows."""
    assert len(measured["company"]) == 2
    assert [each["curves"] for each in measured["company"]] == [0, 0]


def test_who_does_not_come_is_not_waited_for(measured: dict[str, Any]) -> None:
    """One that leaves, and one that is cancelled while it waits for the others."""
    assert measured["who does not come"] == {"waited": True, "said": ["2", "_CancelledError"]}
