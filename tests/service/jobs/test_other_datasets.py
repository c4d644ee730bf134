"""Other datasets that a request names: looked at when it is submitted, and kept while its job needs them."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api_schemas.datasets.dataset import DatasetFacts
from store.rows import datasets
from tests.service.conftest import serving
from tests.service.datasets.rows import claimed, ready, resources_of, snapshot
from tests.store.databases import DIGITS, comparison_body

OTHER = DIGITS | {"image_size": [12, 20]}
MISSING = "ds_" + 32 * "1"


def _other(client: TestClient, **facts: Any) -> str:
    """The id of a ready dataset whose facts are those of the digits' but for these."""
    row, lease = claimed(client, OTHER)
    changed = DatasetFacts.model_validate(snapshot().facts().model_dump() | facts)
    with resources_of(client).database.writing() as session:
        datasets.finish_ingestion(session, lease, "e" * 64, changed, 0.0)
    return row.id


def _body(test: Any, **evaluation: Any) -> dict[str, Any]:
    return comparison_body(evaluation={"seeds": 2, "test": test} | evaluation)


def _refusal(client: TestClient, test: Any) -> dict[str, str]:
    """Of the job and of its plan, which are the same; nothing is stored."""
    answers = [client.post(f"/v1/jobs{query}", json=_body(test)) for query in ("", "?validate_only=true")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json()["errors"] == answers[1].json()["errors"]
    assert client.get("/v1/jobs").json()["items"] == []
    error: dict[str, str] = answers[0].json()["errors"][0]
    return error


def test_a_plan_says_what_scoring_another_dataset_amounts_to(client: TestClient) -> None:
    """Before anything is trained."""
    ready(client)
    other = _other(client)
    plan = client.post("/v1/jobs?validate_only=true", json=_body({"dataset": other})).json()
    assert plan["final_scores"] == {"dataset": other, "images_per_model": 30, "models": 4, "images": 120}
    assert client.post("/v1/jobs?validate_only=true", json=_body(None)).json()["final_scores"] is None


def test_a_training_may_score_another_dataset_as_well(client: TestClient) -> None:
    """Its one arm does."""
    ready(client)
    other = _other(client)
    body = {"kind": "training", "dataset": DIGITS, "evaluation": {"seeds": 3, "test": {"dataset": other}}}
    assert client.post("/v1/jobs?validate_only=true", json=body).json()["final_scores"]["models"] == 3
    assert client.post("/v1/jobs", json=body).status_code == 202


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"classes": {"ant": 1, "bee": 2}}, "its classes are others: it lacks cat"),
        ({"classes": {"ant": 1, "bee": 2, "cat": 3, "dog": 4}}, "its classes are others: it has besides dog"),
        ({"classes": {"ant": 1, "bee": 2, "cat": 0}}, "it has no image of cat"),
        ({"dtype": "float32"}, "its values are float32, and those trained on are uint8"),
    ],
)
def test_a_dataset_that_cannot_be_scored_is_refused_with_what_differs(
    client: TestClient, facts: dict[str, Any], said: str
) -> None:
    """At its place in the request."""
    ready(client)
    error = _refusal(client, {"dataset": _other(client, **facts)})
    assert error["location"] == "body.evaluation.test.dataset"
    assert said in error["message"]


def test_the_images_that_are_trained_on_and_those_that_are_not_there_cannot_be_scored(client: TestClient) -> None:
    """Each with its reason."""
    own = ready(client)
    assert "these are the images that the models are trained on" in _refusal(client, {"dataset": own.id})["message"]
    assert "there is no such dataset" in _refusal(client, {"dataset": MISSING})["message"]


@pytest.mark.parametrize("test", ["train", 3, {"dataset": "digits"}, {"split": "test"}, {"dataset": MISSING, "n": 1}])
def test_what_is_no_test_is_refused(client: TestClient, test: Any) -> None:
    """With the place of it."""
    answer = client.post("/v1/jobs", json=_body(test))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"].startswith("body.evaluation.test")


def test_what_a_test_may_be_is_said(client: TestClient) -> None:
    """In both of its forms."""
    (error,) = client.post("/v1/jobs", json=_body([1])).json()["errors"]
    assert error["message"] == 'got [1]: expected "split", or an object with the id of another "dataset"'


def test_more_images_than_one_job_may_show_are_refused(tmp_path: Any) -> None:
    """With both numbers."""
    with serving(tmp_path, max_condition_images_per_job=119) as client:
        ready(client)
        (error,) = client.post("/v1/jobs", json=_body({"dataset": _other(client)})).json()["errors"]
        assert error["location"] == "body.evaluation.test"
        assert "120 images to be judged (4 models, 30 images each), and the limit is 119" in error["message"]


@pytest.mark.parametrize("asked", ["test", "conditions"])
def test_a_dataset_is_not_deleted_while_a_job_judges_models_on_it(client: TestClient, asked: str) -> None:
    """The answer names the job; once it is over, the dataset can go."""
    ready(client)
    other = _other(client)
    evaluation = {"test": {"dataset": other}} if asked == "test" else {"conditions": [{"dataset": other}]}
    body = comparison_body(evaluation={"seeds": 2} | evaluation)
    job_id = client.post("/v1/jobs", json=body).json()["id"]
    refused = client.delete(f"/v1/datasets/{other}")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:dataset-in-use")
    assert job_id in refused.json()["detail"]
    client.post(f"/v1/jobs/{job_id}/cancel")
    assert client.delete(f"/v1/datasets/{other}").status_code == 204


def test_of_a_job_that_names_a_dataset_twice_it_is_kept_once(client: TestClient) -> None:
    """Scoring the dataset that is a condition, too, is no mistake."""
    ready(client)
    other = {"dataset": _other(client)}
    assert client.post("/v1/jobs", json=_body(other, conditions=[other])).status_code == 202
