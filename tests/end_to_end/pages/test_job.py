"""A job's page in a browser: watched to its verdict, whatever happens to the service meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from store.files.artifacts import Artifacts
from store.rows import trials
from tests.end_to_end.pages.watched import OF_A_SERVICE_THAT_IS_AWAY, Opener, Served, Watch, looked_over, served_at
from tests.servers import free_port
from tests.service.web.stored import ended_job, finish, reported_job, training_job
from tests.store.databases import migrated_copy, succeed

PATIENCE = 200_000
"""Milliseconds for a training on a busy machine."""


def test_a_page_goes_on_by_itself_when_the_service_was_away(page_of: Opener, watch: Watch, tmp_path: Path) -> None:
    """What has happened meanwhile is on it then, up to the report, and nobody has loaded it again."""
    database, artifacts = migrated_copy(tmp_path), Artifacts(str(tmp_path / "artifacts"))
    port = free_port()
    with served_at(tmp_path, port) as address:
        job_id = training_job(database)
        page = page_of(address, f"/jobs/{job_id}")
        expect(page.get_by_text("1 of 6 trials")).to_be_visible()
        expect(page.locator(".badge")).to_have_count(0)
        page.evaluate("() => { window.isTheSamePage = true; }")
    with database.writing() as session:
        waiting = [row for _, row in trials.of_job(session, job_id) if row.state == "queued"]
        succeed(session, waiting[0], now=database.now(session))
    page.wait_for_timeout(1_000)
    with served_at(tmp_path, port):
        expect(page.get_by_text("2 of 6 trials")).to_be_visible(timeout=PATIENCE)
        finish(database, artifacts, job_id)
        expect(page.get_by_role("heading", name="Verdicts")).to_be_visible(timeout=PATIENCE)
        assert page.evaluate("() => window.isTheSamePage")
        watch.forget(*OF_A_SERVICE_THAT_IS_AWAY)
        page.context.close()
    database.close()


def test_every_tab_is_for_everybody(served: Served, page_of: Opener) -> None:
    """Of jobs that go on, have answered and have failed; at every width, in both themes."""
    address, database, artifacts = served
    answered = reported_job(database, artifacts)
    page = page_of(address, f"/jobs/{answered}")
    for each in page.locator(".report details").all():
        each.evaluate("(details) => { details.open = true; }")
    looked_over(page, "job-answer")
    for tab in ("request", "again"):
        page.goto(f"{address}/jobs/{answered}?tab={tab}")
        looked_over(page, f"job-{tab}")
    page.goto(f"{address}/jobs/{training_job(database)}")
    expect(page.locator(".uplot")).to_be_visible()
    looked_over(page, "job-running")
    page.goto(f"{address}/jobs/{ended_job(database, None)}")
    looked_over(page, "job-failed")


def test_a_report_can_be_taken_along(served: Served, page_of: Opener) -> None:
    """As JSON, and each figure and table as a file."""
    address, database, artifacts = served
    job_id = reported_job(database, artifacts)
    page = page_of(address, f"/jobs/{job_id}")
    assert json.loads(_saved(page, "JSON", role="link"))["job_id"] == job_id
    assert _saved(page, "SVG").startswith(b"<svg")
    assert _saved(page, "PNG").startswith(b"\x89PNG")
    assert b"Parameter" in _saved(page, "CSV")


def _saved(page: Page, name: str, role: str = "button") -> bytes:
    with page.expect_download() as download:
        page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
    return Path(download.value.path()).read_bytes()


def test_a_request_is_changed_and_run_again(served: Served, page_of: Opener, watch: Watch) -> None:
    """What is wrong is said at its field, the plan before anything is sent, and then there is a job."""
    address, database, _artifacts = served
    page = page_of(address, f"/jobs/{training_job(database)}?tab=again")
    area = page.get_by_label("Request")
    request = json.loads(area.input_value())
    area.fill(json.dumps(request)[:-1])
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert").filter(has_text="not JSON")).to_be_visible()
    request["candidates"][0]["spec"]["rotation_rage"] = 20
    area.fill(json.dumps(request))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("candidates[0].spec.rotation_rage")).to_be_visible()
    expect(page.get_by_text("did you mean")).to_be_visible()
    watch.forget("422")
    del request["candidates"][0]["spec"]["rotation_rage"]
    request["labels"] = {"changed": "yes"}
    area.fill(json.dumps(request))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("Of these reused")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("changed: yes")).to_be_visible()
