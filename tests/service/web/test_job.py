"""A job's page: how far it is, what it has found out, and what it takes to ask it again."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api_schemas.jobs import AugmentationRequest, TrainingRequest
from augury.reporting.html import render_html
from service.http.failure_classes import FAILURE_CLASSES
from service.web.job.request import short, taken
from store.database import Database
from store.files.artifacts import Artifacts
from store.files.names import report_name
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, jobs
from store.rows.tables import JobRow
from tests.augury.reporting.samples import full, hostile, training
from tests.service.conftest import application, listening
from tests.service.web.conftest import PAGE, PART
from tests.service.web.stored import FAILURE, ended_job, reported_job, training_job
from tests.store.databases import DIGITS, NOW, STANDING_EXAMPLE, comparison, comparison_body, new_job, running_job


@pytest.fixture
def artifacts(client: TestClient) -> Artifacts:
    """The artifacts of the client's service."""
    assert isinstance(client.app, FastAPI)
    found: Artifacts = client.app.state.resources.artifacts
    return found


def _page(client: TestClient, path: str, **query: str) -> str:
    answer = client.get(path, params=query or None, headers=PAGE)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_job_that_goes_on_shows_how_far_it_is_and_no_verdict(client: TestClient, database: Database) -> None:
    """Its phase, each arm's trials, when the evidence is looked at next, and what can be done."""
    job_id = training_job(database)
    text = _page(client, f"/jobs/{job_id}")
    for said in ("<strong>Trains</strong>", " of 6 trials", "baseline", "The next look at the evidence", "3 seeds"):
        assert said in text
    assert f'data-call="/v1/jobs/{job_id}/stop"' in text
    assert 'class="badge' not in text
    assert "helps" not in text


def test_it_listens_from_what_it_shows_on(client: TestClient, database: Database) -> None:
    """The events that are on the page are not told again: of an extended job one was its end."""
    job_id = training_job(database)
    text = _page(client, f"/jobs/{job_id}")
    found = re.search(r'hx-sse:connect="(/v1/jobs/[^"]*)"', text)
    assert found is not None
    told = client.get(f"{found.group(1)}&follow=false").text
    assert "event: queued" not in told
    assert "event: running" not in told


def test_the_part_that_changes_is_the_same(client: TestClient, database: Database) -> None:
    """The page as it is loaded has what the part brings later."""
    job_id = training_job(database)
    part = client.get(f"/jobs/{job_id}/parts/progress", headers=PART).text
    assert "<html" not in part
    assert "The next look at the evidence" in part


def test_the_answer_is_the_report(client: TestClient, database: Database, artifacts: Artifacts) -> None:
    """Sentence by sentence and figure by figure what its own page has, and nothing that the policy refuses."""
    job_id = reported_job(database, artifacts)
    text = _page(client, f"/jobs/{job_id}")
    own = render_html(full(), {}).split("<main")[1].split("</main>")[0]
    for tag in ("h2", "h3", "p", "figcaption"):
        for content in re.findall(rf"<{tag}[^>]*>([^<]{{12,}})</{tag}>", own):
            assert content in text
    assert text.count("<svg") == own.count("<svg")
    assert not re.search(r"<[^>]*\sstyle=", text)
    assert "data:image" not in text
    assert f"/compare?candidate={job_id}%3A" in text


def test_contact_sheets_are_pictures_of_their_own(client: TestClient, database: Database, artifacts: Artifacts) -> None:
    """Of the candidates that have one; nothing else can be read so."""
    job_id = reported_job(database, artifacts)
    paths = re.findall(rf'src="(/jobs/{job_id}/sheet\?candidate=[^"]*)"', _page(client, f"/jobs/{job_id}"))
    assert len(paths) == 2
    sheet = client.get(paths[0])
    assert (sheet.headers["Content-Type"], sheet.content[:4]) == ("image/png", b"\x89PNG")
    for other in ("nobody", "../report", full().candidates[-1].name):
        answer = client.get(f"/jobs/{job_id}/sheet", params={"candidate": other}, headers=PAGE)
        assert answer.status_code == 404


def test_more_seeds_are_offered_where_they_may_decide(
    client: TestClient, database: Database, artifacts: Artifacts
) -> None:
    """A plan that kept some of the error for it, and a candidate that is undecided."""
    job_id = reported_job(database, artifacts)
    assert "Train on more seeds" not in _page(client, f"/jobs/{job_id}")
    with database.writing() as session:
        planned = running_job(session)
        row = session.get_one(JobRow, job_id)
        row.plan = {**(planned.plan or {}), "reserve": 0.2}
    text = _page(client, f"/jobs/{job_id}")
    assert "Train on more seeds" in text
    assert f'data-extend="/v1/jobs/{job_id}/extend"' in text


def test_a_failure_says_what_to_do(client: TestClient, database: Database) -> None:
    """What it is about, and whether it is worth trying again."""
    text = _page(client, f"/jobs/{ended_job(database, None)}")
    meaning = FAILURE_CLASSES[FAILURE.failure_class]
    for said in (FAILURE.message, meaning.meaning, meaning.remedy.split(";", maxsplit=1)[0]):
        assert said in text


def test_a_report_that_is_gone_is_said_to_be(client: TestClient, database: Database, artifacts: Artifacts) -> None:
    """The page stays, with what the database has."""
    job_id = reported_job(database, artifacts)
    artifacts.delete(report_name(job_id, "json"))
    assert "missing or cannot be read" in _page(client, f"/jobs/{job_id}")


def test_trials_are_narrowed(client: TestClient, database: Database) -> None:
    """To an arm, to a state, or to both."""
    path = f"/jobs/{training_job(database)}"

    def rows(**query: str) -> int:
        return _page(client, path, tab="trials", **query).count('<th scope="row">')

    assert (rows(), rows(arm="flip"), rows(state="running"), rows(arm="flip", state="running")) == (6, 3, 1, 0)
    assert client.get(path, params={"tab": "trials", "state": "x"}, headers=PAGE).status_code == 422


@pytest.mark.parametrize("tab", ["answer", "trials", "request", "again"])
def test_every_kind_of_job_has_every_tab(tab: str, client: TestClient, database: Database) -> None:
    """Queued, running, ended in any way, with and without anything to show."""
    requests = [
        comparison(),
        TrainingRequest.model_validate({"kind": "training", "dataset": DIGITS}),
        AugmentationRequest.model_validate({"kind": "augmentation", "dataset": DIGITS, "spec": {"rotation_range": 5}}),
    ]
    made = [ended_job(database, None), ended_job(database, training())]
    with database.writing() as session:
        for request in requests:
            row = datasets.register(session, DEFAULT_PROJECT, DIGITS, NOW)
            made.append(jobs.create(session, request, row, NOW, NOW + 60).id)  # type: ignore[arg-type]
        dropped = new_job(session)
        jobs.cancel(session, dropped, NOW)
        made.append(dropped.id)
    for job_id in made:
        assert "<h1>" in _page(client, f"/jobs/{job_id}", tab=tab)


def test_what_a_client_wrote_is_text(client: TestClient, database: Database, artifacts: Artifacts) -> None:
    """Names in a report may have any characters."""
    job_id = ended_job(database, hostile())
    artifacts.write(report_name(job_id, "json"), hostile().model_dump_json().encode())
    assert "<script>alert" not in _page(client, f"/jobs/{job_id}")


def test_others_do_not_see_it(client: TestClient, database: Database) -> None:
    """Neither the page nor its parts."""
    with database.writing() as session:
        job_id = running_job(session, project="others").id
    for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/parts/progress", f"/jobs/{job_id}/sheet?candidate=flip"):
        assert client.get(path, headers=PAGE).status_code == 404


REQUESTS: list[dict[str, Any]] = [
    comparison_body(),
    comparison_body(STANDING_EXAMPLE, recommend=True, labels={"a": "b"}),
    comparison_body(training={"epochs": 5, "schedule": {"name": "cosine", "warmup_epochs": 1}, "optimizer": "adamw"}),
    comparison_body(evaluation={"seeds": {"min": 3, "max": 9}, "metric": "recall:3", "conditions": ["rotated"]}),
    {"kind": "training", "dataset": DIGITS, "spec": {"rescale": 1 / 255}},
    {"kind": "augmentation", "dataset": DIGITS, "spec": {"rotation_range": 15}, "rounds": 2},
]


@pytest.mark.parametrize("body", REQUESTS, ids=lambda body: json.dumps(body)[:60])
def test_a_request_is_told_without_its_defaults(body: dict[str, Any], client: TestClient) -> None:
    """It is short, and stored again it is the same."""
    answer = client.post("/v1/jobs", json=body)
    assert answer.status_code == 202, answer.text
    stored = answer.json()["request"]
    told = short(stored)
    assert len(json.dumps(told)) < len(json.dumps(stored))
    again = client.post("/v1/jobs", json=told)
    assert again.json()["request"] == stored


def test_a_request_of_an_earlier_version_is_told_as_it_is() -> None:
    """One that would not be accepted today, too."""
    assert short({"kind": "comparison", "strange": 1}) == {"kind": "comparison", "strange": 1}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a service listens."""
    with listening(application(tmp_path_factory.mktemp("service"))) as (host, port):
        yield f"http://{host}:{port}"


def test_what_is_copied_runs_as_it_stands(address: str, tmp_path: Path) -> None:
    """By curl in a shell, and in Python as far as the job is submitted: nobody carries it out here."""
    told = taken(comparison(STANDING_EXAMPLE).model_dump(mode="json"), address, needs_key=False)
    by_curl = subprocess.run(["bash", "-c", told.curl], check=True, capture_output=True, text=True)
    assert json.loads(by_curl.stdout)["state"] == "queued"
    script = tmp_path / "again.py"
    script.write_text(told.python.split("for job in")[0] + "print(job.id)\n")
    by_python = subprocess.run([sys.executable, script], check=True, capture_output=True, text=True)
    assert by_python.stdout.startswith("job_")


def test_a_key_is_asked_of_the_environment() -> None:
    """Where the service takes keys; none is written into a page."""
    assert "$AUGURY_API_KEY" in taken(comparison_body(), "http://x", needs_key=True).curl
    assert "AUGURY_API_KEY" not in taken(comparison_body(), "http://x", needs_key=False).curl
