"""Findings over HTTP: at once, in plans, in jobs, and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api_schemas.lint import LintResult
from augury.cli.app import app
from augury.cli.linting.command import lint_requests
from service.specs.lint_routes import LINT_EXAMPLES
from store.database import Database
from tests.augury.stand_in import Answer, serving
from tests.store.databases import DIGITS, STANDING_EXAMPLE, TARGETED, comparison_body, ready_dataset


def _lint(client: TestClient, **body: Any) -> LintResult:
    response = client.post("/v1/lint", json=body)
    assert response.status_code == 200, response.text
    return LintResult.model_validate_json(response.content)


def _rules(findings: list[Any]) -> set[str]:
    return {found["rule"] if isinstance(found, dict) else found.rule for found in findings}


def test_a_spec_alone_is_linted_on_assumed_images(client: TestClient) -> None:
    """The answer says what was assumed."""
    result = _lint(client, spec={"shear_range": 0.5})
    assert "shear-in-degrees" in _rules(result.findings)
    assert not result.facts_used
    assert "no dataset was named" in result.basis
    assert result.measurements.geometry is not None


def test_a_dataset_that_is_known_is_used_and_one_that_is_not_is_not_ingested(
    client: TestClient, database: Database
) -> None:
    """Linting stores nothing."""
    before = _lint(client, spec={"rescale": 0.00392156862745098, "horizontal_flip": True}, dataset=DIGITS)
    assert not before.facts_used
    assert client.get("/v1/datasets").json()["items"] == []
    with database.writing() as session:
        ready_dataset(session)
    after = _lint(client, spec={"rescale": 0.00392156862745098, "horizontal_flip": True}, dataset=DIGITS)
    assert after.facts_used
    assert "flip-changes-labels" in _rules(after.findings)


def test_a_changed_spec_says_only_what_is_set(client: TestClient) -> None:
    """It can be sent again as it is."""
    (found,) = client.post("/v1/lint", json={"spec": TARGETED}).json()["findings"][1:2]
    assert found["changed_spec"].keys() < TARGETED.keys()
    assert client.post("/v1/lint", json={"spec": found["changed_spec"]}).status_code == 200


def test_a_faulty_spec_is_refused_by_name(client: TestClient) -> None:
    """As everywhere."""
    response = client.post("/v1/lint", json={"spec": {"rotation": 5}})
    assert response.status_code == 422
    assert response.json()["errors"][0]["location"] == "body.spec.rotation"


@pytest.mark.parametrize("name", LINT_EXAMPLES)
def test_the_documented_examples_are_answered(name: str, shared_client: TestClient) -> None:
    """With something to say."""
    assert _lint(shared_client, **LINT_EXAMPLES[name]["value"]).findings


def test_a_plan_has_the_findings_of_every_candidate(client: TestClient) -> None:
    """Before anything is stored."""
    body = comparison_body(STANDING_EXAMPLE)
    plan = client.post("/v1/jobs?validate_only=true", json=body).json()
    assert list(plan["findings"]) == list(STANDING_EXAMPLE)
    assert "no-effective-augmentation" in _rules(plan["findings"]["targeted"])


def test_a_job_has_its_findings_from_the_first_answer_on(client: TestClient, database: Database) -> None:
    """And more of them once the dataset is known."""
    body = comparison_body(STANDING_EXAMPLE)
    accepted = client.post("/v1/jobs", json=body)
    assert accepted.status_code == 202
    assert "shear-in-degrees" in _rules(accepted.json()["findings"]["over"])
    with database.writing() as session:
        ready_dataset(session)
    later = client.get(accepted.headers["Location"]).json()
    assert _rules(accepted.json()["findings"]["over"]) < _rules(later["findings"]["over"])
    assert "no-rescale" in _rules(later["findings"]["over"])


def test_a_replayed_submission_has_the_findings_of_the_first(client: TestClient, database: Database) -> None:
    """The same answer, whatever was learned since."""
    headers = {"Idempotency-Key": "again"}
    first = client.post("/v1/jobs", json=comparison_body(), headers=headers).json()
    with database.writing() as session:
        ready_dataset(session)
    assert client.post("/v1/jobs", json=comparison_body(), headers=headers).json() == first


def _command(answer: LintResult, content: dict[str, Any], folder: Path, *options: str) -> Any:
    path = folder / "spec.json"
    path.write_text(json.dumps(content))
    with serving() as service:
        service.will(Answer(200, answer.model_dump(mode="json")))
        done = CliRunner().invoke(app, ["lint", str(path), "--url", service.url, *options])
    return done, service.asked


def test_the_command_prints_severity_message_and_remedy(client: TestClient, tmp_path: Path) -> None:
    """Exit code 0 whatever was found, 1 only when --strict asks for it."""
    answer = _lint(client, spec={"shear_range": 0.5})
    done, asked = _command(answer, {"shear_range": 0.5}, tmp_path, "--dataset", "digits")
    assert done.exit_code == 0
    assert "warning  shear-in-degrees" in done.stdout
    assert "of a degree" in done.stdout
    assert "→ Leave it out" in done.stdout
    assert asked[0].body == {"spec": {"shear_range": 0.5}, "dataset": DIGITS}
    assert _command(answer, {"shear_range": 0.5}, tmp_path, "--strict")[0].exit_code == 1


def test_the_command_is_content_with_a_spec_that_only_has_remarks(client: TestClient, tmp_path: Path) -> None:
    """--strict is about warnings and errors."""
    answer = _lint(client, spec={"rescale": 0.5})
    assert answer.findings
    assert _command(answer, {"rescale": 0.5}, tmp_path, "--strict")[0].exit_code == 0


def test_the_command_checks_every_candidate_of_a_request(client: TestClient, tmp_path: Path) -> None:
    """With the request's own dataset; as JSON the answers are by candidate."""
    answer = _lint(client, spec={"shear_range": 0.5})
    done, asked = _command(answer, comparison_body(STANDING_EXAMPLE), tmp_path, "--json")
    assert list(json.loads(done.stdout)) == list(STANDING_EXAMPLE)
    assert [request.body["spec"] for request in asked] == list(STANDING_EXAMPLE.values())
    assert all(request.body["dataset"] == DIGITS for request in asked)


def test_a_request_with_one_spec_is_linted_as_such() -> None:
    """An augmentation's request, or a lint request."""
    body = {"kind": "augmentation", "dataset": DIGITS, "spec": {"shear_range": 1}, "semantics": "corrected"}
    assert lint_requests(body, None, None) == {
        "": {"dataset": DIGITS, "spec": {"shear_range": 1}, "semantics": "corrected"}
    }


def test_an_augmentation_is_linted_too(client: TestClient) -> None:
    """In its plan and in the job, with the semantics that it asks for."""
    body = {"kind": "augmentation", "dataset": DIGITS, "spec": {"shear_range": 0.5, "width_shift_range": 0.1}}
    plan = client.post("/v1/jobs?validate_only=true", json=body).json()
    assert {"shear-in-degrees", "shift-axes-swapped"} <= _rules(plan["findings"]["augmentation"])
    corrected = client.post("/v1/jobs", json=body | {"semantics": "corrected"}).json()
    assert "shift-axes-swapped" not in _rules(corrected["findings"]["augmentation"])
