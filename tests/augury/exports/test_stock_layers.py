"""The layers that Keras brings: each class is what the exported code does to images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Export, Fidelity
from augury.augmentation import Pipeline
from augury.augmentation.parameters import Draws
from augury.exports import export
from augury.exports.options import ExportOptions
from tests.augury.exports.differences import loaded

EXACT = 0.01
"""Of 255: what an exact export may differ by."""
IMAGES = np.random.default_rng(0).integers(0, 256, (16, 48, 48, 3)).astype(np.float32)
SIDE = 48


def _exported(options: ExportOptions | None = None, **parameters: Any) -> Export:
    spec = ImageDataGeneratorSpec.model_validate(parameters)
    return export(spec, "keras-layers", options or ExportOptions(image_size=(SIDE, SIDE)))


def _layers(made: Export) -> list[Any]:
    return list(loaded(made.content)["augmentation"].layers)


def _column(values: Any) -> npt.NDArray[np.float64]:
    return np.asarray(values, np.float64).reshape(len(IMAGES), -1)[:, 0]


def _translated(drawn: dict[str, Any]) -> dict[str, Any]:
    across, down = np.asarray(drawn["translations"], np.float64).T
    return {"tx": -across, "ty": -down}


def _flipped(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda drawn: {name: _column(drawn["flips"])}


_DRAWN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "rotation_range": lambda drawn: {"theta": _column(drawn["angle"])},
    "width_shift_range": _translated,
    "height_shift_range": _translated,
    "zoom_range": lambda drawn: {"zx": _column(drawn["width_zoom"]), "zy": _column(drawn["height_zoom"])},
    "horizontal_flip": _flipped("flip_horizontal"),
    "vertical_flip": _flipped("flip_vertical"),
}
"""What a layer has drawn, in the engine's names."""


def _largest_difference(name: str, **parameters: Any) -> float:
    """Between a layer and the engine, which is given what the layer has drawn."""
    (layer,) = _layers(_exported(**parameters))
    transformation = layer.get_random_transformation(IMAGES, training=True)
    changed = np.asarray(layer.transform_images(IMAGES, transformation, training=True))
    drawn = _DRAWN[name](transformation)
    rows = [{key: values[index] for key, values in drawn.items()} for index in range(len(IMAGES))]
    draws = Draws(np.concatenate([Draws.of_parameters(row).table for row in rows]))
    spec = ImageDataGeneratorSpec.model_validate(parameters)
    return float(np.abs(changed - Pipeline(spec).transform(IMAGES, draws)).max())


SINGLE = [
    ("rotation_range", 40),
    ("width_shift_range", 0.2),
    ("height_shift_range", 0.3),
    ("height_shift_range", 7.0),
    ("zoom_range", 0.3),
    ("zoom_range", [0.5, 1.9]),
]
of_single_transforms = pytest.mark.parametrize(("name", "value"), SINGLE)


@of_single_transforms
@pytest.mark.parametrize("fill_mode", ["nearest", "reflect"])
def test_a_single_geometric_layer_is_exact(name: str, value: Any, fill_mode: str) -> None:
    """On square images, given what the layer has drawn."""
    made = _exported(**{name: value}, fill_mode=fill_mode)
    assert made.fidelity is Fidelity.EXACT
    assert _largest_difference(name, **{name: value}, fill_mode=fill_mode) <= EXACT


@pytest.mark.parametrize("name", ["horizontal_flip", "vertical_flip"])
def test_a_flip_is_exact(name: str) -> None:
    """To the last bit."""
    assert _exported(**{name: True}).fidelity is Fidelity.EXACT
    assert _largest_difference(name, **{name: True}) == 0


@pytest.mark.parametrize("fill_mode", ["constant", "wrap"])
def test_what_differs_at_the_border_is_approximate(fill_mode: str) -> None:
    """SciPy begins constant and wrap elsewhere."""
    made = _exported(rotation_range=40, fill_mode=fill_mode, cval=99)
    assert made.fidelity is Fidelity.APPROXIMATE
    assert _largest_difference("rotation_range", rotation_range=40, fill_mode=fill_mode, cval=99) > EXACT


@of_single_transforms
def test_a_layer_draws_from_the_spec_s_range(name: str, value: Any) -> None:
    """Uniformly: each tenth of the range has its share of 8,000 draws, to five deviations."""
    (layer,) = _layers(_exported(**{name: value}))
    spec = ImageDataGeneratorSpec.model_validate({name: value})
    images = np.zeros((8000, SIDE, SIDE, 1), np.float32)
    drawn = layer.get_random_transformation(images, training=True)
    table = Pipeline(spec).draw((SIDE, SIDE, 1), seed=1, indices=np.arange(8000)).table
    for key, values in (("angle", 0), ("translations", 1), ("translations", 2), ("width_zoom", 4), ("height_zoom", 5)):
        if key in drawn:
            ours = table[:, values]
            theirs = np.asarray(drawn[key]).reshape(8000, -1)
            _require_alike(theirs[:, values - 1] if key == "translations" else theirs[:, 0], ours)


def _require_alike(theirs: npt.NDArray[Any], ours: npt.NDArray[Any]) -> None:
    tenths = np.quantile(ours, np.linspace(0, 1, 11))
    if tenths[0] == tenths[-1]:
        assert np.abs(theirs - ours).max() == 0
        return
    counts, _ = np.histogram(theirs, np.linspace(tenths[0] - 1e-3, tenths[-1] + 1e-3, 11))
    assert counts.sum() >= 7980
    assert np.abs(counts - 800).max() < 5 * np.sqrt(800)


def test_both_flips_are_drawn_by_themselves() -> None:
    """Their common mode would turn every second image by half a turn, and mirror none."""
    layers = _layers(_exported(horizontal_flip=True, vertical_flip=True))
    assert [layer.mode for layer in layers] == ["horizontal", "vertical"]


def test_several_layers_blur() -> None:
    """Which the export says: less of the image's detail is left than after one resampling."""
    parameters = {"rotation_range": 10, "width_shift_range": 0.05, "zoom_range": 0.1}
    made = _exported(**parameters)
    assert made.fidelity is Fidelity.APPROXIMATE
    assert "more blurred" in made.differences[0].message
    changed = np.asarray(loaded(made.content)["augmentation"](IMAGES, training=True))
    pipeline = Pipeline(ImageDataGeneratorSpec.model_validate(parameters))
    once = pipeline.transform(IMAGES, pipeline.draw((SIDE, SIDE, 3), seed=0, indices=np.arange(len(IMAGES))))
    assert _detail(changed) < 0.8 * _detail(once) < 0.8 * _detail(IMAGES)


def _detail(images: npt.NDArray[Any]) -> float:
    """Energy of the differences between neighbours, away from the borders."""
    inner = images[:, 12:-12, 12:-12]
    return float(np.square(np.diff(inner, axis=1)).mean())


@pytest.mark.parametrize(
    ("parameters", "fidelity", "named"),
    [
        ({"shear_range": 10}, Fidelity.APPROXIMATE, "shear_range"),
        ({"brightness_range": [0.5, 1.5]}, Fidelity.APPROXIMATE, "brightness_range"),
        ({"channel_shift_range": 30}, Fidelity.APPROXIMATE, "channel_shift_range"),
        ({"rotation_range": 9, "interpolation_order": 3}, Fidelity.APPROXIMATE, "interpolation_order"),
        ({"zoom_range": [1.0, 3.0]}, Fidelity.APPROXIMATE, "zoom_range"),
        ({"width_shift_range": 3}, Fidelity.APPROXIMATE, "width_shift_range"),
        ({"samplewise_center": True}, Fidelity.NOT_EXPRESSIBLE, "samplewise_center"),
        ({"preprocessing_function": "imagenet_caffe"}, Fidelity.NOT_EXPRESSIBLE, "preprocessing_function"),
        ({"zca_whitening": True}, Fidelity.NOT_EXPRESSIBLE, "zca_whitening"),
    ],
)
def test_what_layers_do_otherwise_is_said(parameters: dict[str, Any], fidelity: Fidelity, named: str) -> None:
    """With the parameter that it is about."""
    made = _exported(**parameters)
    assert made.fidelity is fidelity
    assert any(named in each.parameters for each in made.differences if each.fidelity is fidelity)
    assert (named in made.not_expressible) == (fidelity is Fidelity.NOT_EXPRESSIBLE)


def test_pixels_need_the_image_size() -> None:
    """Without it they are left out, and with it they are a fraction of the side that ImageDataGenerator moves along."""
    without = _exported(ExportOptions(), height_shift_range=6.0)
    assert without.not_expressible == ["height_shift_range"]
    made = _exported(ExportOptions(image_size=(20, 60)), height_shift_range=6.0)
    assert "height_factor=0.0, width_factor=0.1" in made.content
    corrected = _exported(ExportOptions("corrected", (20, 60)), height_shift_range=6.0)
    assert "height_factor=0.3, width_factor=0.0" in corrected.content


def test_images_that_are_not_square_turn_about_another_point() -> None:
    """Under Keras's semantics, and so might images whose size is not known; as documented, the layer is exact."""
    sizes = ExportOptions(image_size=(20, 60)), ExportOptions("corrected", (20, 60)), ExportOptions()
    found = [_exported(size, rotation_range=10).fidelity for size in sizes]
    assert found == [Fidelity.APPROXIMATE, Fidelity.EXACT, Fidelity.APPROXIMATE]


@pytest.mark.parametrize(
    "parameters",
    [
        {"rescale": 1 / 255},
        {"preprocessing_function": "imagenet_tf"},
        {"preprocessing_function": "imagenet_torch"},
        {"samplewise_std_normalization": True, "rescale": 1 / 255},
    ],
)
def test_preprocessing_is_the_spec_s(parameters: dict[str, Any]) -> None:
    """In training and in evaluation."""
    made = _exported(**parameters)
    assert made.fidelity is Fidelity.EXACT
    expected = Pipeline(ImageDataGeneratorSpec.model_validate(parameters)).preprocess(IMAGES)
    for training in (True, False):
        changed = loaded(made.content)["augmentation"](IMAGES, training=training)
        assert np.abs(np.asarray(changed) - expected).max() < 1e-4 * np.abs(expected).max()


def test_statistics_of_the_training_images_are_given() -> None:
    """As ImageDataGenerator learns them."""
    spec = ImageDataGeneratorSpec(featurewise_center=True, featurewise_std_normalization=True)
    pipeline = Pipeline(spec)
    pipeline.fit(IMAGES)
    make = loaded(export(spec, "keras-layers", ExportOptions()).content)["augmentation"]
    assert pipeline.mean is not None
    assert pipeline.std is not None
    changed = np.asarray(make(pipeline.mean.ravel(), pipeline.std.ravel())(IMAGES))
    assert np.abs(changed - pipeline.preprocess(IMAGES)).max() < 1e-4


def test_the_pipeline_is_a_configuration_that_keras_reads_again() -> None:
    """With every layer in it."""
    import keras

    made = _exported(rotation_range=20, zoom_range=0.1, horizontal_flip=True, rescale=1 / 255)
    config = keras.saving.serialize_keras_object(loaded(made.content)["augmentation"])
    names = [type(layer).__name__ for layer in keras.saving.deserialize_keras_object(config).layers]
    assert names == ["RandomRotation", "RandomZoom", "RandomFlip", "Rescaling"]
