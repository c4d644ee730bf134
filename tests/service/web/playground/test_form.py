"""The form has what the schema has."""

from __future__ import annotations

import json

import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from service.web.playground.form import LEFT_OUT, USUAL, Control, groups

CONTROLS = {each.name: each for group in groups() for each in group.controls}
FIELDS = ImageDataGeneratorSpec.model_fields


def test_every_parameter_that_a_job_may_have_is_in_the_form_once() -> None:
    """And nothing else is, nor has a slider."""
    assert CONTROLS.keys() == FIELDS.keys() - LEFT_OUT
    assert sum(len(group.controls) for group in groups()) == len(CONTROLS)
    assert USUAL.keys() <= CONTROLS.keys()


@pytest.mark.parametrize("control", CONTROLS.values(), ids=lambda each: each.name)
def test_a_control_says_what_the_schema_says(control: Control) -> None:
    """Its meaning and its default, and every choice is a value that the spec takes."""
    assert control.meaning == FIELDS[control.name].description
    default = getattr(ImageDataGeneratorSpec(), control.name)
    assert json.loads(control.default) == default
    for value, _ in control.choices:
        ImageDataGeneratorSpec.model_validate({control.name: json.loads(value)})


@pytest.mark.parametrize("name", USUAL)
def test_a_slider_goes_over_values_that_the_spec_takes(name: str) -> None:
    """From end to end, in steps that the field can have."""
    usual = USUAL[name]
    for value in (usual.low, usual.high, usual.low + usual.step):
        ImageDataGeneratorSpec.model_validate({name: value})


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("rotation_range", "number", "0 to 360"),
        ("shear_range", "number", "0 to below 90"),
        ("zca_epsilon", "number", "above 0"),
        ("channel_shift_range", "number", "0 or more"),
        ("cval", "number", "any"),
        ("brightness_range", "pair", "a list of 2 numbers, each 0 to 255"),
        ("zoom_range", "any", "0 to below 1, or a list of 2 numbers, each above 0"),
        ("width_shift_range", "any", "0 or more, or a list of numbers"),
        ("horizontal_flip", "flag", ""),
        ("fill_mode", "choice", ""),
    ],
)
def test_ranges_are_said_in_words(name: str, kind: str, values: str) -> None:
    """As the schema bounds them; bounds that only keep nonsense out are not mentioned."""
    assert (CONTROLS[name].kind, CONTROLS[name].range) == (kind, values)
