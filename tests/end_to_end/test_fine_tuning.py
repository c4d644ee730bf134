"""A registered model that is fine-tuned by real processes, one of which is killed in the middle of it."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import pytest

from tests.augury.training.model_files.makers import archive, config_of, hdf5, layer_of
from tests.end_to_end.stack import JOB_PATIENCE_SECONDS, Stack
from tests.servers import wait_for

pytestmark = pytest.mark.timeout(400)

_FIRST, _SECOND = 20, 120
"""Epochs of the two stages: the second is long enough to be killed in, whenever it is seen to have been begun."""


def _backbone() -> bytes:
    """A small convolutional network for two classes, as Keras would save it."""
    image = layer_of("InputLayer", batch_shape=[None, 8, 8, 1], dtype="float32", name="input")
    convolution = layer_of("Conv2D", name="conv2d", filters=16, kernel_size=[3, 3], padding="same", activation="relu")
    classifier = layer_of("Dense", name="dense", units=2, activation="softmax")
    config = config_of(image, convolution, layer_of("Flatten", name="flatten"), classifier)
    random = np.random.default_rng(0)

    def write(file: h5py.File) -> None:
        for name, shape in (("conv2d", (3, 3, 1, 16)), ("dense", (1024, 2))):
            variables = file.create_group(f"layers/{name}/vars")
            variables["0"] = random.normal(0, 0.1, shape).astype(np.float32)
            variables["1"] = np.zeros(shape[-1], np.float32)

    return archive(config, hdf5(write))


def _registered(stack: Stack) -> str:
    """The id of the model, once it was read."""
    answer = stack.http.post("/v1/models", files={"file": ("backbone.keras", _backbone())})
    assert answer.status_code in (200, 202), answer.text
    model_id: str = answer.json()["id"]

    def model() -> dict[str, Any]:
        return dict(stack.http.get(f"/v1/models/{model_id}").json())

    wait_for(lambda: model()["is_terminal"], "the model to be read", JOB_PATIENCE_SECONDS)
    assert model()["state"] == "ready", model()["error"]
    return model_id


def _training(model_id: str, **spec: Any) -> dict[str, Any]:
    stages = [
        {"trainable": "head", "share": _FIRST},
        {"trainable": "all", "share": _SECOND, "learning_rate": 1e-4},
    ]
    return {
        "kind": "training",
        "dataset": {"kind": "builtin", "name": "digits"},
        "spec": {"horizontal_flip": True, "rescale": 1 / 255, **spec},
        "model": {"id": model_id, "head": {}, "stages": stages},
        "training": {"epochs": _FIRST + _SECOND},
        "evaluation": {"seeds": 2, "first_seed": 7, "training_images": 100},
    }


def test_a_trial_whose_process_is_killed_between_stages_is_trained_again_once_with_the_same_result(
    stack: Stack,
) -> None:
    """It begins with the first stage again, and ends as one that nobody disturbed.

    That one differs in what an empty place is filled with, of which a flip leaves none.
    """
    model_id = _registered(stack)
    killed, undisturbed = (
        stack.submit(_training(model_id, **spec))["id"] for spec in ({}, {"fill_mode": "constant", "cval": 9.0})
    )
    victim = stack.wait_until_training(killed, lambda trial: trial["epoch"] >= _FIRST)
    stack.kill_owner_of(victim["id"])

    assert [stack.finished(job)["state"] for job in (killed, undisturbed)] == ["succeeded", "succeeded"]
    again, other = (
        next(trial for trial in stack.trials(job) if trial["seed"] == victim["seed"]) for job in (killed, undisturbed)
    )
    assert (again["id"], again["attempts"]) == (victim["id"], 2)
    assert (other["key"] != again["key"], other["attempts"]) == (True, 1)
    assert again["result"]["epochs"] == _FIRST + _SECOND
    assert again["result"]["curves"] == other["result"]["curves"]
    assert again["result"]["per_class_accuracy"] == other["result"]["per_class_accuracy"]
