"""What a request refers to is looked for in its own project: nothing tells that another one has it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from store.files.names import upload_name
from store.ids import DEFAULT_PROJECT
from store.rows import trials
from store.rows.models import registered
from store.rows.tables import JobRow, RegisteredModelRow, TrialRow
from tests.service.auth.conftest import OTHERS, Guarded, guarding
from tests.store.databases import DIGITS, NOW, comparison_body, ready_dataset, running_job

UNKNOWN = {"ds": "ds_" + "0" * 32, "model": "model_" + "0" * 32}
CONTENT = b"what only one project has"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    """A service of a test's own, as it is to store something."""
    with guarding(tmp_path) as found:
        yield found


@pytest.fixture
def own(guarded: Guarded) -> str:
    """A key to the first project."""
    return guarded.key()


@pytest.fixture
def other(guarded: Guarded) -> str:
    """A key to another project."""
    return guarded.key(project=OTHERS)


def _submit(guarded: Guarded, key: str, headers: dict[str, str] | None = None, **changes: Any) -> Any:
    return guarded.ask(key, "POST", "/v1/jobs", json=comparison_body(**changes), headers=headers or {})


def _refusal(response: Any, identifier: str) -> dict[str, Any]:
    """A refusal without what differs in any two."""
    assert response.status_code == 422, response.text
    refusal: dict[str, Any] = json.loads(response.text.replace(identifier, "ID"))
    del refusal["request_id"]
    return refusal


def _dataset_of(guarded: Guarded, project: str) -> str:
    with guarded.database.writing() as session:
        return ready_dataset(session, project=project).id


def _model_of(guarded: Guarded, project: str, digest: str) -> str:
    with guarded.database.writing() as session:
        reference: dict[str, object] = {"kind": "path", "path": "/net.keras", "architecture": None}
        row = registered.register(session, project, reference, NOW)
        is_row = RegisteredModelRow.id == row.id
        session.execute(update(RegisteredModelRow).where(is_row).values(state="ready", digest=digest))
        return row.id


def test_a_dataset_of_another_project_cannot_be_named(guarded: Guarded, own: str, other: str) -> None:
    """Neither as what is trained on, nor as a condition, nor to be linted or looked at; it is one that nobody has."""
    dataset = _dataset_of(guarded, DEFAULT_PROJECT)
    for place in ("dataset", "condition", "lint", "preview"):
        asked = {each: _naming_dataset(guarded, other, place, each) for each in (dataset, UNKNOWN["ds"])}
        first, second = (_refusal(response, each) for each, response in asked.items())
        assert first == second
    assert _submit(guarded, own, dataset={"kind": "dataset", "id": dataset}).status_code == 202


def _naming_dataset(guarded: Guarded, key: str, place: str, dataset: str) -> Any:
    reference, spec = {"kind": "dataset", "id": dataset}, {"rotation_range": 5}
    if place == "dataset":
        return _submit(guarded, key, dataset=reference)
    if place == "condition":
        return _submit(guarded, key, evaluation={"seeds": 2, "conditions": [{"dataset": dataset}]})
    path = {"lint": "/v1/lint", "preview": "/v1/previews"}[place]
    return guarded.ask(key, "POST", path, json={"dataset": reference, "spec": spec})


@pytest.mark.parametrize("field", ["id", "digest"])
def test_a_model_of_another_project_cannot_be_named(guarded: Guarded, own: str, other: str, field: str) -> None:
    """Neither by its id nor by the digest of its content."""
    digest = "ab" * 32
    named = {"id": _model_of(guarded, DEFAULT_PROJECT, digest), "digest": digest}[field]
    unknown = {"id": UNKNOWN["model"], "digest": "cd" * 32}[field]
    asked = {each: _submit(guarded, other, model={field: each}) for each in (named, unknown)}
    first, second = (_refusal(response, each) for each, response in asked.items())
    assert first == second
    assert "no such model" in first["errors"][0]["message"]
    assert _submit(guarded, own, model={field: named}).status_code == 202


def test_a_file_of_another_project_cannot_be_had_by_its_checksum(guarded: Guarded, own: str, other: str) -> None:
    """Who knows what somebody has uploaded gets neither the file nor to know that it was."""
    uploaded = guarded.ask(own, "POST", "/v1/datasets", files={"file": ("digits.npz", CONTENT)})
    assert uploaded.status_code == 202, uploaded.text
    by_checksum = {"kind": "upload", "sha256": SHA256}
    assert guarded.ask(own, "POST", "/v1/datasets", json=by_checksum).json()["id"] == uploaded.json()["id"]
    refused = guarded.ask(other, "POST", "/v1/datasets", json=by_checksum)
    assert refused.status_code == 422
    assert "no such file was uploaded" in refused.json()["errors"][0]["message"]


def test_files_that_two_projects_upload_are_two(guarded: Guarded, own: str, other: str) -> None:
    """So that what one of them deletes is not missing to the other."""
    first, second = (
        guarded.ask(key, "POST", "/v1/datasets", files={"file": ("digits.npz", CONTENT)}).json() for key in (own, other)
    )
    assert first["id"] != second["id"]
    artifacts = guarded.client.app.state.resources.artifacts  # type: ignore[attr-defined]
    names = [upload_name(project, SHA256) for project in (DEFAULT_PROJECT, OTHERS)]
    assert [artifacts.read(name) for name in names] == [CONTENT, CONTENT]
    assert names[0] == f"uploads/{SHA256}"  # where the first one's have always been


def test_the_same_reference_is_another_dataset_in_another_project(guarded: Guarded, own: str, other: str) -> None:
    """Each has its own, and neither learns from a quick answer that it was there."""
    own_id, other_id = (guarded.ask(key, "POST", "/v1/datasets", json=DIGITS).json()["id"] for key in (own, other))
    assert own_id != other_id
    assert guarded.ask(own, "POST", "/v1/datasets", json=DIGITS).json()["id"] == own_id


def test_an_idempotency_key_is_a_projects_own(guarded: Guarded, own: str, other: str) -> None:
    """The same one of another project is neither replayed nor refused, whatever it came with."""
    sent = {"Idempotency-Key": "monday"}
    first = _submit(guarded, own, headers=sent)
    theirs = _submit(guarded, other, headers=sent, training={"epochs": 2})
    assert theirs.status_code == 202
    assert "Idempotent-Replayed" not in theirs.headers
    assert theirs.json()["id"] != first.json()["id"]
    again = _submit(guarded, own, headers=sent)
    assert (again.json()["id"], again.headers["Idempotent-Replayed"]) == (first.json()["id"], "true")


def test_trials_are_shared_within_a_project_only(guarded: Guarded) -> None:
    """Under the same address: a job of the same project takes them, another project's trains its own."""
    with guarded.database.writing() as session:
        first, second = running_job(session), running_job(session)
        theirs = running_job(session, project=OTHERS)
        addresses, ids = zip(*(_trials_of(session, job) for job in (first, second, theirs)), strict=True)
        assert addresses[0] == addresses[1] == addresses[2]
        assert ids[0] == ids[1]
        assert ids[0].isdisjoint(ids[2])
        own_keys = set(session.scalars(select(TrialRow.key)))
        session.execute(update(TrialRow).where(TrialRow.project_id == DEFAULT_PROJECT).values(state="succeeded"))
        assert trials.trained(session, DEFAULT_PROJECT, own_keys) == own_keys
        assert trials.trained(session, OTHERS, own_keys) == set()


def _trials_of(session: Any, job: JobRow) -> tuple[set[str], set[str]]:
    found = [trial for _, trial in trials.of_job(session, job.id)]
    return {trial.key for trial in found}, {trial.id for trial in found}


def test_a_plan_does_not_tell_what_others_have_trained(guarded: Guarded, own: str, other: str) -> None:
    """How many trials are there already, and how long they take, is known from one's own project."""
    with guarded.database.writing() as session:
        running_job(session)
        ready_dataset(session, project=OTHERS)
        done = {"seconds": 2.0, "epochs": 1}
        session.execute(update(TrialRow).values(state="succeeded", result=done, finished_at=NOW))
    plans = [
        guarded.ask(key, "POST", "/v1/jobs?validate_only=true", json=comparison_body()).json() for key in (own, other)
    ]
    assert [plan["trials_reusable"] for plan in plans] == [plans[0]["trials"], 0]
    assert [plan["estimated_seconds"] for plan in plans] == [0.0, None]
