"""Accepting a job: what was answered with 202 is stored, once; what was refused is not."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api_schemas.jobs import Job
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import idempotency, trials
from store.rows.access.tables import IdempotencyRow
from store.rows.base import Base
from store.rows.tables import JobRow
from tests.service.conftest import serving
from tests.store.databases import comparison, comparison_body, ready_dataset, running_job, succeed


def _rows(database: Database) -> dict[str, int]:
    """How many there are in each table but those that requests have no part in.

    There is one project from the start, and every few seconds it is written down how many requests there were.
    """
    others = ("projects", "counters", "counts")
    tables = [table for table in Base.metadata.sorted_tables if table.name not in others]
    with database.reading() as session:
        return {table.name: session.query(table).count() for table in tables}


def test_a_job_is_accepted_while_the_broker_is_away(client: TestClient, database: Database) -> None:
    """The row is what counts; the answer is the job, with its address and a hint when to look."""
    response = client.post("/v1/jobs", json=comparison_body(labels={"team": "vision"}))
    assert response.status_code == 202
    job = Job.model_validate(response.json())
    assert (job.state, job.phase, job.is_terminal, job.has_report) == ("queued", "waiting", False, False)
    assert job.labels == {"team": "vision"}
    assert [entry.type for entry in job.timeline] == ["queued"]
    assert response.headers["Location"] == f"/v1/jobs/{job.id}"
    assert response.headers["Retry-After"] == "1"
    assert client.get(response.headers["Location"]).json() == response.json()
    with database.reading() as session:
        assert session.get_one(JobRow, job.id).state == "queued"


def test_the_stored_request_has_its_defaults_filled_in(client: TestClient) -> None:
    """What will be done can be read from the job, whatever the defaults are in a later version."""
    request = client.post("/v1/jobs", json=comparison_body()).json()["request"]
    assert request["evaluation"]["confidence"] == 0.95
    assert request["candidates"][0]["spec"]["fill_mode"] == "nearest"


def test_two_jobs_on_the_same_reference_share_one_dataset(client: TestClient, database: Database) -> None:
    """A reference is ingested once."""
    first, second = (client.post("/v1/jobs", json=comparison_body()).json() for _ in range(2))
    assert first["id"] != second["id"]
    assert first["dataset_id"] == second["dataset_id"]
    assert _rows(database)["datasets"] == 1
    dataset = client.get(f"/v1/datasets/{first['dataset_id']}").json()
    assert (dataset["state"], dataset["is_terminal"], dataset["facts"]) == ("queued", False, None)
    assert [item["id"] for item in client.get("/v1/datasets").json()["items"]] == [first["dataset_id"]]


def test_nothing_is_stored_after_a_refusal(client: TestClient, database: Database) -> None:
    """Not the job, not the dataset, and not the idempotency key."""
    headers = {"Idempotency-Key": "k"}
    refused = client.post("/v1/jobs", json=comparison_body({"a": {"zoom_range": 2}}), headers=headers)
    assert refused.status_code == 422
    assert set(_rows(database).values()) == {0}
    assert client.post("/v1/jobs", json=comparison_body(), headers=headers).status_code == 202


def test_validating_only_answers_with_the_plan_and_stores_nothing(client: TestClient, database: Database) -> None:
    """Arms, seeds and trials are shown, and there is neither a job nor a dataset afterwards."""
    response = client.post("/v1/jobs?validate_only=true", json=comparison_body(), headers={"Idempotency-Key": "k"})
    assert response.status_code == 200
    assert [arm["name"] for arm in response.json()["arms"]] == ["baseline", "flip"]
    assert (response.json()["trials"], response.json()["estimated_seconds"]) == (4, None)
    assert set(_rows(database).values()) == {0}


def test_a_plan_knows_what_is_trained_already(client: TestClient, database: Database) -> None:
    """Once the dataset is there, reuse and time are estimated from finished trials."""
    with database.writing() as session:
        job = running_job(session, comparison())
        *three, (_, fourth) = trials.of_job(session, job.id)
        for _, trial in three:
            succeed(session, trial)
        fourth.state = "failed"
    plan = client.post("/v1/jobs?validate_only=true", json=comparison_body()).json()
    assert (plan["trials"], plan["trials_reusable"], plan["estimated_seconds"]) == (4, 3, 2.0)


@pytest.mark.parametrize("query", ["", "?validate_only=true"])
def test_a_split_that_a_known_dataset_does_not_allow_is_refused_at_once(
    query: str, client: TestClient, database: Database
) -> None:
    """The client does not have to wait for a worker to hear of it."""
    with database.writing() as session:
        ready_dataset(session)
    body = comparison_body(evaluation={"seeds": 2, "training_images": 1000})
    response = client.post(f"/v1/jobs{query}", json=body)
    assert response.status_code == 422
    assert [error["location"] for error in response.json()["errors"]] == ["body.evaluation"]
    assert "1000 training images" in response.json()["errors"][0]["message"]
    assert _rows(database)["jobs"] == 0


def test_a_weight_for_a_class_that_a_known_dataset_does_not_have_is_refused_at_once(
    client: TestClient, database: Database
) -> None:
    """With the name that was probably meant."""
    with database.writing() as session:
        ready_dataset(session)
    response = client.post("/v1/jobs", json=comparison_body(training={"class_weight": {"7 ": 2.0}}))
    (error,) = response.json()["errors"]
    assert error["location"] == "body.training"
    assert "class '7 ', which the dataset does not have; did you mean '7'?" in error["message"]


def test_the_same_key_and_body_get_the_first_answer_again(client: TestClient, database: Database) -> None:
    """Even after the job went on; the replay says that it is one and nothing new is stored."""
    headers = {"Idempotency-Key": "2f1c"}
    first = client.post("/v1/jobs", json=comparison_body(), headers=headers)
    assert "Idempotent-Replayed" not in first.headers
    client.post(f"/v1/jobs/{first.json()['id']}/cancel")
    again = client.post("/v1/jobs", json=comparison_body(), headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert _rows(database)["jobs"] == 1


def test_a_body_that_means_the_same_is_the_same_body(client: TestClient) -> None:
    """The order of fields and spelled-out defaults do not make another request."""
    headers = {"Idempotency-Key": "k"}
    first = client.post("/v1/jobs", json=comparison_body(), headers=headers)
    reordered = dict(reversed(comparison_body(device="cpu", labels={}).items()))
    again = client.post("/v1/jobs", json=reordered, headers=headers)
    assert again.json()["id"] == first.json()["id"]


def test_the_same_key_with_another_body_is_refused(client: TestClient, database: Database) -> None:
    """The client confused two requests; neither is guessed at."""
    headers = {"Idempotency-Key": "k"}
    client.post("/v1/jobs", json=comparison_body(), headers=headers)
    response = client.post("/v1/jobs", json=comparison_body(device="gpu"), headers=headers)
    assert response.status_code == 422
    assert response.json()["type"] == "urn:augury:problem:idempotency-key-reused"
    assert _rows(database)["jobs"] == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "tab\there", b"\xe4"], ids=repr)
def test_a_key_that_is_no_plain_token_is_refused(key: Any, client: TestClient, database: Database) -> None:
    """1 to 255 printable ASCII characters without spaces."""
    response = client.post("/v1/jobs", json=comparison_body(), headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert [error["location"] for error in response.json()["errors"]] == ["header.idempotency-key"]
    assert set(_rows(database).values()) == {0}


@pytest.mark.parametrize("key", ["0", "x" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"'])
def test_any_other_key_is_taken(key: str, client: TestClient, database: Database) -> None:
    """Near misses of the rules for keys pass, the quoted form of the draft standard too."""
    assert client.post("/v1/jobs", json=comparison_body(), headers={"Idempotency-Key": key}).status_code == 202
    with database.reading() as session:
        assert session.get(IdempotencyRow, (DEFAULT_PROJECT, key)) is not None


def test_sixteen_requests_at_once_with_one_key_make_one_job(client: TestClient, database: Database) -> None:
    """All get the same answer, and all but one say that it is a replay."""
    together = Barrier(16)

    def submit(_: int) -> tuple[str, bool]:
        together.wait()
        response = client.post("/v1/jobs", json=comparison_body(), headers={"Idempotency-Key": "k"})
        assert response.status_code == 202
        return response.json()["id"], "Idempotent-Replayed" in response.headers

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(submit, range(16)))
    assert len({job_id for job_id, _ in answers}) == 1
    assert sum(is_replay for _, is_replay in answers) == 15
    assert _rows(database)["jobs"] == 1


def test_a_key_can_be_used_again_after_its_time(client: TestClient, database: Database) -> None:
    """What was forgotten is new."""
    headers = {"Idempotency-Key": "k"}
    first = client.post("/v1/jobs", json=comparison_body(), headers=headers).json()["id"]
    with database.writing() as session:
        idempotency.forget_older(session, time.time() + 1)
    assert client.post("/v1/jobs", json=comparison_body(), headers=headers).json()["id"] != first


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_trials_per_job": 3}, "may come to 4 trials, and the limit is 3"),
        ({"max_trial_epochs_per_job": 11}, "may come to 12 epochs of training (4 trials of 3), and the limit is 11"),
        (
            {"max_condition_images_per_job": 39_999},
            "40,000 images to be judged (4 models, 10,000 images each), and the limit is 39,999",
        ),
    ],
    ids=repr,
)
@pytest.mark.parametrize("query", ["", "?validate_only=true"], ids=["submitted", "planned"])
def test_more_work_than_one_job_may_ask_for_is_refused(
    tmp_path: Path, limits: dict[str, int], said: str, query: str
) -> None:
    """With the number and the limit, before anything is stored, and where only the plan is asked for."""
    with serving(tmp_path, **limits) as client:
        body = comparison_body(training={"epochs": 3}, evaluation={"seeds": 2, "conditions": ["dimmed"]})
        answer = client.post(f"/v1/jobs{query}", json=body)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:augury:problem:invalid-request")
        assert said in answer.json()["errors"][0]["message"]
        assert client.get("/v1/jobs").json()["items"] == []


def test_rounds_that_may_come_count_against_the_limit(tmp_path: Path) -> None:
    """A request for few seeds at first may come to many: what counts is the most that it may come to."""
    with serving(tmp_path, max_trials_per_job=19) as client:
        body = comparison_body(evaluation={"seeds": {"min": 2, "max": 10}})
        assert "20 trials" in client.post("/v1/jobs", json=body).text


def test_a_plan_and_a_job_say_what_computes_their_models(client: TestClient, database: Database) -> None:
    """And which worker they need, before anything is stored; what there is no backend of is refused by name."""
    body = comparison_body(training={"epochs": 1, "backend": "jax"})
    plan = client.post("/v1/jobs?validate_only=true", json=body).json()
    assert plan["backend"] == "jax"
    assert "python -m workers cpu-jax" in plan["waiting_for"]
    job = client.post("/v1/jobs", json=body).json()
    assert job["request"]["training"]["backend"] == "jax"
    with database.reading() as session:
        assert session.get_one(JobRow, job["id"]).queue == "cpu-jax"
    refused = client.post("/v1/jobs", json=comparison_body(training={"epochs": 1, "backend": "torch"}))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["location"] == "body.training.backend"
