"""The spec against the class it stands for: Keras's own ImageDataGenerator."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from pydantic import ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from tests.api_schemas.specs import PARAMETERS, accepted_specs

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:keras")

SHAPES = {"channels_first": (3, 6, 5), "channels_last": (6, 5, 3), None: (6, 5, 3)}


def _constructor_defaults() -> dict[str, Any]:
    parameters = inspect.signature(ImageDataGenerator.__init__).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name != "self"}


def _images(spec: ImageDataGeneratorSpec) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, *SHAPES[spec.data_format]), np.uint8)


def _generator(spec: ImageDataGeneratorSpec) -> ImageDataGenerator:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that one setting implies another
        return ImageDataGenerator(**spec.constructor_arguments())


def _first_batch(spec: ImageDataGeneratorSpec, images: np.ndarray) -> np.ndarray:
    generator = _generator(spec)
    if spec.needs_fit:
        generator.fit(images)
    return next(generator.flow(images, batch_size=4, seed=1))


def test_the_spec_has_the_constructors_parameters_with_its_defaults() -> None:
    """All of them, under the same names, with the same defaults."""
    expected = _constructor_defaults()
    fields = ImageDataGeneratorSpec.model_fields
    assert {name: field.default for name, field in fields.items()} == expected
    assert {name: type(field.default) for name, field in fields.items()} == {n: type(v) for n, v in expected.items()}
    assert set(PARAMETERS) == set(fields) - {"preprocessing_function"}, "the property tests cover every parameter"


def test_a_preprocessing_function_is_sent_by_name() -> None:
    """The callable itself cannot travel; only known names are taken."""
    assert ImageDataGeneratorSpec(preprocessing_function="imagenet_tf").preprocessing_function == "imagenet_tf"
    with pytest.raises(ValidationError):
        ImageDataGeneratorSpec.model_validate({"preprocessing_function": "abs"})


@settings(max_examples=60, deadline=None)
@given(accepted_specs())
def test_keras_can_carry_out_whatever_the_spec_accepts(spec: ImageDataGeneratorSpec) -> None:
    """An accepted spec constructs, fits and transforms without an error, whatever the combination."""
    images = _images(spec)
    assert _first_batch(spec, images).shape == images.shape


@settings(max_examples=40, deadline=None)
@given(accepted_specs())
def test_a_spec_without_augmentation_changes_no_pixel(spec: ImageDataGeneratorSpec) -> None:
    """Keras's random transform of the deterministic half is the identity."""
    half = spec.preprocessing()
    image = _images(half)[0].astype("float64")
    np.testing.assert_array_equal(_generator(half).random_transform(image.copy(), seed=3), image)


@pytest.mark.parametrize(
    "parameters",
    [
        {"dtype": "float16", "rotation_range": 20},
        {"dtype": "float16", "zca_whitening": True},
        {"data_format": "channels_first", "brightness_range": [0.8, 1.2]},
    ],
    ids=["half precision cannot be rotated", "nor whitened", "brightness needs channels last"],
)
def test_what_keras_cannot_carry_out_is_refused_by_the_spec(parameters: dict[str, Any]) -> None:
    """A mistake that Keras discovers at the first batch only is reported when the spec is read."""
    try:
        spec = ImageDataGeneratorSpec.model_validate(parameters)
    except ValidationError:
        return
    try:
        _first_batch(spec, _images(spec))
    except Exception as error:
        pytest.fail(f"the spec was accepted, and then Keras raised {type(error).__name__}: {error}")
