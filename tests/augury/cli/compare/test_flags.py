"""Flags that are candidates: what each means, and what none of them takes."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.candidates import Candidate
from augury.cli.app import app
from augury.cli.compare.flags import FLAGS, all_of, flagged
from augury.cli.compare.request import candidates_of, epochs_of, model_of, seeds_of, spec_of

NUMBERED = [flag for flag in FLAGS if flag.takes is not None]


def test_flags_are_told_apart_by_what_they_do() -> None:
    """Each sets parameters that no other sets, so that all of them can be put together."""
    given_flags = {flag.key: True if flag.takes is None else [0.5] for flag in FLAGS}
    candidates = flagged(given_flags)
    assert set(candidates) == {flag.name for flag in FLAGS}
    together = ImageDataGeneratorSpec.model_validate(all_of(candidates))
    assert (together.horizontal_flip, together.vertical_flip, together.zoom_range) == (True, True, 0.5)
    assert together.brightness_range == (0.5, 1.5)
    assert (together.width_shift_range, together.height_shift_range) == (0.5, 0.5)


@pytest.mark.parametrize("flag", FLAGS, ids=[flag.name for flag in FLAGS])
def test_help_says_what_every_flag_takes(flag: Any) -> None:
    """With its unit, where it takes a number."""
    shown = CliRunner().invoke(app, ["compare", "--help"]).stdout
    assert f"--{flag.name} {flag.takes}" in shown if flag.takes else f"--{flag.name} " in shown


def test_a_flag_that_is_given_twice_is_two_candidates() -> None:
    """With the numbers in their names; the same number twice is one."""
    assert flagged({"rotation": [10.0, 30.0]}) == {
        "rotation-10": {"rotation_range": 10.0},
        "rotation-30": {"rotation_range": 30.0},
    }
    assert flagged({"zoom": [0.2, 0.2]}) == {"zoom": {"zoom_range": 0.2}}


@given(flag=st.sampled_from(NUMBERED), amount=st.floats(-400, 400))
def test_a_number_is_a_candidate_that_changes_images_or_is_refused(flag: Any, amount: float) -> None:
    """What is accepted here is accepted by a service."""
    try:
        would_change = ImageDataGeneratorSpec.model_validate(flag.spec(amount)).has_augmentation
    except ValidationError:
        would_change = False
    if not would_change:
        with pytest.raises(typer.BadParameter, match=f"--{flag.name}: got"):
            flagged({flag.key: [amount]})
        return
    ((name, meant),) = flagged({flag.key: [amount]}).items()
    assert Candidate.model_validate({"name": name, "spec": meant}).spec.has_augmentation


@pytest.mark.parametrize(
    ("given_flags", "reason"),
    [
        ({"rotation": [0.0]}, "--rotation: got 0, which changes nothing"),
        ({"zoom": [1.5]}, "--zoom: got 1.5"),
        ({"brightness": [2.0]}, "--brightness: got 2"),
        ({"shift": [-0.1]}, "--shift: got -0.1"),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_its_unit(given_flags: dict[str, Any], reason: str) -> None:
    """And with what the flag does."""
    with pytest.raises(typer.BadParameter, match=reason):
        flagged(given_flags)


def test_together_takes_two_flags_that_do_not_set_the_same() -> None:
    """Which of two rotations is meant, nobody can tell."""
    with pytest.raises(typer.BadParameter, match="two or more"):
        candidates_of({"flip": True}, [], together=True)
    with pytest.raises(typer.BadParameter, match="rotation_range"):
        candidates_of({"rotation": [10.0, 20.0]}, [], together=True)
    found = candidates_of({"flip": True, "rotation": [10.0]}, [], together=True)
    assert found["together"] == {"horizontal_flip": True, "rotation_range": 10.0}


def test_a_candidate_is_json_or_a_file_of_it(tmp_path: Any) -> None:
    """Alone, or as the spec of a request."""
    (tmp_path / "mild.json").write_text('{"spec": {"shear_range": 5}}')
    found = candidates_of({}, ['zoom={"zoom_range": 0.2}', f"mild={tmp_path / 'mild.json'}"])
    assert found == {"zoom": {"zoom_range": 0.2}, "mild": {"shear_range": 5}}


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        (["zoom"], "NAME="),
        (["={}"], "NAME="),
        (["a=missing.json"], "there is no file missing.json"),
        (["a={"], "--candidate"),
        (["flip={}"], "two candidates of the name flip"),
    ],
)
def test_a_candidate_that_is_none_is_refused(named: list[str], reason: str) -> None:
    """In a sentence that says what is expected."""
    with pytest.raises(typer.BadParameter, match=reason):
        candidates_of({"flip": True}, named)


def test_a_spec_that_is_no_object_is_refused() -> None:
    """As is a list in the place of one."""
    with pytest.raises(typer.BadParameter, match="JSON object"):
        spec_of("--baseline", '{"spec": 3}')


def test_a_model_is_a_name_an_id_or_json(tmp_path: Any) -> None:
    """What Keras writes of a network is a configuration; a file of weights is to be registered first."""
    (tmp_path / "net.json").write_text('{"class_name": "Sequential", "config": {}}')
    assert model_of(None) is None
    assert model_of("resnet8") == {"name": "resnet8"}
    assert model_of("applications/MobileNet") == {"name": "applications/MobileNet"}
    assert model_of("model_" + "0" * 32) == {"id": "model_" + "0" * 32}
    assert model_of('{"name": "linear"}') == {"name": "linear"}
    assert model_of(str(tmp_path / "net.json")) == {"config": {"class_name": "Sequential", "config": {}}}
    with pytest.raises(typer.BadParameter, match=r"augury models add net\.keras"):
        model_of("net.keras")


def test_seeds_and_epochs_are_numbers_ranges_and_rules() -> None:
    """And nothing else."""
    assert (seeds_of(None), seeds_of("5"), seeds_of("5-10")) == (None, 5, {"min": 5, "max": 10})
    assert (epochs_of(None), epochs_of("20"), epochs_of("auto")) == (None, 20, "auto")
    for text in ("x", "5-", "1-2-3", "-5"):
        with pytest.raises(typer.BadParameter, match="--seeds"):
            seeds_of(text)
    for text in ("x", "1.5", "-1"):
        with pytest.raises(typer.BadParameter, match="--epochs"):
            epochs_of(text)
