"""A spec at a dose: what of it becomes weaker or stronger."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from service.web.playground.dose import MAX_DOSE, at_dose

PLENTY = {
    "rotation_range": 30,
    "width_shift_range": 0.2,
    "zoom_range": [0.8, 1.1],
    "horizontal_flip": True,
    "rescale": 0.5,
    "fill_mode": "wrap",
}

SPECS = st.builds(
    lambda **chosen: ImageDataGeneratorSpec.model_validate({k: v for k, v in chosen.items() if v is not None}),
    rotation_range=st.none() | st.floats(0, 360),
    shear_range=st.none() | st.floats(0, 89),
    zoom_range=st.none() | st.floats(0, 0.99) | st.tuples(st.floats(0.1, 1), st.floats(1, 3)).map(list),
    width_shift_range=st.none() | st.floats(0, 0.99) | st.integers(0, 9) | st.lists(st.floats(0, 0.9), min_size=1),
    brightness_range=st.none() | st.tuples(st.floats(0, 1), st.floats(1, 3)).map(list),
    channel_shift_range=st.none() | st.floats(0, 200),
    horizontal_flip=st.none() | st.booleans(),
    rescale=st.none() | st.just(1 / 255),
)


def _spec(**parameters: Any) -> ImageDataGeneratorSpec:
    return ImageDataGeneratorSpec.model_validate(parameters)


@given(SPECS, st.floats(0, MAX_DOSE))
def test_whatever_the_dose_a_spec_comes_of_it_and_preprocessing_stays(
    spec: ImageDataGeneratorSpec, dose: float
) -> None:
    """One that the service takes, and no parameter that was off is on."""
    dosed = ImageDataGeneratorSpec.model_validate(dict(at_dose(spec, dose).spec))
    assert dosed.preprocessing() == spec.preprocessing()
    off = ImageDataGeneratorSpec()
    for name in ("rotation_range", "shear_range", "brightness_range", "horizontal_flip"):
        if getattr(spec, name) == getattr(off, name):
            assert getattr(dosed, name) == getattr(off, name)


@given(SPECS)
def test_a_dose_of_one_changes_nothing(spec: ImageDataGeneratorSpec) -> None:
    """Neither a value nor a parameter."""
    assert ImageDataGeneratorSpec.model_validate(dict(at_dose(spec, 1).spec)) == spec


@given(SPECS)
def test_a_dose_of_none_draws_nothing(spec: ImageDataGeneratorSpec) -> None:
    """Flips are off, too."""
    assert not ImageDataGeneratorSpec.model_validate(dict(at_dose(spec, 0).spec)).has_augmentation


def test_ranges_grow_with_the_dose_and_flips_do_not() -> None:
    """About 1 or about 0, as each is meant; what is no random transform stays."""
    dosed = at_dose(_spec(**PLENTY), 2)
    assert dosed.spec == {
        "rotation_range": 60.0,
        "width_shift_range": 0.4,
        "zoom_range": [0.6, 1.2],
        "horizontal_flip": True,
        "rescale": 0.5,
        "fill_mode": "wrap",
    }
    assert dosed.kept == ("horizontal_flip",)
    assert "At 2 times its strength: rotation_range 60" in dosed.sentence(2)


@pytest.mark.parametrize(
    ("spec", "name", "at_most"),
    [
        ({"rotation_range": 300}, "rotation_range", 360),
        ({"width_shift_range": 0.7}, "width_shift_range", 1),
        ({"zoom_range": 0.7}, "zoom_range", 1),
    ],
)
def test_what_cannot_be_as_strong_is_as_strong_as_it_can_be(spec: dict[str, Any], name: str, at_most: float) -> None:
    """And named; a share of the image never becomes a number of pixels."""
    dosed = at_dose(_spec(**spec), 2)
    assert dosed.limited == (name,)
    assert spec[name] < dosed.spec[name] <= at_most
    assert f"No stronger than it can be: {name}" in dosed.sentence(2)
