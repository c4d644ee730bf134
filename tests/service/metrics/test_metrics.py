"""``/metrics``: what a scrape says, in which form, and that nothing in it has more values than there are routes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from store.rows import trials
from store.rows.counters.catalogue import CATALOGUE
from tests.service.auth.conftest import database_of
from tests.service.conftest import serving
from tests.store.databases import NOW, claim, comparison_body, new_trial, result

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def scraped(client: TestClient) -> Samples:
    """What a scrape says, by name and labels."""
    response = client.get("/metrics")
    assert response.status_code == 200, response.text
    found: Samples = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.items()))] = sample.value
    return found


def requests_of(samples: Samples) -> dict[tuple[str, str, str], float]:
    """By method, route and status."""
    counted = {
        tuple(value for _, value in labels): value for labels, value in samples["augury_http_requests_total"].items()
    }
    return {(method, route, status): value for (method, route, status), value in counted.items()}


def test_a_scrape_shows_what_waits_and_what_was_done(tmp_path: Path) -> None:
    """Of all projects, and however it came into the database."""
    with serving(tmp_path) as client:
        with database_of(client).writing() as session:
            first, second = new_trial(session, 0), new_trial(session, 1)
            assert trials.succeed(session, claim(session, first), result(), NOW + 40)
            assert second.state == "queued"
        assert client.post("/v1/jobs", json=comparison_body()).status_code == 202
        samples = scraped(client)
    of_trials = (("device", "cpu"), ("kind", "trial"), ("state", "queued"))
    assert samples["augury_units"][of_trials] == 1.0
    assert samples["augury_units_oldest_seconds"][of_trials] >= 0.0
    of_jobs = (("device", "cpu"), ("kind", "comparison"), ("state", "queued"))
    assert samples["augury_jobs"][of_jobs] == 1.0
    ended = (("device", "cpu"), ("kind", "trial"), ("state", "succeeded"))
    assert samples["augury_units_ended_total"][ended] == 1.0
    of_model = (("device", "cpu"), ("kind", "trial"), ("model", "small_cnn"))
    assert samples["augury_unit_seconds_sum"][of_model] == 40.0
    assert samples["augury_unit_seconds_bucket"][(*of_model[:1], *of_model[1:2], ("le", "60.0"), *of_model[2:])] == 1.0
    assert samples["augury_unit_seconds_bucket"][(*of_model[:1], *of_model[1:2], ("le", "30.0"), *of_model[2:])] == 0.0


def test_a_scrape_says_what_is_there_and_what_is_not(shared_client: TestClient) -> None:
    """The broker of these tests is away."""
    samples = scraped(shared_client)
    assert samples["augury_database_up"][()] == 1.0
    assert samples["augury_broker_up"][()] == 0.0
    assert list(samples["augury_build_info"].values()) == [1.0]
    assert "augury_broker_messages" not in samples


def test_requests_are_counted_by_route_and_status_and_never_by_path(tmp_path: Path) -> None:
    """Whatever is asked for: an id, something that is not there, a method of one's own."""
    with serving(tmp_path) as client:
        for path in ("/v1/jobs/job_1", "/v1/jobs/job_2", "/v1/jobs/a%0Ab", "/nowhere/1", "/nowhere/2"):
            assert client.get(path).status_code == 404
        client.request("BREW", "/v1/jobs")
        client.get("/a-bug-in-the-service")
    with serving(tmp_path) as client:  # another process, which shows what the first has added to the sums
        samples = scraped(client)
    found = requests_of(samples)
    assert found["GET", "/v1/jobs/{job_id}", "404"] == 3.0
    assert found["GET", "none", "404"] == 2.0
    assert found["GET", "/a-bug-in-the-service", "500"] == 1.0
    assert {method for method, _, _ in found} == {"GET", "other"}
    of_jobs = (("method", "GET"), ("route", "/v1/jobs/{job_id}"))
    assert samples["augury_http_request_seconds_count"][of_jobs] == 3.0


def test_requests_that_come_while_the_database_is_away_are_added_later(tmp_path: Path) -> None:
    """Nothing is lost, and nothing is counted twice."""
    with serving(tmp_path) as client:
        database = database_of(client)
        with database.writing() as session:
            session.execute(text("alter table counters rename to elsewhere"))
        client.get("/v1/jobs/job_1")
        _add(client)
        with database.writing() as session:
            session.execute(text("alter table elsewhere rename to counters"))
        _add(client)
        assert requests_of(scraped(client))["GET", "/v1/jobs/{job_id}", "404"] == 1.0


def _add(client: TestClient) -> None:
    assert client.portal is not None
    counts = client.app.state.request_counts  # type: ignore[attr-defined]
    client.portal.call(counts.add_to, database_of(client))


def test_without_its_database_it_still_says_so(tmp_path: Path) -> None:
    """Where only this machine comes in, no key has to be looked up."""
    with serving(tmp_path) as client:
        with database_of(client).writing() as session:
            session.execute(text("update alembic_version set version_num = 'of another version'"))
        samples = scraped(client)
    assert samples["augury_database_up"][()] == 0.0
    assert "augury_units" not in samples


def test_openmetrics_is_answered_where_it_is_asked_for(shared_client: TestClient) -> None:
    """As Prometheus does since its second version."""
    asked = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
    response = shared_client.get("/metrics", headers=asked)
    assert response.headers["Content-Type"].startswith("application/openmetrics-text")
    assert response.text.endswith("# EOF\n")
    assert shared_client.get("/metrics").headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("counted", CATALOGUE, ids=lambda each: each.name)
def test_everything_that_is_counted_is_shown_from_the_beginning(shared_client: TestClient, counted: object) -> None:
    """With its name and what it is, so that a dashboard can be made before anything has happened."""
    name = f"{counted.name}{'' if counted.bounds else '_total'}"  # type: ignore[attr-defined]
    assert re.search(rf"^# HELP {name} .+$", shared_client.get("/metrics").text, re.MULTILINE)
