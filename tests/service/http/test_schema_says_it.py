"""What the service refuses, and JSON Schema can say, is refused by the document too."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient

from service.http.examples import JOB_EXAMPLES
from tests.store.databases import comparison_body

SPEC_REFUSALS: list[dict[str, Any]] = [
    {"width_shift_range": -0.1},
    {"height_shift_range": []},
    {"zoom_range": 1.0},
    {"zoom_range": -0.2},
    {"zoom_range": [0.0, 1.0]},
    {"zca_whitening": True, "featurewise_std_normalization": True},
    {"dtype": "float16", "rotation_range": 5},
    {"data_format": "channels_first"},
    {"validation_split": 0.2},
]


@pytest.fixture(scope="module")
def document(shared_client: TestClient) -> dict[str, Any]:
    """The OpenAPI document as it is served."""
    served: dict[str, Any] = shared_client.get("/openapi.json").json()
    return served


def _is_allowed(document: dict[str, Any], name: str, body: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return bool(jsonschema.Draft202012Validator(schema).is_valid(body))


def _augmentation(**changes: Any) -> dict[str, Any]:
    return {"kind": "augmentation", "dataset": {"kind": "builtin", "name": "digits"}, "spec": {}, **changes}


@pytest.mark.parametrize("spec", SPEC_REFUSALS, ids=str)
def test_a_spec_that_is_refused_is_not_in_the_schema(
    spec: dict[str, Any], document: dict[str, Any], shared_client: TestClient
) -> None:
    """Of a candidate, and of images to be augmented."""
    bodies = {"ComparisonRequest": comparison_body({"a": spec}), "AugmentationRequest": _augmentation(spec=spec)}
    for name, body in bodies.items():
        assert shared_client.post("/v1/jobs", params={"validate_only": True}, json=body).status_code == 422
        assert not _is_allowed(document, name, body)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("ComparisonRequest", comparison_body({"baseline": {}})),
        ("ComparisonRequest", comparison_body(baseline={"spec": {"horizontal_flip": True}})),
        ("ComparisonRequest", comparison_body(labels={"not a key!": "x"})),
        ("AugmentationRequest", _augmentation(splits=[])),
        ("AugmentationRequest", _augmentation(splits=["train", "train"])),
    ],
    ids=["name", "baseline", "label", "no split", "a split twice"],
)
def test_a_request_that_is_refused_is_not_in_the_schema(
    name: str, body: dict[str, Any], document: dict[str, Any], shared_client: TestClient
) -> None:
    """Names, labels and lists."""
    assert shared_client.post("/v1/jobs", params={"validate_only": True}, json=body).status_code == 422
    assert not _is_allowed(document, name, body)


@pytest.mark.parametrize("example", JOB_EXAMPLES)
def test_what_is_accepted_is_in_the_schema(example: str, document: dict[str, Any]) -> None:
    """The document says no more than what holds."""
    body = JOB_EXAMPLES[example]["value"]
    assert _is_allowed(document, f"{body['kind'].capitalize()}Request", body)


@pytest.mark.parametrize(
    "spec",
    [{"zoom_range": [0.5, 1.5]}, {"width_shift_range": [-3, 3]}, {"height_shift_range": 2}, {"zoom_range": 0.3}],
    ids=str,
)
def test_a_spec_that_is_accepted_is_in_the_schema(
    spec: dict[str, Any], document: dict[str, Any], shared_client: TestClient
) -> None:
    """Numbers, lists and pairs."""
    body = comparison_body({"a": spec})
    assert shared_client.post("/v1/jobs", params={"validate_only": True}, json=body).status_code == 200
    assert _is_allowed(document, "ComparisonRequest", body)


def test_the_empty_class_and_the_empty_file_are_not_in_the_schema(document: dict[str, Any]) -> None:
    """No class is called nothing, and no dataset is made of no bytes."""
    parameters = document["paths"]["/v1/datasets/{dataset_id}/images"]["get"]["parameters"]
    named = next(each for each in parameters if each["name"] == "class")
    assert not jsonschema.Draft202012Validator(named["schema"]).is_valid("")
    content = document["paths"]["/v1/datasets"]["post"]["requestBody"]["content"]
    form = {**content["multipart/form-data"]["schema"], "components": document["components"]}
    for refused in (
        {"file": ""},
        {"file": "x", "image_size": "wide"},
        {"file": "x", "columns": "{}}"},
        {"file": "x", "other": "y"},
        {},
    ):
        assert not jsonschema.Draft202012Validator(form).is_valid(refused)
    columns = '{"label": "species", "file": "name"}'
    accepted = {"file": "x", "image_size": "64x4096", "resize": "crop", "columns": columns}
    assert jsonschema.Draft202012Validator(form).is_valid(accepted)
