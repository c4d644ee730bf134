"""The augmentation spec alone: what it refuses, what it accepts, and how it divides into its two halves."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from api_schemas.augmentation import PREPROCESSING_FIELDS, ImageDataGeneratorSpec
from tests.api_schemas.specs import accepted, accepted_specs

Spec = ImageDataGeneratorSpec

REFUSED_AND_NEARLY = [
    # field, what must be refused, the near misses that must be accepted
    ("zca_epsilon", [0, -1e-6, 1_000_001], [1e-12, 1_000_000]),
    ("rotation_range", [-0.1, 360.1], [0, 360]),
    ("width_shift_range", [-0.1, -1, [], [0.1] * 1001], [0, 0.0, 0.99, 3, 3.5, [-0.5], [0.1] * 1000]),
    ("height_shift_range", [-0.1, -1, [], [0.1] * 1001], [0, 0.0, 0.99, 3, 3.5, [-2, 2], [0.1] * 1000]),
    (
        "brightness_range",
        [[1.2, 0.8], [-0.1, 1], [0, 255.5], [1], [1, 2, 3], 0.5],
        [[0.8, 1.2], [1, 1], [0, 255], None],
    ),
    ("shear_range", [-0.1, 90], [0, 89.9]),
    ("zoom_range", [1, 1.5, -0.1, [0, 1], [1.2, 0.8], [-1, 1], [1], [1, 1, 1]], [0, 0.99, [0.01, 3], [1, 1]]),
    ("channel_shift_range", [-1, 1_000_001], [0, 1_000_000]),
    ("fill_mode", ["Nearest", "edge", "", None], ["constant", "nearest", "reflect", "wrap"]),
    ("cval", [-1_000_001, 1_000_001, None], [-1_000_000, 1_000_000]),
    ("rescale", [-1_000_001, 1_000_001], [-1_000_000, 0, 1 / 255, 1_000_000, None]),
    ("data_format", ["channels", ""], ["channels_first", "channels_last", None]),
    ("validation_split", [-0.1, 1], [0, 0.99]),
    ("interpolation_order", [-1, 6, 1.5, None], [0, 5]),
    ("dtype", ["uint8", "float"], ["float32", "float64", None]),
    ("horizontal_flip", [0, 1, "true", None], [True, False]),
]


def _short(value: Any) -> str:
    return repr(value)[:24]


REFUSALS = [(field, value) for field, refused, _ in REFUSED_AND_NEARLY for value in refused]
NEAR_MISSES = [(field, value) for field, _, accepted in REFUSED_AND_NEARLY for value in accepted]


@pytest.mark.parametrize(("field", "value"), REFUSALS, ids=_short)
def test_a_value_outside_the_range_of_its_parameter_is_refused(field: str, value: Any) -> None:
    """The refusal names the parameter, and that one only."""
    with pytest.raises(ValidationError) as refusal:
        Spec.model_validate({field: value})
    assert {line["loc"][0] for line in refusal.value.errors()} == {field}


@pytest.mark.parametrize(("field", "value"), NEAR_MISSES, ids=_short)
def test_a_value_just_inside_the_range_of_its_parameter_is_accepted(field: str, value: Any) -> None:
    """The bounds are where they are said to be: the value is taken and kept."""
    kept = getattr(Spec.model_validate({field: value}), field)
    assert (list(kept) if isinstance(kept, tuple) else kept) == value


def test_whitening_and_featurewise_deviation_together_are_refused_and_each_alone_is_accepted() -> None:
    """Keras would drop the deviation silently, so the pair is an error that says so."""
    with pytest.raises(ValidationError, match="exclude each other"):
        Spec(zca_whitening=True, featurewise_std_normalization=True)
    assert Spec(zca_whitening=True).needs_fit
    assert Spec(featurewise_std_normalization=True).needs_fit


@pytest.mark.parametrize("field", ["rotation_range", "width_shift_range", "zoom_range", "rescale", "shear_range"])
@pytest.mark.parametrize("value", [True, "20", math.nan, math.inf, -math.inf, {}, 10**400], ids=_short)
def test_what_is_not_a_finite_number_is_not_taken_for_one(field: str, value: Any) -> None:
    """Booleans, strings, NaN, infinities, objects and integers beyond any float are refused."""
    with pytest.raises(ValidationError):
        Spec.model_validate({field: value})


@pytest.mark.parametrize("value", [[10**30], [1, 2**63]])
def test_listed_shifts_that_do_not_fit_a_machine_word_are_refused(value: list[int]) -> None:
    """NumPy cannot draw from them: Keras would fail at the first batch."""
    with pytest.raises(ValidationError):
        Spec.model_validate({"width_shift_range": value})


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_cannot_mean_are_refused(text: str) -> None:
    """Python's parser lets them through; the spec does not, alone or in a list."""
    for document in (
        f'{{"cval": {text}}}',
        f'{{"width_shift_range": [{text}]}}',
        f'{{"brightness_range": [0, {text}]}}',
    ):
        with pytest.raises(ValidationError):
            Spec.model_validate(json.loads(document))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("rotaton_range", "rotation_range"), ("Zoom_Range", "zoom_range"), ("horizontal-flip", "horizontal_flip")],
)
def test_an_unknown_field_is_refused_with_the_name_that_was_probably_meant(typed: str, meant: str) -> None:
    """A typo in a parameter name never passes silently and is easy to mend."""
    with pytest.raises(ValidationError) as refusal:
        Spec.model_validate({typed: 1})
    (line,) = refusal.value.errors()
    assert line["loc"] == (typed,)
    assert f"did you mean '{meant}'" in line["msg"]


def test_an_unknown_field_unlike_any_other_is_refused_without_a_guess() -> None:
    """A suggestion that is no help is not made; braces in the name do no harm."""
    for name in ("preprocessing_function_", "{x}", "%s", ""):
        with pytest.raises(ValidationError) as refusal:
            Spec.model_validate({name: 1})
        assert refusal.value.errors()[0]["msg"].startswith("unknown field")


def test_an_unknown_field_does_not_hide_the_other_mistakes() -> None:
    """All faulty fields are reported at once."""
    with pytest.raises(ValidationError) as refusal:
        Spec.model_validate({"rotaton_range": 1, "zoom_range": 2.0, "fill_mode": "edge", "cval": "0"})
    assert {line["loc"][0] for line in refusal.value.errors()} == {"rotaton_range", "zoom_range", "fill_mode", "cval"}


@pytest.mark.parametrize("shift", [1, 1.0, 20, 20.0, [1, 2.0], [0.5, 3]], ids=repr)
def test_whole_and_fractional_shifts_stay_what_they_are_through_json(shift: Any) -> None:
    """For Keras 1 means whole pixels and 1.0 a continuous range, so the type must survive the wire and the store."""
    sent = Spec(width_shift_range=shift)
    received = Spec.model_validate_json(sent.model_dump_json())
    reread = Spec.model_validate(json.loads(json.dumps(sent.model_dump(mode="json"))))
    for kept in (received.width_shift_range, reread.width_shift_range):
        assert repr(kept) == repr(shift)


@given(accepted_specs())
def test_a_spec_survives_the_wire_unchanged(spec: ImageDataGeneratorSpec) -> None:
    """What is written as JSON and read again is equal, field by field and type by type."""
    again = Spec.model_validate_json(spec.model_dump_json())
    assert again == spec
    assert repr(again.model_dump(mode="json")) == repr(spec.model_dump(mode="json"))


@given(accepted_specs())
def test_the_preprocessing_half_has_no_augmentation_and_is_its_own_half(spec: ImageDataGeneratorSpec) -> None:
    """Taking the deterministic half twice changes nothing, and nothing random is left in it."""
    half = spec.preprocessing()
    assert not half.has_augmentation
    assert half.preprocessing() == half
    assert half.needs_fit == spec.needs_fit


@given(accepted_specs(), accepted_specs())
def test_the_preprocessing_half_depends_on_the_preprocessing_fields_only(
    spec: ImageDataGeneratorSpec, other: ImageDataGeneratorSpec
) -> None:
    """Two specs that differ in their random transforms only have the same half."""
    mixed = accepted({**other.model_dump(), **{name: getattr(spec, name) for name in PREPROCESSING_FIELDS}})
    if mixed is not None:
        assert mixed.preprocessing() == spec.preprocessing()


def test_rescaling_by_nothing_is_written_in_one_way() -> None:
    """Null, 0 and nothing at all mean the same preprocessing, so they are equal halves."""
    assert Spec(rescale=0).preprocessing() == Spec(rescale=None).preprocessing() == Spec().preprocessing()


@pytest.mark.parametrize(
    "neutral",
    [
        {},
        {"width_shift_range": 0},
        {"width_shift_range": [0, 0.0]},
        {"zoom_range": [1, 1]},
        {"fill_mode": "wrap", "cval": 3, "interpolation_order": 3},
        {"samplewise_center": True, "rescale": 0.5},
    ],
    ids=repr,
)
def test_a_spec_that_can_move_no_pixel_has_no_augmentation(neutral: dict[str, Any]) -> None:
    """Zero ranges, however they are written, and preprocessing are not augmentation."""
    assert not Spec(**neutral).has_augmentation


def test_an_integer_shift_of_one_pixel_has_no_augmentation() -> None:
    """Keras draws whole pixels below n, so an integer 1 always draws 0 and moves nothing."""
    assert not Spec(width_shift_range=1).has_augmentation


@pytest.mark.parametrize(
    "random",
    [
        {"rotation_range": 1},
        {"width_shift_range": 0.1},
        {"height_shift_range": 2},
        {"width_shift_range": [0, 1]},
        {"brightness_range": [1, 1]},
        {"shear_range": 0.5},
        {"zoom_range": 0.1},
        {"zoom_range": [0.9, 0.9]},
        {"channel_shift_range": 0.1},
        {"horizontal_flip": True},
        {"vertical_flip": True},
    ],
    ids=repr,
)
def test_each_random_transform_alone_is_augmentation(random: dict[str, Any]) -> None:
    """Every one of them can change an image; brightness does even at 1, because it passes through 8 bits."""
    assert Spec(**random).has_augmentation
    assert Spec(**random).preprocessing() == Spec()


def test_a_spec_cannot_be_changed_after_it_was_checked() -> None:
    """What was validated is what is used."""
    with pytest.raises(ValidationError):
        Spec().rotation_range = 400
