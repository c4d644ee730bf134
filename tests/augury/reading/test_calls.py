"""Calls of ImageDataGenerator are found under any name, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from augury.reading.found import Position
from tests.augury.reading.code import IMPORT, contents_of, only_spec

NAMED = {
    "alias": "from keras.preprocessing.image import ImageDataGenerator as IDG\nIDG(cval=9)",
    "attributes": "import tensorflow as tf\ntf.keras.preprocessing.image.ImageDataGenerator(cval=9)",
    "module": "from keras.preprocessing import image\nimage.ImageDataGenerator(cval=9)",
    "module of a module": "from tensorflow import keras as k\nk.preprocessing.image.ImageDataGenerator(cval=9)",
    "whole path": "import tensorflow.keras.preprocessing.image as im\nim.ImageDataGenerator(cval=9)",
    "legacy": "from keras.src.legacy.preprocessing.image import ImageDataGenerator\nImageDataGenerator(cval=9)",
    "standalone": "from keras_preprocessing.image import ImageDataGenerator\nImageDataGenerator(cval=9)",
    "star": "from keras.preprocessing.image import *\nImageDataGenerator(cval=9)",
    "assigned": "import keras\nMade = keras.preprocessing.image.ImageDataGenerator\nMade(cval=9)",
    "ours": "from augury.augmentation import ImageDataGenerator\nImageDataGenerator(cval=9)",
    "inside": "def f():\n  from keras.preprocessing.image import ImageDataGenerator as G\n  return [G(cval=9)]",
    "either": "try:\n  from keras.preprocessing.image import ImageDataGenerator\n"
    "except ImportError:\n  from tensorflow.keras.preprocessing.image import ImageDataGenerator\n"
    "ImageDataGenerator(cval=9)",
    "or nothing": "try:\n  from keras.preprocessing.image import ImageDataGenerator as G\n"
    "except ImportError:\n  G = None\nG(cval=9)",
    "hidden elsewhere": IMPORT + "def show(ImageDataGenerator): pass\nImageDataGenerator(cval=9)",
    "chained": IMPORT + "flow = ImageDataGenerator(cval=9).flow(x, y)",
}

OTHERS = {
    "another package": "from mine.image import ImageDataGenerator\nImageDataGenerator(rotation_range=9)",
    "relative": "from .keras import ImageDataGenerator\nImageDataGenerator(rotation_range=9)",
    "not imported": "ImageDataGenerator(rotation_range=9)",
    "of an unknown star": "from helpers import *\nImageDataGenerator(rotation_range=9)",
    "a class of its own": IMPORT + "class ImageDataGenerator: pass\nImageDataGenerator(rotation_range=9)",
    "a subclass": IMPORT + "class Mine(ImageDataGenerator): pass\nMine(rotation_range=9)",
    "a parameter": "def f(tf):\n  return tf.keras.preprocessing.image.ImageDataGenerator(rotation_range=9)",
    "in a string": IMPORT + "'ImageDataGenerator(rotation_range=9)'",
    "in a comment": IMPORT + "# ImageDataGenerator(rotation_range=9)",
    "a reference": IMPORT + "make = ImageDataGenerator",
}


@pytest.mark.parametrize("code", NAMED.values(), ids=NAMED)
def test_a_call_is_found_under_whatever_name_it_goes(code: str) -> None:
    """With the argument that it has."""
    (found,) = contents_of(code).specs
    assert found.arguments == {"cval": 9}


@pytest.mark.parametrize("code", OTHERS.values(), ids=OTHERS)
def test_what_is_not_certainly_that_class_is_left_alone(code: str) -> None:
    """Silence is no error, and a finding about something else would be one."""
    assert contents_of(code).specs == ()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1. / 255", 1 / 255),
        ("-(2 ** -3)", -0.125),
        ("(0.8, 1.2)", [0.8, 1.2]),
        ("[-2, 2]", [-2, 2]),
        ("None", None),
        ("'reflect'", "reflect"),
        ("7 // 2 + 7 % 2 - 1", 3),
    ],
)
def test_literals_and_their_arithmetic_are_values(written: str, value: object) -> None:
    """As Python has them; tuples are lists, as in JSON."""
    assert only_spec(f"ImageDataGenerator(cval={written})").arguments == {"cval": value}


@pytest.mark.parametrize(
    "written",
    [
        "x",
        "f()",
        "float('nan')",
        "1 if a else 2",
        "1 / 0",
        "10 ** 999",
        "2.0 ** 1025",
        "'a' * 3",
        "1j",
        "b''",
        "d['r']",
        "[1] * 3",
        "1e400",
        "lambda: 1",
        "True + True",
        "9 ** 9 ** 9",
        "config.rotation",
        "[*a]",
    ],
)
def test_whatever_is_no_literal_is_named_and_not_guessed(written: str) -> None:
    """It is as if nothing were known of the parameter."""
    found = only_spec(f"ImageDataGenerator(cval=({written}))")
    assert "cval" in found.unread
    assert found.arguments == {}


def test_positional_arguments_have_the_order_of_keras() -> None:
    """Nine of them, and a keyword after them."""
    found = only_spec("ImageDataGenerator(False, False, False, False, False, 1e-6, 20, .1, .2, zoom_range=.3)")
    assert found.arguments == {
        "featurewise_center": False,
        "samplewise_center": False,
        "featurewise_std_normalization": False,
        "samplewise_std_normalization": False,
        "zca_whitening": False,
        "zca_epsilon": 1e-6,
        "rotation_range": 20,
        "width_shift_range": 0.1,
        "height_shift_range": 0.2,
        "zoom_range": 0.3,
    }


@pytest.mark.parametrize(
    "code",
    [
        "R = 20\nImageDataGenerator(rotation_range=R)",
        "R, S = 20, 3\nImageDataGenerator(rotation_range=R)",
        "R: int = 20\ndef f():\n  return ImageDataGenerator(rotation_range=R)",
        "H = 10\nR = 2 * H\nImageDataGenerator(rotation_range=R)",
        "ImageDataGenerator(**{'rotation_range': 20})",
        "ImageDataGenerator(**dict(rotation_range=20))",
        "a = dict(rotation_range=20)\nx, y = ImageDataGenerator(**a), other(**a)\nx = 1",
    ],
)
def test_names_that_can_only_mean_one_value_are_that_value(code: str) -> None:
    """Constants that are assigned once, and dictionaries that are only ever unpacked."""
    assert only_spec(code).arguments == {"rotation_range": 20}


@pytest.mark.parametrize(
    "code",
    [
        "R = 20\nR = 30\nImageDataGenerator(rotation_range=R)",
        "R = 20\nR += 1\nImageDataGenerator(rotation_range=R)",
        "for R in (20, 30): ImageDataGenerator(rotation_range=R)",
        "R = 20\ndef f():\n  global R\n  R = 30\nImageDataGenerator(rotation_range=R)",
        "R = 20\ndef f(R):\n  return ImageDataGenerator(rotation_range=R)",
        "R = 20\nfrom settings import *\nImageDataGenerator(rotation_range=R)",
        "class Config:\n  R = 20\n  def f(self): return ImageDataGenerator(rotation_range=R)",
        "a = dict(rotation_range=20)\na['rotation_range'] = 30\nImageDataGenerator(**a)",
        "a = dict(rotation_range=20)\nchange(a)\nImageDataGenerator(**a)",
        "R = [20]\nR.append(1)\nImageDataGenerator(rotation_range=R)",
        "with f() as R: ImageDataGenerator(rotation_range=R)",
        "[ImageDataGenerator(rotation_range=R) for R in (20, 30)]",
        "def outer():\n  R = 20\n  def f():\n    nonlocal R\n    R = 30\n  return ImageDataGenerator(rotation_range=R)",
        "if (R := 20): pass\nR = 30\nImageDataGenerator(rotation_range=R)",
    ],
)
def test_names_that_can_mean_something_else_are_not_looked_at(code: str) -> None:
    """However likely the value is that stands there."""
    found = only_spec(code)
    assert "rotation_range" in found.unread
    assert "rotation_range" not in found.arguments


def test_an_unknown_dictionary_may_be_anything_but_what_is_named_beside_it() -> None:
    """Python refuses a parameter that is given twice."""
    found = only_spec("ImageDataGenerator(rotation_range=20, **more)")
    assert found.arguments == {"rotation_range": 20}
    assert "rotation_range" not in found.unread
    assert found.unread["zoom_range"] == "**more"


def test_arguments_of_a_dictionary_are_where_they_are_written() -> None:
    """In it, and comments in it are heard."""
    found = only_spec("a = dict(\n    zoom_range=0.5,  # augury: ignore[zoom-distorts]\n)\nImageDataGenerator(**a)")
    assert found.position == Position(0, 5, 1)
    assert found.positions == {"zoom_range": Position(0, 3, 5)}
    assert found.silenced == {"zoom-distorts"}


def test_positions_are_those_of_characters_and_of_each_argument() -> None:
    """In a line with letters of several bytes, too."""
    found = only_spec("größe = 'äöü'; g = ImageDataGenerator(\n    zoom_range=0.2, nonsense=1)")
    assert found.position == Position(0, 2, 20)
    assert found.positions == {"zoom_range": Position(0, 3, 5)}
    assert found.unknown == {"nonsense": Position(0, 3, 21)}


def test_a_comment_in_the_call_silences_rules() -> None:
    """The ones that it names, or all; a string that looks like one does not."""
    assert only_spec("ImageDataGenerator(  # augury: ignore[zoom-distorts, a]\n  zoom_range=.5)").silenced == {
        "zoom-distorts",
        "a",
    }
    assert only_spec("ImageDataGenerator(zoom_range=.5)  # augury: ignore").silenced == {"*"}
    assert only_spec("ImageDataGenerator(fill_mode='# augury: ignore')").silenced == frozenset()


@pytest.mark.parametrize(
    ("function", "mode"),
    [
        ("keras.applications.vgg16.preprocess_input", "imagenet_caffe"),
        ("keras.applications.xception.preprocess_input", "imagenet_tf"),
        ("keras.applications.densenet.preprocess_input", "imagenet_torch"),
        ("keras.applications.efficientnet.preprocess_input", None),
        ("lambda x: keras.applications.vgg16.preprocess_input(x)", "imagenet_caffe"),
        ("lambda x: keras.applications.imagenet_utils.preprocess_input(x, mode='tf')", "imagenet_tf"),
    ],
)
def test_functions_of_keras_applications_are_told_by_their_module(function: str, mode: str | None) -> None:
    """By the name that specs have for what they do; those that do nothing are none."""
    found = only_spec(f"import keras\nImageDataGenerator(preprocessing_function={function})")
    assert found.arguments == {"preprocessing_function": mode}


@pytest.mark.parametrize(
    "function",
    [
        "mine",
        "'imagenet_tf'",
        "keras.applications.unheard_of.preprocess_input",
        "lambda x: keras.applications.vgg16.preprocess_input(x / 2)",
        "lambda x: keras.applications.vgg16.preprocess_input(x, mode='tf')",
        "lambda keras: keras.applications.vgg16.preprocess_input(keras)",
    ],
)
def test_any_other_function_is_not_looked_at(function: str) -> None:
    """Whatever it is called."""
    found = only_spec(f"import keras\nImageDataGenerator(preprocessing_function={function})")
    assert "preprocessing_function" in found.unread


def test_code_for_keras_1_is_left_alone() -> None:
    """Its shear was in radians."""
    contents = contents_of(IMPORT + "g = ImageDataGenerator(shear_range=0.2)\nmodel.fit_generator(g, nb_epoch=3)")
    assert contents.specs == ()
    assert "before 2.3" in contents.notes[0].message
