"""Keras's preprocessing layers, as code and as their configuration, as a spec."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.errors import ImportRefused
from augury.exports import export
from augury.exports.options import ExportOptions
from augury.imports import read_spec

FUNCTIONAL = """
import keras
from keras import layers as L
inputs = keras.Input((64, 64, 3))
x = L.RandomFlip("horizontal")(inputs)
x = keras.layers.RandomRotation(factor=1 / 36, fill_mode="nearest")(x)
x = L.Rescaling(1.0 / 255)(x)
outputs = keras.layers.Dense(3)(L.Flatten()(x))
"""


def _read(text: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    imported = read_spec(text, "keras-layers")
    return imported.spec.model_dump(exclude_defaults=True), imported.lost


def _layer(code: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    return _read(f"from keras import layers\naugmentation = layers.{code}")


def test_layers_are_found_wherever_they_are_called() -> None:
    """Under any name of their module, and with arithmetic of numbers; other layers are no augmentation."""
    spec, lost = _read(FUNCTIONAL)
    assert spec == {"horizontal_flip": True, "rotation_range": 10, "rescale": 1 / 255}
    assert lost == ()


def test_it_is_told_by_what_the_text_says() -> None:
    """Without being named."""
    assert read_spec(FUNCTIONAL).source == "keras-layers"


@given(
    rotation=st.floats(0.5, 180),
    width=st.floats(0.01, 0.9),
    height=st.floats(0.01, 0.9),
    zoom=st.floats(0.01, 0.9),
    shear=st.floats(0.5, 80),
    flips=st.tuples(st.booleans(), st.booleans()),
    fill_mode=st.sampled_from(["nearest", "reflect", "wrap"]),
)
def test_what_is_exported_is_read_again(
    rotation: float, width: float, height: float, zoom: float, shear: float, flips: tuple[bool, bool], fill_mode: Any
) -> None:
    """To ten digits: what layers draw is written with no more."""
    spec = ImageDataGeneratorSpec(
        rotation_range=rotation, width_shift_range=width, height_shift_range=height, zoom_range=zoom, shear_range=shear,
        horizontal_flip=flips[0], vertical_flip=flips[1], fill_mode=fill_mode, rescale=0.5,
    )  # fmt: skip
    again = read_spec(export(spec, "keras-layers", ExportOptions()).content).spec
    ours, theirs = (each.model_dump(exclude_defaults=True) for each in (spec, again))
    assert ours.pop("fill_mode", None) == theirs.pop("fill_mode", None)
    assert theirs == pytest.approx(ours, rel=1e-8)


def test_a_configuration_is_read_as_its_code() -> None:
    """As Keras itself writes it."""
    import keras

    made: dict[str, Any] = {}
    spec = ImageDataGeneratorSpec(rotation_range=20, width_shift_range=0.1, zoom_range=0.2, horizontal_flip=True)
    exported = export(spec, "keras-layers", ExportOptions()).content
    exec(exported, made)  # noqa: S102 - our own
    config = json.dumps(keras.saving.serialize_keras_object(made["augmentation"]))
    assert read_spec(config).spec == read_spec(exported).spec
    assert read_spec(config).lost == read_spec(exported).lost


@pytest.mark.parametrize(
    ("code", "parameters", "lost"),
    [
        ("RandomFlip()", {"horizontal_flip": True, "vertical_flip": True}, "both ways at once"),
        ("RandomRotation((0.0, 0.25))", {"rotation_range": 90, "fill_mode": "reflect"}, "both sides of zero"),
        ("RandomZoom(0.2)", {"zoom_range": 0.2, "fill_mode": "reflect"}, "keeps the image's proportions"),
        ("RandomZoom((-0.3, 0.0), (-0.3, 0.0))", {"zoom_range": (0.7, 1.0), "fill_mode": "reflect"}, ""),
        ("RandomTranslation(0.1, 0.0)", {"width_shift_range": 0.1, "fill_mode": "reflect"}, "are exchanged"),
        ("RandomShear(0.5)", {"shear_range": 30, "fill_mode": "reflect"}, "about the top row"),
        ("RandomBrightness(0.2)", {"channel_shift_range": 51}, "clips to"),
        ("Rescaling(1 / 127.5, offset=-1)", {"preprocessing_function": "imagenet_tf"}, ""),
        ("Rescaling(2.0, offset=3)", {"rescale": 2}, "offset 3 is left out"),
        ("RandomContrast(0.2)", {}, "nothing like it"),
        ("Resizing(64, 64)", {}, "nothing like it"),
        ("RandomRotation(FACTOR)", {}, "not a literal"),
        ('RandomRotation(0.1, fill_mode="constant", fill_value=9.0)',
         {"rotation_range": 36, "fill_mode": "constant", "cval": 9}, "begins elsewhere"),
        ('RandomRotation(0.1, "wrap", "nearest")',
         {"rotation_range": 36, "fill_mode": "wrap", "interpolation_order": 0}, "begins elsewhere"),
    ],
)  # fmt: skip
def test_what_is_lost_is_said(code: str, parameters: dict[str, Any], lost: str) -> None:
    """Beside what could be taken over."""
    spec, sentences = _layer(code)
    assert {name: pytest.approx(value) for name, value in spec.items()} == parameters
    assert any(lost in each for each in sentences) if lost else not sentences


def test_a_second_layer_of_a_kind_is_left_out() -> None:
    """A spec has every parameter once."""
    spec, lost = _read("from keras import layers as k\n[k.RandomRotation(0.1), k.RandomRotation(0.2)]")
    assert spec["rotation_range"] == 36
    assert any("left out" in each for each in lost)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("from keras import layers\nlayers.RandomFlip(", "Python 3"),
        ('{"class_name": "RandomFlip"', "no JSON"),
        ("import keras", "no augmentation layers"),
        ("layers.RandomFlip()\n" * 101, "more than the 100"),
        ("[" * 50_000, "no JSON"),
        ("x = " + "(" * 5_000, "Python 3"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, says: str) -> None:
    """With what is in the way."""
    with pytest.raises(ImportRefused, match=says):
        read_spec(text, "keras-layers")


@given(st.text(alphabet="RandomFlip()[]{}\"':,.=0189\n layersk", max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    """It is read or refused."""
    with contextlib.suppress(ImportRefused):
        assert read_spec(f"layers.RandomFlip()\n{text}", "keras-layers").source == "keras-layers"


def test_nothing_that_is_read_is_carried_out(tmp_path: Any) -> None:
    """Not even where it would have to be, to be known."""
    trace = tmp_path / "trace"
    spec, lost = _layer(f"RandomRotation(open({str(trace)!r}, 'w').write('x'))")
    assert not trace.exists()
    assert spec == {}
    assert lost
