"""A trial's definition: what is hashed, and that it stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import ComparisonRequest, TrainingRequest
from api_schemas.training.schedules import ConstantRate, CosineRate
from api_schemas.training.settings import PLAIN, TrainingSettings, as_accepted
from augury.planning import comparison as plans
from augury.planning.canonical import canonical_json, digest
from augury.planning.splits import FixedSplit, GroupedSplit, HeldOut, RandomSplit, SplitDefinition, split_definition
from augury.planning.trial_definition import TrialDefinition, training_version
from tests.api_schemas.specs import accepted_specs
from tests.api_schemas.trainings import training_settings
from tests.store.databases import comparison

PINNED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "trial_definitions.json").read_text()
)
"""Requests, and what the code before typed definitions made of them; nothing here may ever change.

But for grouped splits, which were not drawn then: those of now have a canonical form of their own.
"""

REQUESTS: TypeAdapter[ComparisonRequest | TrainingRequest] = TypeAdapter(ComparisonRequest | TrainingRequest)
_HELD_OUT = st.none() | st.builds(HeldOut, share=st.floats(0.01, 0.99), is_validated_on=st.booleans())
_DRAWN: dict[str, Any] = {
    "held_out": _HELD_OUT,
    "validation_fraction": st.floats(0.01, 0.99),
    "training_images": st.none() | st.integers(2, 10**9),
}
SPLITS: st.SearchStrategy[SplitDefinition] = st.one_of(
    st.builds(RandomSplit, **_DRAWN), st.builds(GroupedSplit, drawing=st.just(2), **_DRAWN)
) | st.builds(
    FixedSplit,
    validation=st.sampled_from(["validation", "test"]),
    training_images=st.none() | st.integers(2, 10**9),
    held_out=_HELD_OUT,
)


def _definition(pinned: dict[str, Any]) -> TrialDefinition:
    request = REQUESTS.validate_python(as_accepted(pinned["request"]))
    facts = DatasetFacts.model_validate(pinned["facts"])
    arms = {arm.name: arm for arm in plans.plan_of(request, facts).arms}
    split = split_definition(request.evaluation, facts)
    return plans.trial_definition(request, arms[pinned["arm"]], pinned["seed"], "d" * 64, split)


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned["name"])
def test_definitions_are_written_as_they_were_before(pinned: dict[str, Any]) -> None:
    """Byte by byte, so that whatever was trained once is found again."""
    definition = _definition(pinned)
    assert canonical_json(definition.canonical()) == pinned["canonical"]
    assert (definition.key(), definition.setting()) == (pinned["key"], pinned["setting"])


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: pinned["name"])
def test_stored_definitions_are_read_back_as_they_are(pinned: dict[str, Any]) -> None:
    """From the JSON in a database comes the same definition with the same key."""
    stored = TrialDefinition.model_validate(json.loads(pinned["canonical"]))
    assert stored == _definition(pinned)
    assert stored.key() == pinned["key"]


def test_a_grouped_split_that_was_not_drawn_is_not_taken_for_one_that_is() -> None:
    """Groups once came from folds, and mostly the same ones: such a trial is neither reused nor trained any more."""
    grouped = next(each for each in PINNED if each["name"] == "grouped")
    earlier = json.loads(grouped["canonical"])
    del earlier["split"]["drawing"]
    assert digest(earlier) == "89ab8e369d0d55247f83d6cc1060a281b6776ac1c48ff60ebbf67a8480ec2567" != grouped["key"]
    with pytest.raises(ValidationError, match="drawing"):
        TrialDefinition.model_validate(earlier)


@given(accepted_specs(), SPLITS, st.integers(0, 2**31), st.booleans())
def test_every_definition_survives_being_stored(
    spec: ImageDataGeneratorSpec, split: SplitDefinition, seed: int, keep_model: bool
) -> None:
    """Model to JSON to model to JSON gives the same bytes, integers and floats apart."""
    arm = plans.plan_comparison(comparison(), "uint8").arms[0]
    template = plans.trial_definition(comparison(), arm, seed, "d" * 64, split)
    definition = template.model_copy(update={"spec": spec, "keep_model": keep_model})
    written = canonical_json(definition.canonical())
    read = TrialDefinition.model_validate(json.loads(written))
    assert canonical_json(read.canonical()) == written
    assert read.key() == definition.key()


def test_whole_pixels_and_their_number_as_a_float_are_two_trials() -> None:
    """Keras draws from whole numbers for a shift of 2, and from all for one of 2.0."""
    whole, real = (next(each for each in PINNED if each["name"] == name) for name in ("integer shift", "float shift"))
    assert _definition(whole).key() != _definition(real).key()


def test_only_a_training_says_that_its_model_is_kept() -> None:
    """The trials of comparisons were there before the field was."""
    said = {pinned["name"]: "keep_model" in _definition(pinned).canonical() for pinned in PINNED}
    assert {name for name, is_said in said.items() if is_said} == {"training", "training on groups"}


@pytest.mark.parametrize("change", [{"engine": "other"}, {"split": {"kind": "odd"}}, {"more": 1}, {"seed": 1.5}])
def test_what_is_no_definition_is_refused(change: dict[str, Any]) -> None:
    """A row of another version is not taken for one of this."""
    with pytest.raises(ValidationError):
        TrialDefinition.model_validate(json.loads(PINNED[0]["canonical"]) | change)


PLAINLY = {"schedule": "constant", "learning_rate": 1e-3}


@pytest.mark.parametrize(
    ("training", "version"),
    [
        (PLAINLY, "3"),
        (PLAINLY | {"optimizer": "sgd", "epochs": 5, "batch_size": 7}, "3"),
        ({}, "4"),
        (PLAINLY | {"optimizer": "rmsprop"}, "4"),
        (PLAINLY | {"optimizer": "sgd", "momentum": 0.9}, "4"),
        (PLAINLY | {"class_weight": "balanced"}, "4"),
    ],
    ids=repr,
)
def test_what_older_versions_could_not_say_is_of_a_new_version(training: dict[str, Any], version: str) -> None:
    """And what they could is of theirs, unless it has to store more than they did."""
    settings = TrainingSettings.model_validate(training)
    assert training_version(settings) == version
    assert training_version(settings, needs_probabilities=True) == "4"


@given(training_settings())
def test_training_settings_survive_being_stored(settings: TrainingSettings) -> None:
    """Though only the options that are used are written down."""
    template = _definition(PINNED[0])
    definition = template.model_copy(update={"training": settings, "version": training_version(settings)})
    written = json.loads(canonical_json(definition.canonical()))
    read = TrialDefinition.model_validate(written)
    assert (read.training, read.key()) == (settings, definition.key())
    unused = {name for name, value in PLAIN.items() if settings.model_dump(mode="json")[name] == value}
    assert unused.isdisjoint(written["training"])


def test_a_definition_without_options_is_one_without_options_whatever_requests_have_as_defaults() -> None:
    """A request that says nothing is trained by a cosine; a definition that says nothing never was."""
    assert TrainingSettings().schedule == CosineRate()
    assert TrialDefinition.model_validate(json.loads(PINNED[0]["canonical"])).training.schedule == ConstantRate()


def test_views_are_part_of_what_an_augmented_arm_is_and_of_no_other() -> None:
    """The baseline's trials are found again, however many views the candidates are trained on."""
    model = {"digest": "a" * 64, "head": {}, "trainable": "head"}

    def keys(model: dict[str, Any]) -> dict[str, str]:
        request = comparison(model=model)
        plan = plans.plan_comparison(request, "uint8")
        split = RandomSplit(validation_fraction=0.2, training_images=None)
        return {arm.name: plans.trial_definition(request, arm, 0, "d" * 64, split).key() for arm in plan.arms}

    without, four, five = keys(model), keys(model | {"feature_views": 4}), keys(model | {"feature_views": 5})
    assert without["baseline"] == four["baseline"] == five["baseline"]
    assert len({without["flip"], four["flip"], five["flip"]}) == 3


def test_a_plan_says_that_augmented_arms_see_the_same_views_again() -> None:
    """And says nothing where every epoch has its own."""
    model = {"digest": "a" * 64, "head": {}, "trainable": "head"}
    planned = plans.plan_comparison(comparison(model=model | {"feature_views": 4}), "uint8")
    assert any("see 4 augmented views of each image" in sentence for sentence in planned.warnings)
    assert not any("views" in sentence for sentence in plans.plan_comparison(comparison(model=model), "uint8").warnings)


def test_a_seed_of_one_backend_is_no_trial_of_the_other() -> None:
    """It begins with other weights there; of what was trained before there was a choice, nothing is said anew."""
    split = RandomSplit(validation_fraction=0.2, training_images=None)
    usual, on_jax = (
        plans.trial_definition(request, plans.plan_comparison(request, "uint8").arms[0], 0, "d" * 64, split)
        for request in (comparison(), comparison(training={"epochs": 1, "backend": "jax"}))
    )
    assert "backend" not in usual.canonical()["training"]
    assert on_jax.canonical()["training"]["backend"] == "jax"
    assert usual.key() != on_jax.key()
    assert usual.setting() != on_jax.setting()
    read = TrialDefinition.model_validate(json.loads(canonical_json(on_jax.canonical())))
    assert (read.training.backend, read.key()) == ("jax", on_jax.key())
