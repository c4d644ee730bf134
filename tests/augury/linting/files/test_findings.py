"""Findings about specs in files hold whatever is not known of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import ndimage

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.lint import Severity
from augury.linting import RULES, lint
from augury.linting.case import Case
from augury.linting.files.assumptions import watched
from augury.linting.files.findings import OUTSIDE_SPECS, UNKNOWN_ARGUMENT, PlacedFinding, findings_of
from augury.linting.filling import OVERSHOOT
from augury.reading.found import FoundSpec, Position
from tests.api_schemas.specs import accepted_specs
from tests.augury.linting.cases import PHOTOS, WIDE
from tests.augury.reading.code import only_spec

PARAMETERS = sorted(ImageDataGeneratorSpec.model_fields)


def _said(code: str) -> dict[str, PlacedFinding]:
    return {each.rule: each for each in findings_of(only_spec(f"ImageDataGenerator({code})"))}


@given(spec=accepted_specs(), hidden=st.sets(st.sampled_from(PARAMETERS), max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_is_said_of_a_part_of_a_spec_is_said_of_the_whole(spec: ImageDataGeneratorSpec, hidden: set[str]) -> None:
    """Whatever the parameters are that were not known."""
    known = {name: value for name, value in spec.model_dump(mode="json").items() if name not in hidden}
    found = FoundSpec(Position(), known, dict.fromkeys(hidden, "x"))
    said = {each.rule for each in findings_of(found)} - {OUTSIDE_SPECS}
    assert said <= {each.rule for each in lint(spec)}


@given(spec=accepted_specs(), other=accepted_specs(), rule=st.sampled_from(RULES))
@settings(max_examples=100, deadline=None)
def test_a_rule_depends_on_what_it_was_seen_to_read_and_on_nothing_else(
    spec: ImageDataGeneratorSpec, other: ImageDataGeneratorSpec, rule: Any
) -> None:
    """With everything else taken from another spec it says the same."""
    stand_in, watch = watched(spec)
    hit = rule.check(Case(stand_in, None, "keras"))
    mixed = {name: getattr(spec if name in watch.seen else other, name) for name in PARAMETERS}
    again = rule.check(Case(ImageDataGeneratorSpec.model_construct(**mixed), None, "keras"))
    assert (hit and hit.numbers) == (again and again.numbers)


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("fill_mode=mode, cval=3.0, zoom_range=0.1", "cval-unused"),
        ("samplewise_std_normalization=flag, brightness_range=(0.5, 1.5)", "brightness-cancelled"),
        ("zoom_range=0.5, **more", "invented-pixels"),
    ],
)
def test_a_rule_is_silent_where_it_reads_what_is_not_known(code: str, rule: str) -> None:
    """It may apply, or not."""
    assert rule not in _said(code)


def test_the_rest_of_a_call_is_looked_at() -> None:
    """Rules that read nothing else say what they have to say."""
    assert set(_said("shear_range=0.2, zoom_range=unknown, preprocessing_function=f")) == {"shear-in-degrees"}


def test_what_depends_on_the_size_of_images_is_not_said_of_images_that_nobody_knows() -> None:
    """Twenty pixels are much of a digit, and little of a photograph."""
    pixels = only_spec("ImageDataGenerator(width_shift_range=20, height_shift_range=20)")
    assert "shift-large" not in {each.rule for each in findings_of(pixels)}
    assert "shift-large" in {each.rule for each in lint(ImageDataGeneratorSpec(width_shift_range=20))}


def test_with_a_dataset_its_facts_decide() -> None:
    """Rules that need them speak."""
    found = only_spec("ImageDataGenerator(rotation_range=10)")
    assert "wrong-pivot" in {each.rule for each in findings_of(found, WIDE)}
    assert "no-rescale" in {each.rule for each in findings_of(found, PHOTOS)}
    assert not {"wrong-pivot", "no-rescale"} & {each.rule for each in findings_of(found)}


def test_a_finding_is_where_its_parameter_is() -> None:
    """The first that it is about, in the order of the file."""
    said = _said("\n  horizontal_flip=True,\n  shear_range=0.2")
    assert said["shear-in-degrees"].position == Position(0, 4, 3)


def test_arguments_that_there_are_not_are_errors() -> None:
    """And do not hide the rest."""
    said = _said("rotation_rage=20, shear_range=0.2")
    assert said[UNKNOWN_ARGUMENT].severity is Severity.ERROR
    assert "shear-in-degrees" in said


def test_values_that_no_spec_has_are_said_and_not_judged() -> None:
    """With what was expected; the rest is looked at."""
    said = _said("zoom_range=1.5, shear_range=0.2")
    assert said[OUTSIDE_SPECS].severity is Severity.INFO
    assert "got 1.5" in said[OUTSIDE_SPECS].message
    assert {"shear-in-degrees", OUTSIDE_SPECS} == set(said)
    assert set(_said("zca_whitening=True, featurewise_std_normalization=True, shear_range=0.2")) == {OUTSIDE_SPECS}


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)


@given(arguments=st.dictionaries(st.sampled_from(PARAMETERS), _ANYTHING, max_size=5))
@settings(max_examples=150, deadline=None)
def test_whatever_stands_there_is_judged_or_said_to_be_outside(arguments: dict[str, Any]) -> None:
    """A value is one that a spec takes, or there is a finding that it is not."""
    said = findings_of(FoundSpec(Position(), arguments))
    try:
        ImageDataGeneratorSpec.model_validate(arguments)
    except ValidationError:
        assert OUTSIDE_SPECS in {each.rule for each in said}
    else:
        assert OUTSIDE_SPECS not in {each.rule for each in said}


def test_rules_about_jobs_are_not_asked_of_code() -> None:
    """What it does with a generator is its own affair; a candidate of a request is a job's."""
    arguments = {"featurewise_center": True, "validation_split": 0.2, "rotation_range": 40}
    code = FoundSpec(Position(), arguments, is_code=True)
    request = FoundSpec(Position(), arguments)
    only_there = {"needs-fit", "validation-split-takes-the-first", "never-unchanged"}
    assert only_there <= {each.rule for each in findings_of(request)}
    assert not only_there & {each.rule for each in findings_of(code)}


def test_silenced_rules_are_not_said() -> None:
    """Those that a comment in the call names, or all."""
    both = "shear_range=0.2,  # augury: ignore[{}]\n  vertical_flip=True"
    assert set(_said(both.format("shear-in-degrees"))) == {"vertical-flip"}
    assert set(_said("shear_range=0.2,  # augury: ignore\n  vertical_flip=True")) == set()


def test_splines_overshoot_as_far_as_is_said() -> None:
    """As SciPy has them, which the linter does without."""
    image = np.random.default_rng(0).integers(0, 2, (32, 32)).astype(np.float64)
    for order, expected in OVERSHOOT.items():
        turned = ndimage.affine_transform(image, np.array([[0.98, -0.17], [0.17, 0.98]]), order=order, mode="nearest")
        assert max(-turned.min(), turned.max() - 1) == pytest.approx(expected, abs=1e-4)
