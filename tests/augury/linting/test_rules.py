"""Every rule speaks where it should, and only there."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Finding, Semantics, Severity
from augury.linting import RULES, lint, measurements_of
from augury.linting.rules import _answer
from augury.planning.comparison import default_baseline
from tests.api_schemas.specs import accepted_specs
from tests.augury.linting.cases import CASES, DIGITS, NUMBERED, PHOTOS, RARE, SIGNED, UNIT, WIDE, Example, facts
from tests.store.databases import APPROPRIATE, OVER, TARGETED

GARBLED = re.compile(r"\b(?:None|nan|inf)\b|[{}]")
BY_ID = {rule.id: rule for rule in RULES}


def _findings(example: Example) -> dict[str, Finding]:
    spec = ImageDataGeneratorSpec.model_validate(example.spec)
    semantics: Semantics = "corrected" if example.semantics == "corrected" else "keras"
    return {found.rule: found for found in lint(spec, example.facts, semantics)}


def _on(spec: dict[str, Any], known: DatasetFacts | None = None) -> dict[str, Finding]:
    return _findings(Example(spec, known))


def test_every_rule_has_an_example_and_a_near_miss() -> None:
    """A rule without both is not specified; an id that two rules share is not an id."""
    assert sorted(CASES) == sorted(rule.id for rule in RULES)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.id) for rule in RULES)


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_it_is_about(rule: str) -> None:
    """And says it in words, about parameters that exist, with a changed spec that it does not find again."""
    example = CASES[rule][0]
    found = _findings(example)[rule]
    assert found.severity is BY_ID[rule].severity
    assert set(found.parameters) <= set(ImageDataGeneratorSpec.model_fields)
    assert len(found.message) > 20
    assert not GARBLED.search(found.message + found.remedy)
    if found.changed_spec is not None:
        spec = found.changed_spec.model_dump(exclude_defaults=True)
        assert rule not in _findings(Example(spec, example.facts, example.semantics)) or rule in _UNCURED


_UNCURED = {
    "zca-too-few-images",  # a larger epsilon tames it
    "shift-axes-swapped",  # two wrongs: the ranges are exchanged because the axes are
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_leaves_a_near_miss_alone(rule: str) -> None:
    """Linters that cry wolf are switched off."""
    assert rule not in _findings(CASES[rule][1])


def test_the_standing_example_over_is_too_much_of_everything() -> None:
    """Shear does nothing, geometry takes half of each image, and there is no rescale."""
    found = _on(OVER, DIGITS)
    assert {
        "shear-in-degrees",
        "rotation-changes-labels",
        "flip-changes-labels",
        "zoom-distorts",
        "shift-large",
        "invented-pixels",
        "half-hidden",
        "no-rescale",
    } <= set(found)
    assert "44%" in found["invented-pixels"].message


def test_the_standing_example_appropriate_mirrors_digits() -> None:
    """Apart from that nothing needs a warning."""
    found = _on(APPROPRIATE, DIGITS)
    assert [each.rule for each in found.values() if each.severity is not Severity.INFO] == ["flip-changes-labels"]


def test_the_standing_example_targeted_is_normalisation_and_nothing_else() -> None:
    """The channel shift is too small, and normalisation undoes the brightness."""
    found = _on(TARGETED, DIGITS)
    assert {"channel-shift-negligible", "brightness-cancelled", "no-effective-augmentation"} <= set(found)
    changed = found["no-effective-augmentation"].changed_spec
    assert changed is not None
    assert not changed.has_augmentation
    assert changed.samplewise_std_normalization


def test_swapped_axes_are_told_in_pixels_and_undone_in_the_changed_spec() -> None:
    """On 40×120 images a height shift of a tenth moves 4 pixels sideways."""
    found = _on({"height_shift_range": 0.1, "width_shift_range": 0.2}, WIDE)["shift-axes-swapped"]
    assert "sideways by up to 4 pixels" in found.message
    assert "up and down by up to 24 pixels" in found.message
    assert found.changed_spec is not None
    assert found.changed_spec.height_shift_range == pytest.approx(0.6)  # of 40: the 24 pixels meant sideways
    assert found.changed_spec.width_shift_range == pytest.approx(0.1 * 40 / 120)


def test_brightness_on_unit_values_is_black() -> None:
    """As Keras 3 does it; in the data's own range it is not."""
    assert _on({"brightness_range": [0.8, 1.2]}, UNIT)["brightness-blackens"].severity is Severity.ERROR


def test_findings_come_gravest_first() -> None:
    """Whoever reads only the first reads the worst."""
    spec = ImageDataGeneratorSpec.model_validate(
        {"rescale": 1 / 255, "rotation_range": 0.5, "brightness_range": [1, 2]}
    )
    order = [found.severity for found in lint(spec, UNIT)]
    assert order == sorted(order, key=list(Severity).index)
    assert order[0] is Severity.ERROR


def test_an_answer_is_quick_at_first_and_free_after() -> None:
    """It is computed while a client waits: 100 ms for one never seen, a millisecond for one that was."""
    lint(ImageDataGeneratorSpec(rotation_range=1))  # loads what is loaded once
    spec = ImageDataGeneratorSpec.model_validate(OVER | {"rotation_range": 77, "brightness_range": [0.7, 1.3]})
    first, again = (_seconds(spec) for _ in range(2))
    assert first < 0.3  # a busy machine is given some time
    assert again < 0.01


def _seconds(spec: ImageDataGeneratorSpec) -> float:
    began = time.perf_counter()
    lint(spec, PHOTOS)
    return time.perf_counter() - began


def test_the_same_question_has_the_same_answer() -> None:
    """Draws are simulated with a fixed seed."""
    spec = ImageDataGeneratorSpec.model_validate(OVER)
    first = (lint(spec, DIGITS), measurements_of(spec, DIGITS))
    _answer.cache_clear()
    assert (lint(spec, DIGITS), measurements_of(spec, DIGITS)) == first


_FACTS = st.builds(
    lambda shape, ends, mean, deviation, classes, dtype: facts(shape, ends, mean, deviation, classes, dtype),
    st.tuples(st.integers(1, 80), st.integers(1, 80), st.integers(1, 5)),
    st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(lambda ends: (min(ends), max(ends))),
    st.floats(-1e6, 1e6),
    st.floats(0, 1e6),
    st.dictionaries(st.sampled_from(["0", "6", "a", "left", "cat {dog}", "text", ""]), st.integers(1, 500)),
    st.sampled_from(["uint8", "uint16", "float32"]),
)


@settings(max_examples=150, deadline=None)
@given(spec=accepted_specs(), known=st.none() | _FACTS, semantics=st.sampled_from(["keras", "corrected"]))
def test_nothing_that_is_accepted_breaks_the_linter(
    spec: ImageDataGeneratorSpec, known: DatasetFacts | None, semantics: Semantics
) -> None:
    """Every valid spec and every dataset has an answer that can be read."""
    for found in lint(spec, known, semantics):
        assert not re.search(r"\b(?:None|nan|inf)\b", found.message + found.remedy)
        assert Finding.model_validate_json(found.model_dump_json()) == found
    measurements_of(spec, known, semantics).model_dump_json()


TWELVE_BITS = facts((24, 24, 1), values=(3.0, 4019.0), dtype="uint16")
MASKS = facts((24, 24, 1), values=(0.0, 1.0))
SCALES = {"no-rescale", "rescale-twice", "rescale-off-scale", "preprocessing-function-range"}


@pytest.mark.parametrize(
    ("spec", "known", "said"),
    [
        ({"preprocessing_function": "imagenet_tf"}, PHOTOS, set()),
        ({"preprocessing_function": "imagenet_torch"}, PHOTOS, set()),
        ({"preprocessing_function": "imagenet_caffe"}, PHOTOS, {"no-rescale"}),
        ({"preprocessing_function": "imagenet_tf", "rescale": 1 / 255}, PHOTOS, {"rescale-twice"}),
        ({"preprocessing_function": "imagenet_torch", "rescale": 1 / 255}, PHOTOS, {"rescale-twice"}),
        ({"preprocessing_function": "imagenet_caffe", "rescale": 1 / 255}, PHOTOS, set()),
        ({"preprocessing_function": "imagenet_tf"}, UNIT, {"preprocessing-function-range"}),
        ({}, TWELVE_BITS, {"no-rescale"}),
        ({"rescale": 1 / 4095}, TWELVE_BITS, set()),
        ({"rescale": 1 / 255}, TWELVE_BITS, {"rescale-off-scale"}),
        ({"rescale": 1 / 65_535}, TWELVE_BITS, {"rescale-off-scale"}),
        ({}, MASKS, set()),
        ({"rescale": 1 / 255}, MASKS, {"rescale-twice"}),
        ({}, SIGNED, set()),
    ],
    ids=str,
)
def test_scales_are_judged_by_what_the_model_will_see(
    spec: dict[str, Any], known: DatasetFacts, said: set[str]
) -> None:
    """The preprocessing function comes before rescale, and the values count, not their type."""
    assert set(_on(spec, known)) & SCALES == said


def test_the_remedy_for_a_missing_rescale_is_the_default_baselines() -> None:
    """12 bits stay 12 bits in a type that holds 16."""
    changed = _on({}, TWELVE_BITS)["no-rescale"].changed_spec
    assert changed is not None
    assert changed.rescale == 1 / 4095


@given(
    st.sampled_from(["uint8", "uint16", "float32"]),
    st.tuples(st.floats(0, 65_535), st.floats(0, 65_535)),
)
def test_the_default_baseline_is_never_told_to_be_off_scale(dtype: str, ends: tuple[float, float]) -> None:
    """Both go by the same rule."""
    top = 255 if dtype == "uint8" else 65_535
    low, high = sorted(min(end, top) if dtype == "float32" else float(round(min(end, top))) for end in ends)
    known = facts(values=(low, high), dtype=dtype)
    spec = default_baseline(known)
    assert not SCALES & {found.rule for found in lint(spec, known)}


@pytest.mark.parametrize(
    ("classes", "are_digits", "severity"),
    [
        (list("0123456789"), False, Severity.INFO),
        (list("0123456789"), True, Severity.WARNING),
        (["class 0", "class 1"], False, Severity.INFO),
        ([str(number) for number in range(12)], False, Severity.INFO),
        (["zero", "one", "two"], False, Severity.WARNING),
        (["digit_3", "digit_8"], False, Severity.WARNING),
        (["left", "right"], False, Severity.WARNING),
        (["0", "cat"], False, None),
    ],
)
def test_numbered_classes_are_no_digits_until_somebody_says_so(
    classes: list[str], are_digits: bool, severity: Severity | None
) -> None:
    """A number instead of a name counts classes; it is mentioned, and no more."""
    known = facts(classes=dict.fromkeys(classes, 100)).model_copy(update={"are_digits": are_digits})
    found = _on({"horizontal_flip": True}, known).get("flip-changes-labels")
    assert (found and found.severity) == severity


def test_mere_numbers_are_said_to_say_nothing() -> None:
    """The message has no claim about the pictures."""
    message = _on({"horizontal_flip": True, "rotation_range": 90}, NUMBERED)["rotation-changes-labels"].message
    assert "merely numbered" in message
    assert "if they are digits" in message


def test_a_rare_class_is_told_with_its_images_and_what_always_guessing_gives() -> None:
    """400 to 16: three images validate the rare class, and 96 % are right without looking."""
    message = _on({"horizontal_flip": True}, RARE)["rare-classes"].message
    assert "3 are of the rarest of “ill”" in message
    assert "33 points" in message
    assert "96%" in message


def test_rare_classes_are_counted_in_the_split_that_validates() -> None:
    """Where a dataset has one."""
    splits = {"train": {"healthy": 300, "ill": 300}, "validation": {"healthy": 100, "ill": 4}}
    known = facts(classes={"healthy": 400, "ill": 304}).model_copy(update={"splits": splits})
    assert "in the split validation" in _on({"horizontal_flip": True}, known)["rare-classes"].message
