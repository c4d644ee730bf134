"""The JSON that guides show is what the interface takes and gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.references import DatasetReference
from api_schemas.failures import Failure
from api_schemas.jobs import ComparisonRequest, JobRequest
from api_schemas.previews import Preview
from api_schemas.service.problems import Problem
from augury.training.model_reading.published import Table
from tests.docs.blocks import ROOT, Block, blocks
from tests.docs.placeholders import filled

KINDS: tuple[Any, ...] = (
    ImageDataGeneratorSpec,
    DatasetReference,
    JobRequest,
    Problem,
    Failure,
    Preview,
    Table,
)
"""What a whole object may be."""

STANDING = ROOT / "examples" / "standing-example.json"


def _errors(value: Any) -> dict[str, str]:
    """By kind, why *value* is none; empty where it is one.

    A part of a comparison is read in the place of the example's.
    """
    found = {}
    if isinstance(value, dict) and value.keys() <= ComparisonRequest.model_fields.keys():
        value = json.loads(STANDING.read_text()) | value
    for kind in KINDS:
        try:
            TypeAdapter(kind).validate_python(value)
        except ValidationError as error:
            found[getattr(kind, "__name__", str(kind))] = str(error.errors()[0]["msg"])
        else:
            return {}
    return found


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_what_is_shown_as_json_is_a_body_or_a_part_of_a_request(block: Block) -> None:
    """As it stands, with whole ids in the place of those that are shortened."""
    errors = _errors(json.loads(filled(block.text)))
    assert not errors, f"{block} is none of these (or say above it why it is not to be read): {errors}"


def test_a_field_that_is_misspelt_is_found_out() -> None:
    """Otherwise the test above would show nothing."""
    assert _errors({"rotation_rage": 20})
    assert _errors({"evaluation": {"seed": 5}})


def test_the_three_augmentations_are_those_of_the_example() -> None:
    """The page shows each spec in full, in the order of the request."""
    shown = [json.loads(block.text) for block in blocks("json", "docs/three-augmentations.md")]
    assert shown == [each["spec"] for each in json.loads(STANDING.read_text())["candidates"]]
