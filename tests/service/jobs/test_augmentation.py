"""Augmentation jobs over HTTP: submitting, planning, and the files they leave behind."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api_schemas.chunks import ChunkSpan
from store.database import Database
from store.files.artifacts import Artifacts
from store.rows import chunks, jobs
from tests.store.databases import DIGITS, FACTS, NOW, ready_dataset

CONTENT = b"not really a zip" * 100_000


def _body(**changes: Any) -> dict[str, Any]:
    return {"kind": "augmentation", "dataset": DIGITS, "spec": {"rotation_range": 20}, "rounds": 2, **changes}


def _artifacts(client: TestClient) -> Artifacts:
    assert isinstance(client.app, FastAPI)
    artifacts: Artifacts = client.app.state.resources.artifacts
    return artifacts


def _succeeded(client: TestClient, database: Database) -> str:
    job_id = str(client.post("/v1/jobs", json=_body()).json()["id"])
    _artifacts(client).write(f"jobs/{job_id}/augmented.zip", CONTENT)
    facts = {"bytes": len(CONTENT), "media_type": "application/zip", "sha256": "a" * 64}
    with database.writing() as session:
        job = jobs.locked(session, job_id)
        assert job is not None
        jobs.begin(session, job, jobs.Phase.AUGMENTING, NOW)
        jobs.succeed(session, job_id, None, NOW, artifacts={"augmented.zip": facts})
    return job_id


def test_an_augmentation_is_accepted_and_shown(client: TestClient) -> None:
    """As any job is, with no file yet."""
    answer = client.post("/v1/jobs", json=_body(labels={"team": "vision"}))
    assert answer.status_code == 202
    job = client.get(answer.headers["Location"]).json()
    assert (job["kind"], job["state"], job["artifacts"], job["has_report"]) == ("augmentation", "queued", [], False)
    assert job["progress"]["chunks_total"] == 0
    assert client.get("/v1/jobs", params={"kind": "augmentation"}).json()["items"][0]["id"] == job["id"]


@pytest.mark.parametrize(("kind", "said"), [("search", 'got "search", expected'), (None, "got null, expected")])
def test_an_unknown_kind_is_answered_with_the_known_ones(client: TestClient, kind: str | None, said: str) -> None:
    """One clear sentence at the field, not the faults of every kind there is."""
    (error,) = client.post("/v1/jobs", json=_body(kind=kind)).json()["errors"]
    assert error["location"] == "body.kind"
    assert error["message"].startswith(said)
    assert error["message"].endswith("'comparison', 'training' or 'augmentation'")


def test_a_missing_kind_is_answered_with_the_known_ones(client: TestClient) -> None:
    """Likewise."""
    (error,) = client.post("/v1/jobs", json={"dataset": DIGITS}).json()["errors"]
    expected = "got nothing, expected 'comparison', 'training' or 'augmentation'"
    assert error == {"location": "body.kind", "message": expected, "beyond_schema": False}


def test_faults_are_located_as_the_client_wrote_them(client: TestClient) -> None:
    """Without the name of the union's alternative."""
    body = _body(spec={"rotation_rage": 20}, rounds=0)
    errors = {error["location"]: error["message"] for error in client.post("/v1/jobs", json=body).json()["errors"]}
    assert errors["body.spec.rotation_rage"].endswith("did you mean 'rotation_range'?")
    assert errors["body.rounds"] == "got 0, expected greater than or equal to 1"


def test_the_plan_counts_images_and_chunks_once_the_dataset_is_known(client: TestClient, database: Database) -> None:
    """And before that says what it can."""
    plan = client.post("/v1/jobs?validate_only=true", json=_body()).json()
    assert (plan["kind"], plan["passes"], plan["images"]) == ("augmentation", 2, None)
    with database.writing() as session:
        ready_dataset(session)
    plan = client.post("/v1/jobs?validate_only=true", json=_body(include_originals=True)).json()
    assert (plan["images"], plan["chunks"], plan["images_per_chunk"]) == (300, 3, 100)


def test_a_format_that_cannot_hold_the_images_is_refused_before_anything_is_stored(
    client: TestClient, database: Database
) -> None:
    """With the way out."""
    with database.writing() as session:
        ready_dataset(session).facts = {**FACTS.model_dump(mode="json"), "dtype": "float32"}
    answer = client.post("/v1/jobs", json=_body())
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["location"], error["message"].endswith("npz can")) == ("body.format", True)


def test_a_file_is_listed_and_downloaded_whole(client: TestClient, database: Database) -> None:
    """As an attachment that no browser will take for a page."""
    job_id = _succeeded(client, database)
    (listed,) = client.get(f"/v1/jobs/{job_id}/artifacts").json()["items"]
    assert (listed["name"], listed["bytes"], listed["media_type"]) == (
        "augmented.zip", len(CONTENT), "application/zip",
    )  # fmt: skip
    assert client.get(f"/v1/jobs/{job_id}").json()["artifacts"] == [listed]
    answer = client.get(f"/v1/jobs/{job_id}/artifacts/augmented.zip")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="augmented.zip"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert int(answer.headers["content-length"]) == len(CONTENT)


@pytest.mark.parametrize("name", ["report.json", "..%2Faugmented.zip", "chunks%2F000000.images", "AUGMENTED.ZIP"])
def test_only_what_is_listed_can_be_downloaded(client: TestClient, database: Database, name: str) -> None:
    """Whatever else lies in the job's folder."""
    job_id = _succeeded(client, database)
    answer = client.get(f"/v1/jobs/{job_id}/artifacts/{name}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_there_is_nothing_to_download_before_the_end(client: TestClient) -> None:
    """409 says that it may come."""
    job_id = client.post("/v1/jobs", json=_body()).json()["id"]
    assert client.get(f"/v1/jobs/{job_id}/artifacts").json() == {"items": []}
    answer = client.get(f"/v1/jobs/{job_id}/artifacts/augmented.zip")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:augury:problem:no-artifacts")


def test_a_file_that_is_gone_is_a_404(client: TestClient, database: Database) -> None:
    """As is one of a job that does not exist."""
    job_id = _succeeded(client, database)
    _artifacts(client).delete(f"jobs/{job_id}")
    answer = client.get(f"/v1/jobs/{job_id}/artifacts/augmented.zip")
    assert (answer.status_code, "not stored any more" in answer.json()["detail"]) == (404, True)
    assert client.get("/v1/jobs/job_none/artifacts").status_code == 404
    assert client.get("/v1/jobs/job_none/artifacts/augmented.zip").status_code == 404


def test_a_cancel_drops_the_chunks(client: TestClient, database: Database) -> None:
    """Nothing runs, so the job is cancelled at once."""
    job_id = client.post("/v1/jobs", json=_body()).json()["id"]
    with database.writing() as session:
        chunks.add(session, job_id, chunks.ChunkRole.AUGMENT, [ChunkSpan(0, 0, 10)], "cpu", NOW)
    assert client.post(f"/v1/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    with database.reading() as session:
        assert chunks.counts(session, job_id, chunks.ChunkRole.AUGMENT) == {"cancelled": 1}


def test_a_larger_archive_than_one_job_may_make_is_refused(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the number and the limit, once the dataset is known."""
    with database.writing() as session:
        ready_dataset(session)
    assert isinstance(client.app, FastAPI)
    monkeypatch.setattr(client.app.state.resources.settings, "max_archive_bytes", 1000)
    answer = client.post("/v1/jobs", json=_body())
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["location"] == "body.rounds"
    assert "and the limit is 1,000" in error["message"]
