"""A report is served in the form that the client asks for."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from service.http.negotiation import acceptable
from store.database import Database
from store.rows import jobs
from tests.store.databases import NOW, running_job

FORMS = {"application/json": b'{"a": 1}', "text/html": b"<!DOCTYPE html>", "text/markdown": b"# Report"}
SUFFIXES = {"application/json": "json", "text/html": "html", "text/markdown": "md"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def _report(client: TestClient, database: Database, *forms: str) -> str:
    """The path of a report that is stored in these forms."""
    with database.writing() as session:
        job_id = running_job(session).id
        jobs.succeed(session, job_id, f"jobs/{job_id}/report.json", NOW)
    assert isinstance(client.app, FastAPI)
    for form in forms:
        client.app.state.resources.artifacts.write(f"jobs/{job_id}/report.{SUFFIXES[form]}", FORMS[form])
    return f"/v1/jobs/{job_id}/report"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        (BROWSER, "text/html"),
        ("text/markdown", "text/markdown"),
        ("text/*", "text/html"),
        ("text/html;q=0.5, text/markdown;q=0.9", "text/markdown"),
        ("text/*;q=0.9, text/html;q=0.1", "text/markdown"),
        ("application/json;q=0, */*;q=0.1", "text/html"),
        ("TEXT/HTML; charset=utf-8", "text/html"),
    ],
)
def test_the_client_chooses_the_form(accept: str | None, expected: str, client: TestClient, database: Database) -> None:
    """By weight, then by the most specific range; JSON for whoever takes anything, a page for a browser."""
    path = _report(client, database, *FORMS)
    del client.headers["accept"]
    response = client.get(path, headers={} if accept is None else {"Accept": accept})
    assert (response.status_code, response.content) == (200, FORMS[expected])
    assert response.headers["Content-Type"].split(";")[0] == expected
    assert response.headers["Vary"] == "Accept, Authorization"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_may_load_nothing(client: TestClient, database: Database) -> None:
    """Its policy allows pictures and styles inside of it, and nothing else."""
    response = client.get(_report(client, database, *FORMS), headers={"Accept": "text/html"})
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("accept", ["image/png", "text/html;q=0", "application/json;q=nonsense"])
def test_what_cannot_be_had_is_refused_with_what_can(accept: str, client: TestClient, database: Database) -> None:
    """406 names all three forms."""
    response = client.get(_report(client, database, *FORMS), headers={"Accept": accept})
    assert (response.status_code, response.json()["type"]) == (406, "urn:augury:problem:not-acceptable")
    assert all(form in response.json()["detail"] for form in FORMS)
    assert response.headers["Vary"] == "Accept, Authorization"


def test_a_report_without_a_page_is_given_as_json_to_a_browser(client: TestClient, database: Database) -> None:
    """Reports that an earlier version made have no page; a browser takes anything else, too."""
    path = _report(client, database, "application/json")
    assert client.get(path, headers={"Accept": BROWSER}).content == FORMS["application/json"]
    refused = client.get(path, headers={"Accept": "text/html"})
    assert refused.status_code == 404
    assert "text/html" in refused.json()["detail"]


def test_what_the_client_has_already_is_not_sent_again(client: TestClient, database: Database) -> None:
    """304 for the tag of the same form, 200 for that of another."""
    path = _report(client, database, *FORMS)
    page = client.get(path, headers={"Accept": "text/html"})
    again = client.get(path, headers={"Accept": "text/html", "If-None-Match": f'"x", W/{page.headers["ETag"]}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", page.headers["ETag"])
    other = client.get(path, headers={"Accept": "text/markdown", "If-None-Match": page.headers["ETag"]})
    assert (other.status_code, other.content) == (200, FORMS["text/markdown"])


def test_a_weight_that_is_no_weight_counts_as_a_refusal() -> None:
    """Neither infinities nor words give a form preference over the others."""
    assert acceptable("text/html;q=inf, text/markdown;q=0.1, a/b;q=nan", list(FORMS)) == ["text/markdown"]
