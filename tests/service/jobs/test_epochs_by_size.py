"""Requests that give no number of epochs: what is stored, planned, limited and answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api_schemas.jobs import ComparisonRequest, Phase
from augury.planning import comparison as plans
from augury.planning.canonical import digest
from service.jobs.earlier_requests import earlier_fingerprints
from store.database import Database
from store.rows import jobs
from store.rows.tables import JobRow
from tests.service.conftest import serving
from tests.store.databases import FACTS, NOW, comparison_body, ready_dataset

BODY = {name: value for name, value in comparison_body().items() if name != "training"}
RULE = "200 epochs: 3 steps each (80 images, 32 at a time), 600 steps in all"
"""Of the hundred images that the digits have in these tests."""


def test_a_plan_says_the_number_of_epochs_once_the_dataset_was_read(client: TestClient, database: Database) -> None:
    """In words, too; until then it says the most that it may come to."""
    unread = client.post("/v1/jobs?validate_only=true", json=BODY).json()
    assert (unread["epochs"], unread["epochs_rule"], unread["trial_epochs"]) == (None, None, 4 * 200)
    with database.writing() as session:
        ready_dataset(session)
    plan = client.post("/v1/jobs?validate_only=true", json=BODY).json()
    assert plan["epochs"] == 200
    assert plan["epochs_rule"].startswith(RULE)


def test_a_job_shows_how_long_its_trials_are_trained_once_it_was_planned(
    client: TestClient, database: Database
) -> None:
    """Its request says only that nothing was said."""
    job = client.post("/v1/jobs", json=BODY).json()
    assert (job["request"]["training"]["epochs"], job["progress"]["epochs_rule"]) == ("by_size", None)
    with database.writing() as session:
        dataset, row = ready_dataset(session), session.get_one(JobRow, job["id"])
        jobs.begin(session, row, Phase.TRAINING, NOW)
        session.refresh(row)
        jobs.adopt_plan(session, row, plans.plan_of(jobs.trial_request_of(row), FACTS), dataset, NOW)
    assert client.get(f"/v1/jobs/{job['id']}").json()["progress"]["epochs_rule"].startswith(RULE)


def test_the_same_request_means_the_same_whatever_became_known_of_the_data(
    client: TestClient, database: Database
) -> None:
    """What is stored is the rule, and not the number that follows from it; saying the rule is saying nothing."""
    headers = {"Idempotency-Key": "k"}
    first = client.post("/v1/jobs", json=BODY, headers=headers).json()["id"]
    with database.writing() as session:
        ready_dataset(session)
    for training in ({}, {"training": {"epochs": "by_size"}}):
        assert client.post("/v1/jobs", json=BODY | training, headers=headers).json()["id"] == first
    other = client.post("/v1/jobs", json=BODY | {"training": {"epochs": 200}}, headers=headers)
    assert other.json()["type"] == "urn:augury:problem:idempotency-key-reused"


def test_a_request_that_an_earlier_version_took_for_thirty_epochs_is_known_again() -> None:
    """It said no number either, and was stored with the one of then."""
    request = ComparisonRequest.model_validate(BODY)
    constant = {"epochs": 30, "learning_rate": 1e-3, "schedule": "constant"}
    stored = ComparisonRequest.model_validate(BODY | {"training": constant}).model_dump(mode="json")
    assert digest(stored) in earlier_fingerprints(request, {"request": stored})


def test_a_number_that_is_not_known_yet_counts_as_the_most_that_it_can_be(tmp_path: Path) -> None:
    """Until the dataset was read; once it was, what counts is the number."""
    with serving(tmp_path, max_trial_epochs_per_job=799) as client:
        refused = client.post("/v1/jobs", json=BODY)
        assert "800 epochs of training (4 trials of the 200 that it may have, at most)" in refused.text
        taken: dict[str, Any] = BODY | {"training": {"epochs": 30}}
        assert client.post("/v1/jobs", json=taken).status_code == 202
