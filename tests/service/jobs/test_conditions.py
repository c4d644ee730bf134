"""Conditions on other datasets are looked at when a job is submitted, and planned with what they amount to."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api_schemas.datasets.dataset import DatasetFacts
from store.rows import datasets
from store.rows.tables import DatasetRow
from tests.service.datasets.rows import claimed, ready, resources_of, snapshot
from tests.store.databases import DIGITS, comparison_body

OTHER = DIGITS | {"image_size": [12, 20]}


def _body(*conditions: Any) -> dict[str, Any]:
    return comparison_body(evaluation={"seeds": 2, "conditions": list(conditions)})


def _other(client: TestClient, **facts: Any) -> DatasetRow:
    """A ready dataset with an id and a digest of its own, whose facts are those of the digits' but for these."""
    row, lease = claimed(client, OTHER)
    changed = DatasetFacts.model_validate(snapshot().facts().model_dump() | facts)
    with resources_of(client).database.writing() as session:
        datasets.finish_ingestion(session, lease, "e" * 64, changed, 0.0)
    return row


def _refusal(client: TestClient, *conditions: Any) -> dict[str, str]:
    """Of the job and of its plan, which are the same; nothing is stored."""
    answers = [client.post(f"/v1/jobs{query}", json=_body(*conditions)) for query in ("", "?validate_only=true")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["errors"] == answers[1].json()["errors"]
    assert client.get("/v1/jobs").json()["items"] == []
    error: dict[str, str] = answers[0].json()["errors"][0]
    return error


def test_another_dataset_of_the_same_classes_is_accepted(client: TestClient) -> None:
    """And its images count in the plan."""
    ready(client)
    other = _other(client)
    assert client.post("/v1/jobs", json=_body("dimmed", {"dataset": other.id})).status_code == 202
    plan = client.post("/v1/jobs?validate_only=true", json=_body("dimmed", {"dataset": other.id})).json()
    assert [target["name"] for target in plan["conditions"]["targets"]] == ["dimmed", other.id]
    assert plan["conditions"]["images"] == 4 * (5 * 6 + 2_000)


def test_a_dataset_that_is_not_there_is_named_with_its_place_in_the_request(client: TestClient) -> None:
    """As where a job refers to one."""
    error = _refusal(client, "dimmed", {"dataset": "ds_" + 32 * "1"})
    assert error["location"] == "body.evaluation.conditions[1].dataset"
    assert "there is no such dataset; see GET /v1/datasets" in error["message"]


def test_a_dataset_that_is_still_read_has_to_be_waited_for(client: TestClient) -> None:
    """What is in it is not known yet."""
    row, _ = claimed(client, OTHER)
    assert "it is ingesting; it can be used once it is ready" in _refusal(client, {"dataset": row.id})["message"]


def test_the_images_that_are_trained_on_are_no_condition(client: TestClient) -> None:
    """A model knows them."""
    row = ready(client)
    assert "these are the images that the models are trained on" in _refusal(client, {"dataset": row.id})["message"]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"classes": {"ant": 1, "bee": 2}}, "its classes are others: it lacks cat"),
        ({"shape": (12, 20, 1)}, "its images are 12x20 with 1 channel"),
    ],
)
def test_a_dataset_that_shows_something_else_is_refused(client: TestClient, facts: dict[str, Any], said: str) -> None:
    """With what differs."""
    ready(client)
    assert said in _refusal(client, {"dataset": _other(client, **facts).id})["message"]


def test_a_dataset_that_is_trained_on_and_not_read_yet_is_compared_by_the_worker(client: TestClient) -> None:
    """Nothing is known of it that could stand in the way."""
    other = _other(client)
    assert client.post("/v1/jobs", json=_body({"dataset": other.id})).status_code == 202
