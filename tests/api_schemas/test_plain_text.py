"""No text that a client sends may have a control character in it, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api_schemas.datasets.references import DatasetReference
from api_schemas.jobs import JobRequest

_REFERENCE: TypeAdapter[Any] = TypeAdapter(DatasetReference)
_JOB: TypeAdapter[Any] = TypeAdapter(JobRequest)
CHARACTERS = ["\x00", "\n", "\t", "\x1b", "\x7f", "\x85", "\ud800"]


def _texts() -> dict[str, dict[str, Any]]:
    """References with X where any text may stand."""
    s3 = {"kind": "s3", "bucket": "images", "key": "a"}
    return {
        "key": {**s3, "key": "aXb"},
        "url": {"kind": "url", "url": "https://example.org/Xb"},
        "path": {"kind": "path", "path": "/data/Xb"},
        **{name: {**s3, "columns": {name: "aXb"}} for name in ("file", "label", "split", "group", "directory")},
    }


def _locations(adapter: TypeAdapter[Any], body: Any) -> list[Any]:
    with pytest.raises(ValidationError) as refusal:
        adapter.validate_python(body)
    return [line["loc"][-1] for line in refusal.value.errors()]


def _with(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: _with(item, text) for key, item in value.items()}
    return value.replace("X", text) if isinstance(value, str) else value


@pytest.mark.parametrize("character", CHARACTERS, ids=ascii)
@pytest.mark.parametrize("field", _texts())
def test_a_control_character_in_a_reference_is_refused_by_field(field: str, character: str) -> None:
    """PostgreSQL cannot look into what holds a NUL, and no name has a use for the others."""
    assert _locations(_REFERENCE, _with(_texts()[field], character)) == [field]


@pytest.mark.parametrize("field", _texts())
@pytest.mark.parametrize("text", [" ", "é", "日本", "\U0001f33c", "\u00a0"], ids=ascii)
def test_other_characters_are_taken(field: str, text: str) -> None:
    """The near miss: spaces and letters of any writing system."""
    assert _REFERENCE.validate_python(_with(_texts()[field], text))


def _model(**parts: Any) -> dict[str, Any]:
    return {
        "kind": "training",
        "dataset": {"kind": "builtin", "name": "digits"},
        "model": {"config": {"class_name": "Sequential", "module": "keras", "config": {"name": "a", **parts}}},
    }


@pytest.mark.parametrize(
    "parts",
    [{"name": "a\x1bb"}, {"b\x00": 1}, {"layers": [{"name": "a\nb"}]}, {"layers": ["\ud800"]}],
    ids=["value", "key", "in a list", "half a pair"],
)
def test_a_model_configuration_is_looked_through(parts: dict[str, Any]) -> None:
    """Keys and values, however deep."""
    assert _JOB.validate_python(_model())
    assert _locations(_JOB, _model(**parts)) == ["config"]


def test_a_control_character_is_one_fault_among_others() -> None:
    """Every faulty field is named at once, and the message says which character it is."""
    with pytest.raises(ValidationError) as refusal:
        _REFERENCE.validate_python({"kind": "s3", "bucket": "?", "key": "a\x00", "columns": {"label": "\x07", "x": 1}})
    messages = {line["loc"][-1]: line["msg"] for line in refusal.value.errors()}
    assert set(messages) == {"bucket", "key", "label", "x"}
    assert messages["label"].endswith("without control characters: U+0007")
