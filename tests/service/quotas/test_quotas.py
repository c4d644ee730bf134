"""What a project may have no more of is refused in the transaction that would give it, and says how that ends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from api_schemas.jobs import JobState
from service.datasets import registration
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import jobs, plans, trials
from store.rows.access import projects
from store.rows.quotas import counting, usage
from store.rows.quotas.tables import StoredBytesRow, UsageDayRow
from store.rows.tables import DatasetRow, JobRow
from tests.service.auth.conftest import database_of
from tests.service.conftest import serving
from tests.store.databases import comparison_body, ready_dataset, running_job, succeed

FIRST_TRIALS = 4
"""Of the request below: the baseline and a candidate, on two seeds."""


@contextmanager
def _limited(folder: Path, **limits: Any) -> Iterator[tuple[TestClient, Database]]:
    with serving(folder, **{f"quota_{name}": value for name, value in limits.items()}) as client:
        yield client, database_of(client)


def _submit(client: TestClient, **changes: Any) -> Any:
    return client.post("/v1/jobs", json=comparison_body(**changes))


def _own_limit(database: Database, **own: float | None) -> None:
    with database.writing() as session:
        projects.limit(projects.require_known(session, DEFAULT_PROJECT), own)


def test_nothing_is_limited_unless_somebody_has_said_so(client: TestClient) -> None:
    """A person alone is not bothered; what is used is shown."""
    for _ in range(3):
        assert _submit(client).status_code == 202
    shown = {each["name"]: each for each in client.get("/v1/usage").json()["limits"]}
    assert {each["limit"] for each in shown.values()} == {None}
    assert (shown["jobs_waiting"]["used"], shown["datasets"]["used"]) == (3, 1)


def test_a_job_more_than_may_wait_is_refused_until_one_is_over(tmp_path: Path) -> None:
    """With 429 and a time to try again; a request that was accepted before is answered as it was."""
    with _limited(tmp_path, jobs_waiting=1) as (client, _):
        key = {"Idempotency-Key": "one"}
        first = client.post("/v1/jobs", json=comparison_body(), headers=key)
        refused = _submit(client)
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:augury:problem:too-many-jobs")
        assert int(refused.headers["Retry-After"]) > 0
        assert client.post("/v1/jobs", json=comparison_body(), headers=key).json()["id"] == first.json()["id"]
        client.post(f"/v1/jobs/{first.json()['id']}/cancel")
        assert _submit(client).status_code == 202


def test_of_many_that_come_at_once_no_more_pass_than_may(tmp_path: Path) -> None:
    """Eight requests on eight threads, three places."""
    with _limited(tmp_path, jobs_waiting=3) as (client, _):
        together = Barrier(8)

        def submit(_: int) -> int:
            together.wait()
            status: int = _submit(client).status_code
            return status

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(submit, range(8))) == [202] * 3 + [429] * 5


def test_trials_are_promised_before_they_are_made(tmp_path: Path) -> None:
    """Two jobs that come before either is planned do not both get the last ones; a cancel gives them back."""
    with _limited(tmp_path, trials_per_day=2 * FIRST_TRIALS - 1) as (client, _):
        first = _submit(client).json()
        refused = _submit(client)
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:augury:problem:trials-used-up")
        assert 0 < int(refused.headers["Retry-After"]) <= 86_400
        assert f"asks for {FIRST_TRIALS} trials" in refused.json()["detail"]
        client.post(f"/v1/jobs/{first['id']}/cancel")
        assert _submit(client).status_code == 202


def test_a_job_of_more_trials_than_a_day_has_is_not_told_to_wait(tmp_path: Path) -> None:
    """As no day would be long enough."""
    with _limited(tmp_path, trials_per_day=FIRST_TRIALS - 1) as (client, _):
        refused = _submit(client)
        assert refused.status_code == 429
        assert "Retry-After" not in refused.headers


def test_promised_trials_become_waiting_and_then_trained_ones(client: TestClient, database: Database) -> None:
    """At no time are they counted twice, or not at all; reused ones are not counted."""
    with database.writing() as session:
        now = database.now(session)
        job = running_job(session, now=now)
        counting.reserve(job, FIRST_TRIALS)
        assert _counted(session, now) == (FIRST_TRIALS, FIRST_TRIALS, 0)
        dataset = session.get_one(DatasetRow, job.dataset_id)
        assert plans.fill(session, job.id, jobs.trial_request_of(job), jobs.Plan.model_validate(job.plan), dataset, now)
        assert _counted(session, now) == (0, FIRST_TRIALS, 0)
        for _, trial in trials.of_job(session, job.id):
            succeed(session, trial, now=now)
        assert _counted(session, now) == (0, 0, FIRST_TRIALS)
        running_job(session, now=now)
        assert _counted(session, now) == (0, 0, FIRST_TRIALS)
    assert client.get("/v1/usage").json()["days"][0]["trials"] == FIRST_TRIALS


def _counted(session: Any, now: float) -> tuple[int, int, int]:
    session.flush()
    reserved = counting.live_jobs(session, DEFAULT_PROJECT)[1]
    trained = usage.of_day(session, DEFAULT_PROJECT, usage.day_of(now))[0]
    return reserved, counting.unfinished_trials(session, DEFAULT_PROJECT), trained


def test_when_the_day_has_seen_enough_training_jobs_wait_for_the_next(tmp_path: Path) -> None:
    """What was trained yesterday does not count."""
    with _limited(tmp_path, training_seconds_per_day=10) as (client, database):
        with database.writing() as session:
            today = usage.day_of(database.now(session))
            session.add(UsageDayRow(project_id=DEFAULT_PROJECT, day=today - 1, trials=9, training_seconds=900.0))
        assert _submit(client).status_code == 202
        with database.writing() as session:
            session.add(UsageDayRow(project_id=DEFAULT_PROJECT, day=today, trials=1, training_seconds=10.0))
        refused = _submit(client)
        assert (refused.status_code, refused.json()["type"]) == (429, "urn:augury:problem:training-seconds-used-up")
        assert 0 < int(refused.headers["Retry-After"]) <= 86_400
        assert [day["trials"] for day in client.get("/v1/usage").json()["days"]] == [1, 9]
        assert len(client.get("/v1/usage", params={"days": 1}).json()["days"]) == 1


@pytest.mark.parametrize("road", ["datasets", "jobs", "previews"])
def test_a_dataset_more_than_a_project_may_have_is_refused_on_every_road(tmp_path: Path, road: str) -> None:
    """By itself, in a job, or in a preview; one that is there can be used."""
    with _limited(tmp_path, datasets=1) as (client, _):
        made = client.post("/v1/datasets", files={"file": ("a.zip", b"x" * 60)}).json()
        other = {**made["reference"], "image_size": [4, 4]}
        bodies: dict[str, Any] = {
            "datasets": other,
            "jobs": comparison_body(dataset=other),
            "previews": {"dataset": other, "spec": {"rotation_range": 5}},
        }
        refused = client.post(f"/v1/{road}", json=bodies[road])
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:too-many-datasets")
        assert _submit(client, dataset={"kind": "dataset", "id": made["id"]}).status_code == 202


def test_an_upload_that_does_not_fit_is_refused_and_one_that_fits_is_counted(tmp_path: Path) -> None:
    """In bytes of the file, before anybody has read it."""
    with _limited(tmp_path, stored_bytes=100) as (client, database):
        fits = client.post("/v1/datasets", files={"file": ("a.zip", b"x" * 60)})
        assert fits.status_code == 202
        assert _stored(database) == 60
        refused = client.post("/v1/datasets", files={"file": ("b.zip", b"y" * 60)})
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:storage-used-up")
        assert "60 bytes of 100" in refused.json()["detail"]
        model = client.post("/v1/models", files={"file": ("m.keras", b"z" * 60)})
        assert model.status_code == 409
        assert _stored(database) == 60


def _stored(database: Database) -> int:
    with database.reading() as session:
        row = session.get(StoredBytesRow, DEFAULT_PROJECT)
        return 0 if row is None else row.bytes


def test_an_archive_that_would_not_fit_is_refused(tmp_path: Path) -> None:
    """By what its images come to at most, where the dataset is known."""
    body = {"kind": "augmentation", "dataset": {"kind": "builtin", "name": "digits"}, "spec": {"rotation_range": 5}}
    with _limited(tmp_path, stored_bytes=100 * 64 + 100 * 64 + 10) as (client, database):
        with database.writing() as session:
            ready_dataset(session)
        assert client.post("/v1/jobs", json={**body, "rounds": 1, "format": "npz"}).status_code == 409
        _own_limit(database, stored_bytes=None)
        assert client.post("/v1/jobs", json={**body, "rounds": 1, "format": "npz"}).status_code == 202


def test_a_projects_own_limit_is_before_that_of_all(tmp_path: Path) -> None:
    """Larger, or none at all; without one it is that of all again."""
    with _limited(tmp_path, jobs_waiting=1) as (client, database):
        assert _submit(client).status_code == 202
        assert _submit(client).status_code == 429
        _own_limit(database, jobs_waiting=None)
        assert [_submit(client).status_code for _ in range(2)] == [202, 202]
        with database.writing() as session:
            projects.limit(projects.require_known(session, DEFAULT_PROJECT), {}, as_of_all=["jobs_waiting"])
        assert _submit(client).status_code == 429


def test_a_job_that_is_over_waits_no_more(client: TestClient, database: Database) -> None:
    """However it ended."""
    job = _submit(client).json()
    with database.writing() as session:
        session.execute(update(JobRow).where(JobRow.id == job["id"]).values(state=JobState.FAILED, finished_at=1.0))
    assert client.get("/v1/project").json()["counts"]["jobs_waiting"] == 0


def test_a_reference_of_an_upload_is_as_large_as_its_file(client: TestClient, database: Database) -> None:
    """So that another dataset of the same file counts, as the file stays for it when the first one goes."""
    made = client.post("/v1/datasets", files={"file": ("a.zip", b"x" * 60)}).json()
    again = client.post("/v1/datasets", json={**made["reference"], "image_size": [4, 4]})
    assert again.status_code == 202
    assert again.json()["id"] != made["id"]
    assert _stored(database) == 120
    assert registration.ResolvedReference(DEFAULT_PROJECT, {}, "body", None).upload_bytes == 0
