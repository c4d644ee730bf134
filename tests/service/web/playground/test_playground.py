"""The page: what its address says, what it begins with, and what is said of what cannot be."""

from __future__ import annotations

import json
from html import unescape

import pytest
from fastapi.testclient import TestClient

from store.database import Database
from store.ids import DEFAULT_PROJECT
from tests.service.auth.conftest import OTHERS, Guarded, bearer
from tests.service.web.conftest import PAGE, PART
from tests.store.databases import APPROPRIATE, comparison, comparison_body, new_job, ready_dataset


def _shown(client: TestClient, **query: str) -> str:
    answer = client.get("/playground", params=query, headers=PAGE)
    assert answer.status_code == 200
    return unescape(answer.text)


def _job(database: Database, project: str = DEFAULT_PROJECT) -> str:
    request = comparison({"mild": APPROPRIATE}, model={"name": "linear"}, training={"epochs": 7})
    with database.writing() as session:
        return new_job(session, request, project=project).id


def test_the_page_has_a_field_for_every_parameter_and_a_sentence_about_it(client: TestClient) -> None:
    """And an example to begin with."""
    shown = _shown(client)
    assert 'data-parameter="rotation_range"' in shown
    assert "the angle is uniform in [-r, r]" in shown
    assert '"rotation_range": 20' in shown


def test_the_address_says_the_spec_and_the_dataset(client: TestClient) -> None:
    """So that a link shows what its sender saw."""
    shown = _shown(client, spec='{"shear_range": 3.0}', dataset="mnist")
    assert '{"shear_range": 3.0}</textarea>' in shown
    assert '<option value="mnist" selected>' in shown


def test_a_spec_in_the_address_that_is_none_is_not_lost(client: TestClient) -> None:
    """It is shown as it came, as text."""
    assert "{rotation: </textarea><b>" in _shown(client, spec="{rotation: </textarea><b>")
    answer = client.get("/playground", params={"spec": "</textarea><b>"}, headers=PAGE)
    assert "&lt;/textarea&gt;&lt;b&gt;" in answer.text


def test_a_spec_is_no_longer_than_an_address_may_be(client: TestClient) -> None:
    """What is longer is refused, and the page never makes such a link."""
    answer = client.get("/playground", params={"spec": "x" * 4_001}, headers=PAGE)
    assert answer.status_code == 422


def test_datasets_that_are_ready_are_there_to_choose(client: TestClient, database: Database) -> None:
    """By name, with what is in them."""
    with database.writing() as session:
        ready_dataset(session)
    assert "digits: 100 images of 8×8×1" in _shown(client)


def test_a_candidate_of_a_job_is_taken_over(client: TestClient, database: Database) -> None:
    """Its spec, with the job's dataset and training."""
    job = _job(database)
    shown = _shown(client, **{"from": f"{job}:mild"})
    assert '"width_shift_range": 0.1' in shown
    assert "<option selected>linear</option>" in shown
    assert 'name="epochs" value="7"' in shown
    assert f"/jobs/{job}" in shown


@pytest.mark.parametrize(("name", "status", "says"), [("other", 422, "it has: mild"), ("", 422, "it has: mild")])
def test_a_candidate_that_is_not_there_is_said(
    name: str, status: int, says: str, client: TestClient, database: Database
) -> None:
    """With those that are."""
    answer = client.get("/playground", params={"from": f"{_job(database)}:{name}"}, headers=PAGE)
    assert answer.status_code == status
    assert says in answer.text


def test_nobody_takes_over_what_belongs_to_another_project(guarded: Guarded) -> None:
    """It is as if it were not there."""
    job = _job(guarded.database)
    key = guarded.key(project=OTHERS)
    answer = guarded.client.get(f"/playground?from={job}:mild", headers=PAGE | bearer(key))
    assert answer.status_code == 404


def test_who_may_only_read_has_no_button_to_run(guarded: Guarded) -> None:
    """And who may submit has one."""
    for scopes, is_there in ((("read",), False), (("read", "submit"), True)):
        shown = guarded.client.get("/playground", headers=PAGE | bearer(guarded.key(*scopes))).text
        assert ("Run the comparison" in shown) is is_there


def test_a_dose_is_told_with_what_it_scales(client: TestClient) -> None:
    """As JSON, for the page's script."""
    answer = client.get("/playground/dose", params={"spec": '{"rotation_range": 10}', "dose": 2})
    assert answer.json()["spec"] == {"rotation_range": 20.0}
    assert "rotation_range 20" in answer.json()["sentence"]


def test_a_dose_of_no_spec_names_the_field(client: TestClient) -> None:
    """As the interface does."""
    answer = client.get("/playground/dose", params={"spec": '{"rotation_rage": 10}', "dose": 2})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"] == "body.rotation_rage"


def test_copies_are_of_the_request_as_it_was_sent(client: TestClient) -> None:
    """In four forms, with the address that the browser knows the service by."""
    body = comparison_body()
    answer = client.get("/playground/parts/code", params={"request": json.dumps(body)}, headers=PART)
    shown = unescape(answer.text)
    assert all(each in shown for each in ("ImageDataGenerator(", "curl -s http://localhost/v1/jobs", "Client('http:"))
    assert "<html" not in shown
