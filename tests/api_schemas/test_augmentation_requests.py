"""Requests of kind ``augmentation``, and the choice between kinds."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api_schemas.jobs import AugmentationRequest, ComparisonRequest, JobRequest
from api_schemas.previews import PreviewRequest

DIGITS = {"kind": "builtin", "name": "digits"}
ANY_REQUEST: TypeAdapter[Any] = TypeAdapter(JobRequest)


def _body(**changes: Any) -> dict[str, Any]:
    return {"kind": "augmentation", "dataset": DIGITS, "spec": {"rotation_range": 20}, **changes}


def _fault(body: Any) -> tuple[tuple[Any, ...], str]:
    with pytest.raises(ValidationError) as error:
        ANY_REQUEST.validate_python(body)
    (line,) = error.value.errors()
    return line["loc"], line["msg"]


def test_the_defaults_are_one_round_of_keras_as_a_folder() -> None:
    """What a client leaves out is chosen here."""
    request = ANY_REQUEST.validate_python(_body())
    assert isinstance(request, AugmentationRequest)
    assert (request.rounds, request.seed, request.format, request.semantics) == (1, 0, "zip", "keras")
    assert (request.identity_probability, request.include_originals, request.device, request.labels) == (
        0.0,
        False,
        "cpu",
        {},
    )
    assert AugmentationRequest.model_validate(request.model_dump(mode="json")) == request


def test_the_kind_says_which_request_it_is() -> None:
    """A comparison is still one."""
    body = {"kind": "comparison", "dataset": DIGITS, "candidates": [{"name": "a", "spec": {}}]}
    assert isinstance(ANY_REQUEST.validate_python(body), ComparisonRequest)


@pytest.mark.parametrize("body", [{}, {"knd": "augmentation"}, _body(kind="search"), _body(kind=None), _body(kind=[])])
def test_a_missing_or_unknown_kind_is_answered_with_the_known_ones(body: dict[str, Any]) -> None:
    """At the field itself, and once."""
    location, message = _fault(body)
    assert location == ("kind",)
    assert "'comparison', 'training' or 'augmentation'" in message


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rounds": 0}, "rounds"),
        ({"rounds": 101}, "rounds"),
        ({"identity_probability": 1.5}, "identity_probability"),
        ({"seed": -1}, "seed"),
        ({"format": "rar"}, "format"),
        ({"semantics": "fixed"}, "semantics"),
        ({"round": 2}, "round"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(changes: dict[str, Any], field: str) -> None:
    """Each at its own field."""
    location, _ = _fault(_body(**changes))
    assert location == ("augmentation", field)


@pytest.mark.parametrize("spec", [{"data_format": "channels_first"}, {"validation_split": 0.2}])
def test_what_an_augmentation_does_not_do_is_refused(spec: dict[str, Any]) -> None:
    """The message names the parameter."""
    _, message = _fault(_body(spec=spec))
    assert message.startswith(next(iter(spec)))


def test_the_old_name_of_a_field_is_answered_with_the_new_one() -> None:
    """What was ``p``, the opposite of what other libraries call so."""
    location, message = _fault(_body(p=0.5))
    assert location == ("augmentation", "p")
    assert message == "unknown field; it is called 'identity_probability' now"
    with pytest.raises(ValidationError, match="it is called 'identity_probability' now"):
        PreviewRequest.model_validate({"dataset": DIGITS, "spec": {}, "p": 0.5})
