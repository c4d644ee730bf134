"""The first page in a browser: it moves by itself, and everybody can use it."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Page, Route, expect

from store.rows import jobs
from tests.augury.reporting.samples import crowded, full, training
from tests.end_to_end.pages.watched import Opener, Served, looked_over
from tests.service.web.stored import ended_job, training_job
from tests.store.databases import comparison, running_job


def _focused(page: Page) -> str:
    text: str = page.evaluate("() => document.activeElement.textContent.trim().replace(/\\s+/g, ' ')")
    return text


def test_it_is_for_everybody(served: Served, page_of: Opener) -> None:
    """Empty, and with jobs of all kinds; at every width, in both themes."""
    address, database, _artifacts = served
    page = page_of(address)
    expect(page.get_by_role("button", name="Run the example")).to_be_visible()
    looked_over(page, "answers-empty")
    for report in (full(), crowded(9, 4), training(), None):
        ended_job(database, report, comparison(labels={"team": "vision"}))
    training_job(database)
    page.reload()
    expect(page.get_by_role("heading", name="Going on")).to_be_visible()
    page.get_by_text("Filter and sort").click()
    looked_over(page, "answers")


def test_the_example_is_run_by_a_click(served: Served, page_of: Opener) -> None:
    """And the page of the new job is there; it waits, and says so."""
    address, _database, _artifacts = served
    page = page_of(address)
    page.get_by_role("button", name="Run the example").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("over, appropriate, targeted")
    expect(page.get_by_text("Waits for its turn")).to_be_visible()


def test_it_moves_by_itself(served: Served, page_of: Opener) -> None:
    """A job that begins is there, and its answer once it is over; what is focused stays so."""
    address, database, _artifacts = served
    page = page_of(address)
    with database.writing() as session:
        job_id = running_job(session, now=database.now(session)).id
    expect(page.locator(f"#running-{job_id}")).to_be_visible()
    stop = page.locator(f"#running-{job_id}").get_by_role("button", name="Stop")
    stop.focus()
    with database.writing() as session:
        other = running_job(session, now=database.now(session)).id
    expect(page.locator(f"#running-{other}")).to_be_visible()
    expect(stop).to_be_focused()
    with database.writing() as session:
        assert jobs.succeed(session, job_id, None, database.now(session))
    expect(page.locator(f"#answer-{job_id}")).to_be_visible()
    expect(page.locator(f"#running-{job_id}")).to_have_count(0)


def test_it_moves_however_late_its_scripts_come(served: Served, page_of: Opener) -> None:
    """A slow network brings the one for streams after the one that it is a part of."""
    address, database, _artifacts = served
    page = page_of(address, "/datasets")

    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page.route("**/hx-sse.min.js", late)
    page.goto(address)
    with database.writing() as session:
        job_id = running_job(session, now=database.now(session)).id
    expect(page.locator(f"#running-{job_id}")).to_be_visible()


def test_the_keyboard_is_enough(served: Served, page_of: Opener) -> None:
    """To skip the head, to filter, to cancel a job, and to open an answer."""
    address, database, _artifacts = served
    ended = ended_job(database, full())
    job_id = training_job(database)
    page = page_of(address)
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Tab")
    assert _focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if _focused(page).startswith("Cancel"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(f"#running-{job_id}")).not_to_contain_text("Trains")
    page.get_by_text("Filter and sort").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Verdict").focus()
    page.keyboard.type("equiv")
    expect(page).to_have_url(re.compile("[?&]verdict=equivalent(&|$)"))
    link = page.locator(f"#answer-{ended} a").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/jobs/{ended}")


def test_the_theme_is_in_every_address(served: Served, page_of: Opener) -> None:
    """Once it is chosen, it goes along, to parts that are loaded again, too."""
    address, database, _artifacts = served
    job_id = ended_job(database, full())
    training_job(database)
    page = page_of(address)
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("button", name="Theme: light").click()
    expect(page).to_have_url(f"{address}/?theme=dark")
    expect(page.locator("[hx-get^='/parts/running']").first).to_have_attribute("hx-get", "/parts/running?theme=dark")
    page.locator(f"#answer-{job_id} a").first.click()
    expect(page).to_have_url(f"{address}/jobs/{job_id}?theme=dark")
    assert page.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "dark"
