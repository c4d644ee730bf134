"""``python -m tests.augury.training.on_jax.program FOLDER``, with Keras on JAX: what the tests look at, as JSON.

One process for all, as loading JAX and compiling take longer than what is computed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.training.backends import MAX_TRIALS_PER_STEP
from api_schemas.training.models import ModelSpec
from augury.training.warmup import BackendError, require_backend, warm_up

warm_up(threads=1)

import keras  # noqa: E402  # after the backend was set up

from augury.training.errors import UserInputError  # noqa: E402
from augury.training.on_jax.products import convolve_by_products  # noqa: E402
from augury.training.on_jax.stepper import JaxStepper  # noqa: E402
from augury.training.steppers import Steps  # noqa: E402
from augury.training.together.group import Group  # noqa: E402
from augury.training.together.room import default_trials_per_step  # noqa: E402
from augury.training.together.trials import train_together  # noqa: E402
from augury.training.trial import Trained, train_trial  # noqa: E402
from tests.augury.datasets.digits import digits_snapshot  # noqa: E402
from tests.augury.training.conftest import Nobody, definition  # noqa: E402
from tests.augury.training.on_jax import models  # noqa: E402

SEEDS = range(3)
KERNELS: tuple[tuple[Any, Any, Any, int], ...] = (
    (3, 1, "same", 1),
    (3, 2, "same", 1),
    (1, 2, "same", 1),
    ((4, 2), 1, "same", 1),
    (3, 2, "valid", 1),
    (5, (3, 1), "valid", 1),
    (3, 1, "same", 2),
)
"""Size, strides, padding and groups."""
SPECS: tuple[dict[str, Any], ...] = ({"rescale": 1 / 255, "rotation_range": 10}, {"rescale": 1 / 255})


class _CancelledError(Exception):
    """What a monitor raises that wants no more."""


class _Impatient(Nobody):
    """Ends a trial after its first epoch."""

    def raise_if_cancelled(self) -> None:
        """Once there was one."""
        if self.epochs:
            raise _CancelledError


def _network() -> dict[str, Any]:
    """With a convolution and batch normalisation, by configuration."""
    layers = keras.layers
    inner = [layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.Flatten()]
    network = keras.Sequential([keras.Input((8, 8, 1)), *inner, layers.Dense(10, activation="softmax")])
    config: dict[str, Any] = keras.saving.serialize_keras_object(network)
    return config


def _difference(ones: Sequence[Any], others: Sequence[Any]) -> float:
    """The largest."""
    pairs = zip(ones, others, strict=True)
    return max(
        float(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)).max(initial=0))
        for one, other in pairs
    )


def _values(model: keras.Model) -> list[npt.NDArray[Any]]:
    return [keras.ops.convert_to_numpy(each) for each in [*model.variables, *model.optimizer.variables]]


def _begun(kind: str, folder: Path, *, is_scanned: bool) -> tuple[keras.Model, JaxStepper]:
    """With the weights that TensorFlow began with."""
    model = models.model(kind)
    with np.load(folder / f"{kind}.npz") as stored:
        for number, variable in enumerate(model.weights):
            variable.assign(stored[f"before{number}"])
    return model, JaxStepper(model, models.OBJECTIVES[kind], is_scanned=is_scanned)


def steps_beside_tensorflow(kind: str, folder: Path) -> dict[str, Any]:
    """What the first and all come to, how far weights and outputs are from TensorFlow's, and a scan's from ours."""
    model, stepper = _begun(kind, folder, is_scanned=False)
    images, labels, steps = models.data()
    first, rest = models.first_and_rest(steps)
    after_first = stepper.train(images[: models.BATCH], labels[: models.BATCH], first)
    after_all = stepper.train(images[models.BATCH :], labels[models.BATCH :], rest, after_first)
    scanned, of_scan = _begun(kind, folder, is_scanned=True)
    scanned_totals = of_scan.train(images, labels, steps)
    with np.load(folder / f"{kind}.npz") as stored:
        weights = [stored[f"after{number}"] for number in range(len(model.weights))]
        probabilities = stored["probabilities"]
    return {
        "totals": [after_first, after_all],
        "weights": _difference(weights, [keras.ops.convert_to_numpy(each) for each in model.weights]),
        "probabilities": _difference([probabilities], [stepper.probabilities(images)]),
        "scanned": max(_difference(_values(model), _values(scanned)), _difference(after_all, scanned_totals)),
    }


def one_call_beside_two() -> float:
    """With dropout: how far the weights are apart."""
    images, labels, steps = models.data()
    at_once, in_parts = models.model("dropping"), models.model("dropping")
    JaxStepper(at_once).train(images, labels, steps)
    stepper, cut = JaxStepper(in_parts), 2 * models.BATCH
    stepper.train(images[:cut], labels[:cut], Steps(models.BATCH, steps.rates[:2], steps.class_weights))
    stepper.train(images[cut:], labels[cut:], Steps(models.BATCH, steps.rates[2:], steps.class_weights))
    return _difference(_values(at_once), _values(in_parts))


def _compared(alone: Trained, together: Trained) -> dict[str, Any]:
    ones, others = alone.result, together.result
    curves = [getattr(ones.curves, name) for name in type(ones.curves).model_fields]
    return {
        "curves": _difference(curves, [getattr(others.curves, name) for name in type(ones.curves).model_fields]),
        "epochs": [ones.epochs, others.epochs],
        "accuracies": [ones.validation_accuracy, others.validation_accuracy],
        "has_model": together.model is not None,
    }


def stacked_beside_alone() -> list[dict[str, Any]]:
    """Every seed of two arms, three at a time, each beside itself alone."""
    network = _network()
    definitions = [definition(spec, seed, network, epochs=3) for spec in SPECS for seed in SEEDS]
    snapshot = digits_snapshot()
    together = train_together(definitions, snapshot, [Nobody() for _ in definitions], trials_per_step=3)
    alone = [train_trial(each, snapshot, Nobody()) for each in definitions]
    return [_compared(one, each) for one, each in zip(alone, together, strict=True) if isinstance(each, Trained)]


def products_beside_convolutions() -> dict[str, float]:
    """How far they are apart, forward, by kernel, stride and padding; one of the layers has groups and stays itself."""
    found, generator = {}, np.random.default_rng(0)
    for kernel, strides, padding, groups in KERNELS:
        layer = keras.layers.Conv2D(6, kernel, strides, padding=padding, groups=groups)
        model = keras.Sequential([keras.Input((9, 8, 2)), layer])
        images = generator.random((3, 9, 8, 2), dtype=np.float32)
        own = np.asarray(model(images))
        convolve_by_products(model)
        found[f"{kernel} {strides} {padding} {groups}"] = _difference([own], [np.asarray(model(images))])
    return found


def ends_of_their_own() -> dict[str, Any]:
    """Linear trials of which some end early, and one is cancelled, beside the others alone."""
    options = {"epochs": 12, "learning_rate": 0.2, "early_stopping": {"patience": 1}, "schedule": "constant"}
    definitions = [definition(SPECS[1], seed, "linear", **options) for seed in SEEDS]
    snapshot = digits_snapshot()
    monitors = [Nobody(), _Impatient(), Nobody()]
    together = train_together(definitions, snapshot, monitors, trials_per_step=3)
    alone = [train_trial(each, snapshot, Nobody()) for each in definitions]
    left = [(alone[number], each) for number, each in enumerate(together) if isinstance(each, Trained)]
    return {
        "compared": [_compared(*pair) for pair in left],
        "raised": [type(each).__name__ for each in together if not isinstance(each, Trained)],
    }


def company() -> list[dict[str, Any]]:
    """The first of two, three and one at a time in a stack of three rows: it is the same in each company."""
    network, snapshot = _network(), digits_snapshot()
    definitions = [definition(SPECS[0], seed, network, epochs=2) for seed in range(5)]
    of_three, of_five = (
        train_together(some, snapshot, [Nobody() for _ in some], trials_per_step=3)
        for some in (definitions[:3], definitions[:3][::-1] + definitions[3:])
    )
    found = {"of three": of_three[0], "of five": of_five[2]}
    group = Group(3, [1])
    with group.taking_part(1):
        found["alone"] = group.train(1, definitions[0], snapshot, Nobody())
    first = found.pop("of three")
    assert isinstance(first, Trained)
    return [_compared(first, each) for each in found.values() if isinstance(each, Trained)]


def who_does_not_come() -> dict[str, Any]:
    """Of three that are waited for one leaves, and one is cancelled while it waits; the last is trained."""
    one, snapshot, group = definition(SPECS[1], 0, "linear", epochs=2), digits_snapshot(), Group(3, range(3))

    def attempt(row: int, monitor: Nobody) -> str:
        with group.taking_part(row):
            try:
                return str(group.train(row, one, snapshot, monitor).result.epochs)
            except _CancelledError as error:
                return type(error).__name__

    cancelled = _Impatient()
    cancelled.epochs.append(0)
    with ThreadPoolExecutor(2) as pool:
        said = [pool.submit(attempt, 0, Nobody()), pool.submit(attempt, 1, cancelled)]
        with group.taking_part(2):
            is_waiting = not said[0].done()
        return {"waited": is_waiting, "said": [each.result() for each in said]}


def refusals() -> list[str]:
    """What is said of trials that differ in more, of too many at once, and of a registered model."""
    one, longer = definition(SPECS[1], 0, "linear"), definition(SPECS[1], 0, "linear", epochs=3)
    registered = one.model_copy(update={"model": ModelSpec(digest="0" * 64)})
    said = []
    for definitions, size in (([one, longer], 2), ([one, one], MAX_TRIALS_PER_STEP + 1), ([registered] * 2, 2)):
        try:
            train_together(definitions, digits_snapshot(), [Nobody(), Nobody()], size)
        except UserInputError as error:
            said.append(str(error))
    return said


def what_a_worker_says() -> str | None:
    """That finds itself on JAX."""
    try:
        require_backend("tensorflow")
    except BackendError as error:
        return str(error)
    return None


def main() -> None:
    """All of it, on one line."""
    folder = Path(sys.argv[1])
    found = {
        "steps": {kind: steps_beside_tensorflow(kind, folder) for kind in models.OBJECTIVES},
        "products": products_beside_convolutions(),
        "dropping": one_call_beside_two(),
        "stacked": stacked_beside_alone(),
        "ends": ends_of_their_own(),
        "company": company(),
        "who does not come": who_does_not_come(),
        "refusals": refusals(),
        "worker": what_a_worker_says(),
        "trials per step": default_trials_per_step(models.model("plain"), models.BATCH),
    }
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
