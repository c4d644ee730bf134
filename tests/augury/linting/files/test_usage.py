"""What a program does with its generators is said where the file proves it, and nowhere else."""

from __future__ import annotations

import pytest

from api_schemas.lint import Severity
from augury.linting.files.findings import PlacedFinding
from augury.linting.files.usage import AUGMENTED, NEVER_FITTED, OTHERWISE, usage_findings
from augury.reading.found import Position
from tests.augury.reading.code import IMPORT, contents_of

PAIR = """
train = ImageDataGenerator({training})
other = ImageDataGenerator({validation})
flow = train.flow_from_directory("train")
validation = other.flow_from_directory("validation")
model.fit(flow, epochs=3, validation_data=validation)
"""


def _said(code: str) -> list[PlacedFinding]:
    return [each for findings in usage_findings(contents_of(IMPORT + code)) for each in findings]


def _rules(code: str) -> list[str]:
    return [each.rule for each in _said(code)]


def _pair(training: str, validation: str) -> list[PlacedFinding]:
    return _said(PAIR.format(training=training, validation=validation))


def test_validation_images_that_are_augmented_are_told() -> None:
    """At the training that validates on them."""
    (found,) = _pair("rescale=1 / 255, zoom_range=0.1", "rescale=1 / 255, zoom_range=0.1")
    assert (found.rule, found.severity, found.position) == (AUGMENTED, Severity.WARNING, Position(0, 7, 1))


def test_the_validation_part_of_an_augmenting_generator_is_told() -> None:
    """Whatever else there is in the call that is not known."""
    code = "g = ImageDataGenerator(horizontal_flip=True, zoom_range=z, validation_split=0.2)\n"
    flows = 'a = g.flow(x, subset="training")\nb = g.flow(x, subset="validation")'
    (found,) = _said(code + flows)
    assert (found.rule, found.position) == (AUGMENTED, Position(0, 4, 5))
    assert _rules(code.replace("True", "flip") + flows) == []
    assert _rules(code + 'a = g.flow(x, subset="training")') == []


def test_preprocessing_that_differs_is_an_error_with_both_values() -> None:
    """The model is validated on other numbers than it is trained on."""
    (found,) = _pair("rescale=1 / 255, zoom_range=0.1", "")
    assert (found.rule, found.severity) == (OTHERWISE, Severity.ERROR)
    assert "rescale 0.0039" in found.message
    assert "against None" in found.message


@pytest.mark.parametrize(
    ("training", "validation"),
    [
        ("rescale=1 / 255, zoom_range=0.1", "rescale=1 / 255"),
        ("rescale=1 / 255", "rescale=scale"),
        ("rescale=1 / 255", "**more"),
        ("preprocessing_function=f", "preprocessing_function=f"),
        ("samplewise_std_normalization=True", "samplewise_center=True, samplewise_std_normalization=True"),
        ("rescale=0", ""),
    ],
)
def test_a_pair_that_is_alike_or_not_known_is_not_told(training: str, validation: str) -> None:
    """What means the same is alike, however it is written."""
    assert _pair(training, validation) == []


@pytest.mark.parametrize(
    "change",
    [
        ('other.flow_from_directory("validation")', "other.flow(x)"),  # which may have been scaled before
        ("flow = train", "flow = any_of(train)"),
        ("other = ImageDataGenerator(", "other = ImageDataGenerator(), ImageDataGenerator("),
        ("model.fit", "validation = again()\nmodel.fit"),
        ("other = Image", "other = None\nother = Image"),
    ],
)
def test_what_may_be_something_else_is_not_told(change: tuple[str, str]) -> None:
    """Other data, other functions, names that are bound twice."""
    code = PAIR.format(training="rescale=1 / 255", validation="zoom_range=0.1")
    assert set(_rules(code)) == {AUGMENTED, OTHERWISE}
    assert change[0] in code
    assert _rules(code.replace(*change)) == []


@pytest.mark.parametrize(
    "code",
    [
        "g = ImageDataGenerator(featurewise_center=True)\ng.flow(x)",
        "ImageDataGenerator(zca_whitening=True).flow(x)",
        "def f():\n  g = ImageDataGenerator(featurewise_center=True, cval=c)\n  return g.flow(x)",
    ],
)
def test_a_generator_that_flows_and_is_never_fitted_is_an_error(code: str) -> None:
    """Where nobody else can have fitted it."""
    (found,) = _said(code)
    assert (found.rule, found.severity) == (NEVER_FITTED, Severity.ERROR)


@pytest.mark.parametrize(
    "code",
    [
        "g = ImageDataGenerator(featurewise_center=True)\ng.fit(x)\ng.flow(x)",
        "g = ImageDataGenerator(featurewise_center=True)\nprepare(g)\ng.flow(x)",
        "g = ImageDataGenerator(featurewise_center=True)\ng.mean = 3\ng.flow(x)",
        "g = ImageDataGenerator(featurewise_center=True)\nfit = g.fit\ng.flow(x)",
        "g = ImageDataGenerator(featurewise_center=True)\ndef f(): g.fit(x)\ng.flow(x)",
        "g = ImageDataGenerator(featurewise_center=True)\ng = load()\ng.flow(x)",
        "g = ImageDataGenerator(featurewise_center=True)",
        "g = ImageDataGenerator(featurewise_center=flag)\ng.flow(x)",
        "g = ImageDataGenerator(rescale=1 / 255)\ng.flow(x)",
        "self.g = ImageDataGenerator(featurewise_center=True)\nself.g.flow(x)",
    ],
)
def test_a_generator_that_may_have_been_fitted_is_not_told(code: str) -> None:
    """By a call, by a function that it is handed to, or by its attributes."""
    assert _rules(code) == []


def test_comments_in_the_generator_silence_what_is_said_of_its_use() -> None:
    """As with every other rule."""
    code = "g = ImageDataGenerator(featurewise_center=True)  # augury: ignore[never-fitted]\ng.flow(x)"
    assert _rules(code) == []
