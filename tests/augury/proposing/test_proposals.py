"""Candidates for a dataset that nobody has named any for, with the real linter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.candidates import Candidate, preprocessed_as
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Severity
from augury.linting import lint
from augury.proposing.proposals import Proposals, propose
from augury.value_scale import Values, divided_by

USUAL = {"flip", "rotation", "shift", "zoom", "brightness"}


def _facts(classes: list[str], shape: tuple[int, int, int] = (64, 64, 3), **more: Any) -> DatasetFacts:
    channels = shape[2]
    known = {"dtype": "uint8", "value_range": (0.0, 255.0), "channel_mean": [90.0] * channels} | more
    return DatasetFacts(
        images=20 * len(classes),
        classes=dict.fromkeys(classes, 20),
        shape=shape,
        channel_std=[60.0] * channels,
        **known,
    )


def _baseline(facts: DatasetFacts) -> ImageDataGeneratorSpec:
    return divided_by(Values.of(facts).full_scale)


def _proposed(facts: DatasetFacts) -> Proposals:
    return propose(facts, _baseline(facts), lambda spec: lint(spec, facts))


def test_photographs_of_named_things_may_be_mirrored() -> None:
    """Nothing usual is left out where the linter has nothing against it, and each reason has the images' numbers."""
    found = _proposed(_facts(["rose", "tulip"]))
    assert {each.name for each in found.candidates} == USUAL
    reasons = {each.name: each.reason for each in found.candidates}
    assert "15.6 pixels" in reasons["rotation"]
    assert "6.4 pixels" in reasons["shift"]


@pytest.mark.parametrize(
    "facts",
    [_facts(["left", "right"]), _facts(["7", "8"], are_digits=True), _facts(["0", "1"])],
    ids=["sides", "digits", "merely numbered"],
)
def test_what_a_mirror_might_make_something_else_of_is_not_mirrored(facts: DatasetFacts) -> None:
    """Also where the linter only says that it might; the reason is the linter's."""
    found = _proposed(facts)
    assert "flip" not in {each.name for each in found.candidates}
    assert "horizontal_flip" in dict(found.left_out)["flip"]


def test_brightness_is_left_out_where_it_would_round_the_images_away() -> None:
    """Floats between 0 and 1 in 8-bit arithmetic."""
    unit = {"dtype": "float32", "value_range": (0.0, 1.0), "channel_mean": [0.4] * 3}
    assert "brightness" in dict(_proposed(_facts(["ant", "bee"], **unit)).left_out)


def test_a_milder_form_is_proposed_where_the_stronger_one_is_flagged() -> None:
    """And it is said that more was."""

    def strict(spec: ImageDataGeneratorSpec) -> list[Any]:
        # Bound to the real rule: an angle this large is a complaint for classes that have a way up.
        found = lint(ImageDataGeneratorSpec(rotation_range=60), facts)
        return found if spec.rotation_range > 10 else []

    facts = _facts(["up", "down"])
    rotation = next(each for each in propose(facts, _baseline(facts), strict).candidates if each.name == "rotation")
    assert rotation.spec == {"rotation_range": 10}
    assert "More was flagged" in rotation.reason


_FACTS = st.builds(
    _facts,
    st.lists(st.sampled_from(["ant", "left", "up", "3", "digit 1", "e"]), min_size=2, max_size=4, unique=True),
    st.tuples(st.integers(4, 64), st.integers(4, 64), st.sampled_from([1, 3, 5])),
    value_range=st.sampled_from([(0.0, 1.0), (0.0, 255.0), (-1.0, 1.0), (0.0, 4095.0)]),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
)


@given(_FACTS)
@settings(max_examples=15)
def test_every_usual_transform_is_proposed_without_a_complaint_or_left_out_with_a_reason(facts: DatasetFacts) -> None:
    """What is proposed is a candidate that a job takes."""
    found = _proposed(facts)
    names = [each.name for each in found.candidates]
    assert sorted([*names, *(name for name, _ in found.left_out)]) == sorted(USUAL)
    assert all(reason for _, reason in found.left_out)
    for each in found.candidates:
        candidate = Candidate.model_validate({"name": each.name, "spec": each.spec})
        complaints = [
            finding.rule
            for finding in lint(preprocessed_as(candidate.spec, _baseline(facts)), facts)
            if finding.severity is not Severity.INFO and set(finding.parameters) & set(each.spec)
        ]
        assert complaints == []
