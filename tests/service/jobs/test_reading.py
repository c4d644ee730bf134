"""Looking at jobs: listing, waiting, cancelling, reading the evidence."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from api_schemas.failures import Failure, FailureClass
from service.main import create_app
from service.settings import ServiceSettings
from store.database import Database
from store.rows import jobs, trials
from store.rows.upkeep import duties
from tests.service.conftest import LOOPBACK_URL, UNREACHABLE, serving
from tests.store.databases import NOW, claim, comparison_body, running_job


def _submit(client: TestClient, **changes: Any) -> str:
    response = client.post("/v1/jobs", json=comparison_body(**changes))
    assert response.status_code == 202
    job_id: str = response.json()["id"]
    return job_id


def _ids(client: TestClient, **query: Any) -> list[str]:
    response = client.get("/v1/jobs", params=query)
    assert response.status_code == 200
    return [job["id"] for job in response.json()["items"]]


def test_jobs_are_listed_newest_first(client: TestClient) -> None:
    """The latest submission is the first item."""
    submitted = []
    for _ in range(3):
        submitted.append(_submit(client))
        time.sleep(0.002)  # ids sort by the millisecond
    assert _ids(client) == submitted[::-1]


def test_following_the_cursor_meets_every_job_once(client: TestClient) -> None:
    """Also when a newer job appears on the way."""
    submitted = {_submit(client) for _ in range(5)}
    seen, cursor = [], None
    while True:
        page = client.get("/v1/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["items"]) <= 2
        seen += [job["id"] for job in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        time.sleep(0.002)
        _submit(client)
    assert len(seen) == len(set(seen))
    assert set(seen) == submitted


def test_a_listing_can_be_narrowed(client: TestClient) -> None:
    """By state, kind, dataset and label, alone and together; what matches nothing is an empty page."""
    one = _submit(client, labels={"team": "vision", "url": "a:b"})
    two = _submit(client, labels={"team": "audio"})
    client.post(f"/v1/jobs/{two}/cancel")
    dataset = client.get(f"/v1/jobs/{one}").json()["dataset_id"]
    assert _ids(client, state="queued") == [one]
    assert _ids(client, state="cancelled") == [two]
    assert _ids(client, label="team:vision") == [one]
    assert _ids(client, label="url:a:b") == [one]
    assert _ids(client, label="team:audio", state="queued") == []
    assert set(_ids(client, kind="comparison", dataset=dataset)) == {one, two}
    assert _ids(client, kind="search") == _ids(client, dataset="ds_none") == _ids(client, label="team:") == []


def test_waiting_ends_when_the_job_changes(client: TestClient, database: Database) -> None:
    """Long before the time that was asked for, with the new state."""
    job_id = _submit(client)

    def begin() -> None:
        with database.writing() as session:
            job = jobs.locked(session, job_id)
            assert job is not None
            jobs.begin(session, job, jobs.Phase.INGESTING, NOW)

    timer = threading.Timer(0.3, begin)
    timer.start()
    began = time.monotonic()
    response = client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=20"})
    assert 0.2 < time.monotonic() - began < 18
    assert (response.json()["state"], response.json()["phase"]) == ("running", "ingesting")
    assert response.headers["Preference-Applied"] == "wait=20"
    timer.join()


def test_waiting_ends_after_the_time_that_was_asked_for(client: TestClient) -> None:
    """Unchanged and with 200, whichever way the preference is written."""
    job_id = _submit(client)
    began = time.monotonic()
    response = client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "respond-async, wait=1"})
    assert 0.9 < time.monotonic() - began < 15
    assert (response.status_code, response.json()["state"]) == (200, "queued")


def test_nobody_is_held_longer_than_the_settings_allow(tmp_path: Path) -> None:
    """The answer says how long it was willing to wait."""
    with serving(tmp_path / "patient", max_wait_seconds=0.4) as client:
        job_id = _submit(client)
        began = time.monotonic()
        response = client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=600"})
    assert time.monotonic() - began < 8
    assert response.headers["Preference-Applied"] == "wait=0.4"


@pytest.mark.parametrize("preference", ["wait=0", "wait=-5", "wait=x", "await=9", "return=minimal", ""])
def test_any_other_preference_is_not_waited_for(preference: str, client: TestClient) -> None:
    """Nonsense is ignored, as the standard has it."""
    job_id = _submit(client)
    began = time.monotonic()
    response = client.get(f"/v1/jobs/{job_id}", headers={"Prefer": preference})
    assert response.status_code == 200
    assert time.monotonic() - began < 8
    assert "Preference-Applied" not in response.headers


def test_a_job_that_is_over_is_not_waited_for(client: TestClient) -> None:
    """It will never change again."""
    job_id = _submit(client)
    client.post(f"/v1/jobs/{job_id}/cancel")
    began = time.monotonic()
    assert client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=20"}).json()["is_terminal"]
    assert time.monotonic() - began < 15


def test_a_queued_job_is_cancelled_at_once(client: TestClient) -> None:
    """Nothing runs, so there is nothing to wait for; doing it twice is harmless."""
    job_id = _submit(client)
    first = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (first.status_code, first.json()["state"], first.json()["is_terminal"]) == (202, "cancelled", True)
    second = client.post(f"/v1/jobs/{job_id}/cancel")
    assert (second.status_code, second.json()) == (202, first.json())


def test_a_job_with_a_running_trial_is_cancelling_first(client: TestClient, database: Database) -> None:
    """Its trials in the queue are gone, the running one is asked to stop; asking again changes nothing."""
    with database.writing() as session:
        job_id = running_job(session).id
        claim(session, trials.of_job(session, job_id)[0][1])
    first = client.post(f"/v1/jobs/{job_id}/cancel").json()
    assert (first["state"], first["is_terminal"]) == ("cancelling", False)
    assert client.post(f"/v1/jobs/{job_id}/cancel").json() == first
    states = sorted(trial["state"] for trial in client.get(f"/v1/jobs/{job_id}/trials").json()["items"])
    assert states == ["cancelled", "cancelled", "cancelled", "running"]


@pytest.mark.parametrize("ending", ["succeeded", "failed"])
def test_a_job_that_has_its_outcome_cannot_be_cancelled(ending: str, client: TestClient, database: Database) -> None:
    """409, and the outcome stays."""
    with database.writing() as session:
        job_id = running_job(session).id
        if ending == "succeeded":
            jobs.succeed(session, job_id, "report", NOW)
        else:
            jobs.fail(session, job_id, Failure.of(FailureClass.TIMEOUT, "late"), NOW)
    response = client.post(f"/v1/jobs/{job_id}/cancel")
    assert response.status_code == 409
    assert response.json()["type"] == "urn:augury:problem:already-over"
    assert client.get(f"/v1/jobs/{job_id}").json()["state"] == ending


def test_there_is_no_report_before_there_is_one(client: TestClient) -> None:
    """409 says in which state the job is."""
    response = client.get(f"/v1/jobs/{_submit(client)}/report")
    assert response.status_code == 409
    assert response.json()["type"] == "urn:augury:problem:no-report"
    assert "queued" in response.json()["detail"]


def test_a_stored_report_is_given_as_it_was_stored(client: TestClient, database: Database) -> None:
    """Byte for byte; once it is gone from the store the answer is 404 and not a failure."""
    with database.writing() as session:
        job_id = running_job(session).id
        jobs.succeed(session, job_id, f"jobs/{job_id}/report.json", NOW)
    assert isinstance(client.app, FastAPI)
    client.app.state.resources.artifacts.write(f"jobs/{job_id}/report.json", b'{"schema_version": "1.0"}')
    response = client.get(f"/v1/jobs/{job_id}/report")
    assert (response.status_code, response.content) == (200, b'{"schema_version": "1.0"}')
    assert response.headers["Content-Type"] == "application/json"
    assert client.get(f"/v1/jobs/{job_id}").json()["has_report"]
    client.app.state.resources.artifacts.delete(f"jobs/{job_id}/report.json")
    assert client.get(f"/v1/jobs/{job_id}/report").status_code == 404


def test_trials_are_listed_arm_by_arm_and_seed_by_seed(client: TestClient, database: Database) -> None:
    """Empty before there is a plan, one item for each arm and seed after."""
    assert client.get(f"/v1/jobs/{_submit(client)}/trials").json() == {"items": []}
    with database.writing() as session:
        job_id = running_job(session).id
    items = client.get(f"/v1/jobs/{job_id}/trials").json()["items"]
    assert [(trial["arm"], trial["seed"]) for trial in items] == [
        ("baseline", 0), ("baseline", 1), ("flip", 0), ("flip", 1),
    ]  # fmt: skip
    assert items[2]["spec"]["horizontal_flip"] is True
    assert all(len(trial["key"]) == 64 and trial["state"] == "queued" for trial in items)


def test_a_failed_jobs_error_is_on_the_wire_under_class(client: TestClient, database: Database) -> None:
    """With a sentence and whether to try again."""
    with database.writing() as session:
        job_id = running_job(session).id
        jobs.fail(session, job_id, Failure.of(FailureClass.WORKER_LOST, "gone"), NOW)
    error = client.get(f"/v1/jobs/{job_id}").json()["error"]
    assert error == {"class": "worker_lost", "message": "gone", "rule": None, "retryable": True}


def test_the_service_is_alive_and_degraded_without_a_broker_and_recovery(client: TestClient) -> None:
    """Jobs are accepted, so both answer 200; readiness says what is missing."""
    assert client.get("/healthz").json() == {"status": "ok"}
    response = client.get("/readyz")
    assert response.status_code == 200
    ready = response.json()
    assert ready["status"] == "degraded"
    assert ready["checks"] == {"database": True, "broker": False, "recovery": False}


def test_recovery_is_seen_while_sweeps_are_done(client: TestClient, database: Database) -> None:
    """And missed once the last one is long ago."""
    with database.writing() as session:
        now = database.now(session)
        assert duties.take(session, duties.SWEEP, owner="w", now=now, seconds=10)
        duties.note_done(session, duties.SWEEP, now)
    assert client.get("/readyz").json()["checks"]["recovery"]
    with database.writing() as session:
        duties.note_done(session, duties.SWEEP, now - 3600)
    time.sleep(1.1)  # the answer of a moment ago is given again
    assert not client.get("/readyz").json()["checks"]["recovery"]


def test_the_service_is_not_ready_on_another_schema(client: TestClient, database: Database) -> None:
    """503, so that no traffic comes while another version migrates; the process is alive all the same."""
    with database.writing() as session:
        session.execute(text("update alembic_version set version_num = 'other'"))
    response = client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert client.get("/healthz").status_code == 200


def test_accepted_jobs_are_there_after_a_restart(client: TestClient, tmp_path: Path) -> None:
    """Another service on the same folder knows them."""
    job_id = _submit(client)
    settings = ServiceSettings(data_dir=tmp_path, database_url=None, broker_url=UNREACHABLE)
    with TestClient(create_app(settings), base_url=LOOPBACK_URL) as other:
        assert _ids(other) == [job_id]
