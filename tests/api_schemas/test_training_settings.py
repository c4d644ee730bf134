"""How a training may be asked for, and which wishes contradict each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from api_schemas.jobs import JobRequest
from api_schemas.training.losses import Focal
from api_schemas.training.schedules import CosineRate, PlateauRate
from api_schemas.training.settings import PLAIN, TrainingSettings, as_accepted
from tests.api_schemas.trainings import training_settings


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"momentum": 0.9}, "momentum is an option of sgd and rmsprop"),
        ({"nesterov": True, "optimizer": "sgd"}, "a momentum above 0"),
        ({"nesterov": True, "optimizer": "rmsprop", "momentum": 0.9}, "optimizer 'sgd'"),
        ({"weight_decay": 0.1}, "is called adamw"),
        ({"weight_decay": 0, "optimizer": "adamw"}, "weight_decay of 0 is adam"),
        ({"loss": "focal", "label_smoothing": 0.1}, "choose one"),
        ({"schedule": {"name": "cosine", "warmup_epochs": 30}}, "fewer than the epochs"),
        ({"schedule": {"name": "step", "every": 30}}, "would never change"),
        ({"average_last": 0.2, "early_stopping": {}}, "choose one"),
        ({"inner_fraction": 0.2}, "neither is asked for"),
        ({"schedule": "cosin"}, "expected 'constant', 'cosine'"),
        ({"schedule": "step"}, "which needs every"),
        ({"schedule": {"warmup_epochs": 1}}, "expected 'constant', 'cosine'"),
        ({"loss": {"name": "hinge"}}, "'focal'"),
        ({"class_weight": {}}, "at least 1 item"),
        ({"class_weight": {"a": 0}}, "greater than 0"),
        ({"schedule": {"name": "cosine", "warmup_epoch": 1}}, "did you mean 'warmup_epochs'"),
    ],
    ids=repr,
)
def test_wishes_that_contradict_each_other_are_refused_with_a_sentence(body: dict[str, Any], words: str) -> None:
    """It names what is wrong, and mostly what was probably meant."""
    with pytest.raises(ValidationError, match=words):
        TrainingSettings.model_validate(body)


@pytest.mark.parametrize(
    "body",
    [
        {"momentum": 0.9, "nesterov": True, "optimizer": "sgd"},
        {"optimizer": "rmsprop", "momentum": 0.5, "weight_decay": 0.1},
        {"optimizer": "adamw"},
        {"schedule": {"name": "cosine", "warmup_epochs": 29}},
        {"schedule": {"name": "step", "every": 29}},
        {"schedule": "plateau", "inner_fraction": 0.2, "average_last": 0.2},
        {"early_stopping": {"patience": 3}, "inner_fraction": 0.2, "loss": {"name": "focal", "gamma": 1}},
        {"class_weight": {"rare": 5}, "label_smoothing": 0.1, "gradient_clip": 1, "augment_until": 0.8},
    ],
    ids=repr,
)
def test_wishes_that_go_together_are_accepted(body: dict[str, Any]) -> None:
    """Near misses of the rules."""
    assert TrainingSettings.model_validate(body)


def test_a_name_alone_is_a_schedule_or_loss_with_its_defaults() -> None:
    """Short for the object, and the same from then on."""
    assert TrainingSettings.model_validate({"schedule": "cosine"}).schedule == CosineRate()
    assert TrainingSettings.model_validate({"schedule": "plateau"}).schedule == PlateauRate()
    assert TrainingSettings.model_validate({"loss": "focal"}).loss == Focal(gamma=2.0)


def test_adamw_decays_as_in_keras_unless_something_is_said() -> None:
    """And nothing else decays unless it is."""
    assert TrainingSettings(optimizer="adamw").decay == 0.004
    assert TrainingSettings(optimizer="adamw", weight_decay=0.1).decay == 0.1
    assert TrainingSettings(optimizer="sgd").decay == 0


@given(training_settings())
def test_settings_survive_being_sent(settings: TrainingSettings) -> None:
    """As JSON and back."""
    assert TrainingSettings.model_validate_json(settings.model_dump_json()) == settings


def test_plain_is_said_of_every_option_that_there_is() -> None:
    """A new option needs a value that stands for a training without it, or old definitions could not be read."""
    assert set(PLAIN) == set(TrainingSettings.model_fields) - {"epochs", "batch_size", "optimizer", "learning_rate"}
    assert TrainingSettings.model_validate(PLAIN).model_dump(mode="json").items() >= PLAIN.items()


def test_a_stored_request_means_what_it_meant_when_it_was_accepted() -> None:
    """Without a schedule it was trained at a constant rate; with one, by that."""
    before = {"epochs": 3, "batch_size": 32, "optimizer": "adam", "learning_rate": 1e-3}
    assert as_accepted({"training": before})["training"] == PLAIN | before
    now = TrainingSettings(average_last=0.5).model_dump(mode="json")
    assert as_accepted({"training": now})["training"] == now


@pytest.mark.parametrize("stored", [{}, {"training": {"learning_rate": 1e-3}}], ids=["no training", "no epochs"])
def test_a_stored_request_that_says_no_number_of_epochs_keeps_the_thirty_of_before(stored: dict[str, Any]) -> None:
    """The number that data of that size have without one is of requests that were sent since."""
    assert as_accepted(stored)["training"]["epochs"] == 30


@pytest.mark.parametrize(
    "kind", [{"kind": "training"}, {"kind": "comparison", "candidates": [{"name": "a", "spec": {}}]}]
)
def test_processors_are_not_asked_for_mixed_precision(kind: dict[str, Any]) -> None:
    """They gain nothing by it; a GPU may be."""
    body = kind | {"dataset": {"kind": "builtin", "name": "digits"}, "training": {"mixed_precision": True}}
    requests: TypeAdapter[Any] = TypeAdapter(JobRequest)
    with pytest.raises(ValidationError, match="ask for device 'gpu'"):
        requests.validate_python(body)
    assert requests.validate_python(body | {"device": "gpu"}).training.mixed_precision
