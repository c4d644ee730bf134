"""Jobs that another metric than accuracy decides, as far as they can be refused or planned at once."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from store.database import Database
from tests.store.databases import FACTS, comparison_body, ready_dataset


def _sent(metric: str) -> dict[str, object]:
    return comparison_body(evaluation={"seeds": 2, "metric": metric}, training={})


def test_a_class_that_a_known_dataset_does_not_have_is_refused_at_once(client: TestClient, database: Database) -> None:
    """The error is at the metric, and names the classes that there are; of an unknown dataset it is taken."""
    assert client.post("/v1/jobs", json=_sent("recall:cat")).status_code == 202
    with database.writing() as session:
        ready_dataset(session)
    refused = client.post("/v1/jobs", json=_sent("recall:cat"))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["location"] == "body.evaluation.metric"
    assert "the dataset has no class 'cat'; its classes are 0, 1" in error["message"]


@pytest.mark.parametrize("metric", ["speed", "top_k:0"])
def test_what_is_no_metric_is_refused_with_what_is_one(shared_client: TestClient, metric: str) -> None:
    """As every faulty field is."""
    refused = shared_client.post("/v1/jobs", json=_sent(metric))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["location"] == "body.evaluation.metric"
    assert "expected" in error["message"]


def test_the_plan_of_accuracy_on_uneven_classes_suggests_another_metric(client: TestClient, database: Database) -> None:
    """Before anything is trained."""
    with database.writing() as session:
        dataset = ready_dataset(session)
        uneven = FACTS.model_copy(update={"classes": {"no": 90, "yes": 10}})
        dataset.facts = uneven.model_dump(mode="json")
    (told,) = client.post("/v1/jobs?validate_only=true", json=_sent("accuracy")).json()["warnings"]
    assert "90% of the images are of class 'no'" in told
    assert client.post("/v1/jobs?validate_only=true", json=_sent("balanced_accuracy")).json()["warnings"] == []


def test_a_test_split_that_a_known_dataset_does_not_have_is_refused_at_once(
    client: TestClient, database: Database
) -> None:
    """The error says which splits there are."""
    with database.writing() as session:
        ready_dataset(session)
    refused = client.post("/v1/jobs", json=comparison_body(evaluation={"seeds": 2, "test": "split"}))
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["location"] == "body.evaluation.test"
    assert "the dataset's own splits are: none" in error["message"]
