"""Taking a finished comparison to more seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from api_schemas.reports.report import Report, Verdict
from store.database import Database
from store.files.artifacts import Artifacts
from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow
from tests.augury.reporting.samples import full
from tests.store.databases import running_job

REPORT = "jobs/j/report.json"


def _reported(verdict: Verdict) -> Report:
    whole = full()
    return whole.model_copy(
        update={"candidates": [each.model_copy(update={"verdict": verdict}) for each in whole.candidates]}
    )


@pytest.fixture
def finished(client: TestClient, database: Database, tmp_path: Path) -> str:
    """A comparison on two seeds that has succeeded, with nothing decided."""
    Artifacts(str(tmp_path / "artifacts")).write(REPORT, _reported(Verdict.INCONCLUSIVE).model_dump_json().encode())
    with database.writing() as session:
        job = running_job(session)
        job.report_artifact = REPORT
        session.flush()
        _set(session, job.id, state="succeeded", phase="done", finished_at=1.0)
        return job.id


def _set(session: Any, job_id: str, **values: Any) -> None:
    session.execute(update(JobRow).where(JobRow.id == job_id).values(**values))


def _extend(client: TestClient, job_id: str, seeds: int = 6, key: str | None = None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    return client.post(f"/v1/jobs/{job_id}/extend", json={"seeds": seeds}, headers=headers)


def test_an_extension_is_accepted_and_the_report_stays_meanwhile(
    client: TestClient, finished: str, database: Database
) -> None:
    """Stored before it is answered: the job runs again, its plan and its events say why."""
    answer = _extend(client, finished)
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/v1/jobs/{finished}")
    job = answer.json()
    assert (job["state"], job["is_terminal"], job["has_report"], job["finished_at"]) == ("running", False, True, None)
    assert (job["timeline"][-1]["type"], job["timeline"][-1]["data"]) == ("extended", {"seeds": 6})
    with database.reading() as session:
        row = session.get_one(JobRow, finished)
        assert row.plan is not None
        assert row.plan["extensions"] == [6]
    assert client.get(f"/v1/jobs/{finished}/report").status_code == 200


def test_the_same_key_extends_once(client: TestClient, finished: str, database: Database) -> None:
    """And gets the first answer again; with another number it is another request."""
    first, again = _extend(client, finished, key="k"), _extend(client, finished, key="k")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert _extend(client, finished, seeds=7, key="k").json()["type"].endswith("idempotency-key-reused")
    with database.reading() as session:
        plan = session.get_one(JobRow, finished).plan
        assert plan is not None
        assert plan["extensions"] == [6]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"state": "running", "finished_at": None}, "it is running"),
        ({"state": "failed"}, "it is failed"),
        ({"state": "cancelled"}, "it is cancelled"),
        ({"kind": "training"}, "a job of kind training"),
        ({"stop_requested_at": 1.0}, "it was stopped"),
    ],
    ids=repr,
)
def test_what_cannot_be_extended_says_why(
    client: TestClient, finished: str, database: Database, values: dict[str, Any], said: str
) -> None:
    """And stays as it is."""
    with database.writing() as session:
        _set(session, finished, **values)
    answer = _extend(client, finished)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:augury:problem:cannot-extend")
    assert said in answer.json()["detail"]


def test_an_extension_that_is_going_on_is_not_extended(client: TestClient, finished: str) -> None:
    """The one after it would not know what the first has found."""
    assert _extend(client, finished).status_code == 202
    assert "being extended already" in _extend(client, finished, seeds=9).json()["detail"]


def test_a_report_that_kept_no_reserve_is_not_extended(client: TestClient, finished: str, database: Database) -> None:
    """It is of an earlier version, and has spent all of the error."""
    with database.writing() as session:
        plan = dict(session.get_one(JobRow, finished).plan or {})
        _set(session, finished, plan={name: value for name, value in plan.items() if name != "reserve"})
    assert "earlier version" in _extend(client, finished).json()["detail"]


def test_where_everything_is_decided_there_is_nothing_to_extend(
    client: TestClient, finished: str, tmp_path: Path
) -> None:
    """More seeds would change nothing."""
    Artifacts(str(tmp_path / "artifacts")).write(REPORT, _reported(Verdict.HURTS).model_dump_json().encode())
    assert "no candidate of it is undecided" in _extend(client, finished).json()["detail"]


def test_a_comparison_whose_dataset_is_gone_keeps_its_report(
    client: TestClient, finished: str, database: Database
) -> None:
    """It is not taken up again only to fail."""
    with database.writing() as session:
        session.execute(update(DatasetRow).values(state="deleted"))
    assert "dataset was deleted" in _extend(client, finished).json()["detail"]


def test_a_comparison_whose_model_is_gone_keeps_its_report(
    client: TestClient, finished: str, database: Database
) -> None:
    """Its further trials would find nothing to begin with; another model of the same content will do."""
    digest = "a" * 64
    with database.writing() as session:
        request = session.get_one(JobRow, finished).request
        _set(session, finished, request=request | {"model": {"id": "model_" + "0" * 32, "digest": digest}})
    refused = _extend(client, finished)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:cannot-extend")
    assert "its model was deleted" in refused.json()["detail"]
    with database.writing() as session:
        session.add(_ready_model(digest))
    assert _extend(client, finished).status_code == 202


def _ready_model(digest: str) -> RegisteredModelRow:
    reference = {"kind": "upload", "sha256": "b" * 64, "architecture": None}
    return RegisteredModelRow(
        id="model_" + "1" * 32, state="ready", queue="cpu", attempts=1, reference=reference, kind="upload",
        reference_digest="c" * 64, digest=digest, created_at=0.0, project_id="default",
    )  # fmt: skip


def test_a_comparison_that_could_not_score_its_test_dataset_any_more_keeps_its_report(
    client: TestClient, finished: str, database: Database
) -> None:
    """The models of more seeds would have nothing to be scored on in the end."""
    gone = "ds_" + 32 * "0"
    with database.writing() as session:
        request = session.get_one(JobRow, finished).request
        evaluation = request["evaluation"] | {"test": {"dataset": gone}}
        _set(session, finished, request=request | {"evaluation": evaluation})
    answer = _extend(client, finished)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:augury:problem:cannot-extend")
    assert f"dataset {gone}, which is to be scored at the end, was deleted" in answer.json()["detail"]


@pytest.mark.parametrize(("seeds", "said"), [(2, "3"), (201, "200"), (5, "more than the 5 seeds")])
def test_a_number_of_seeds_that_is_none_to_go_on_to_is_refused(
    client: TestClient, finished: str, database: Database, seeds: int, said: str
) -> None:
    """Fewer than there are, or more than are any use."""
    with database.writing() as session:
        plan = dict(session.get_one(JobRow, finished).plan or {})
        plan["rounds"] = [{"purpose": "comparison", "arms": ["baseline", "flip"], "seeds": [0, 1, 2, 3, 4]}]
        _set(session, finished, plan=plan)
    answer = _extend(client, finished, seeds=seeds)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"] == "body.seeds"
    assert said in answer.text


def test_a_job_that_is_not_there_is_not_extended(client: TestClient) -> None:
    """A clear 404."""
    assert _extend(client, "job_none").status_code == 404


def test_an_extension_beyond_what_one_job_may_train_is_refused(
    client: TestClient, finished: str, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is trained already counts, too; the job keeps its report and stays as it was."""
    report = _reported(Verdict.INCONCLUSIVE)
    undecided = report.candidates[0].model_copy(update={"name": "flip"})
    report = report.model_copy(update={"candidates": [undecided]})
    Artifacts(str(tmp_path / "artifacts")).write(REPORT, report.model_dump_json().encode())
    assert isinstance(client.app, FastAPI)
    monkeypatch.setattr(client.app.state.resources.settings, "max_trials_per_job", 11)
    answer = _extend(client, finished, seeds=6)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["location"] == "body.seeds"
    assert "it may come to 12 trials, and the limit is 11" in fault["message"]
    with database.reading() as session:
        assert session.get_one(JobRow, finished).state == "succeeded"
    assert _extend(client, finished, seeds=5).status_code == 202
