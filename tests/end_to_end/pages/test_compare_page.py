"""Candidates of several jobs on a page, chosen in a browser, and the images behind what they confuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import expect

from tests.end_to_end.pages.watched import Opener, looked_over
from tests.service.conftest import LOOPBACK_URL, application, listening
from tests.service.web.reported import FLIP, TURN, reported


@pytest.fixture
def jobs(tmp_path: Path) -> tuple[str, str]:
    """Two comparisons that are over; to be had before a service."""
    with TestClient(application(tmp_path), base_url=LOOPBACK_URL) as client:
        one = reported(client, {"flip": FLIP}, {"baseline": [1.0] * 3, "flip": [0.5, 0.45, 0.5]})
        return one, reported(client, {"turn": TURN}, {"baseline": [1.0] * 3, "turn": [0.9, 0.95, 0.9]})


@pytest.fixture
def address(jobs: tuple[str, str], tmp_path: Path) -> Iterator[str]:
    """Where the service of these answers; to be had before a page of it."""
    with listening(application(tmp_path)) as (host, port):
        yield f"http://{host}:{port}"


def test_candidates_are_chosen_and_compared(jobs: tuple[str, str], address: str, page_of: Opener) -> None:
    """By checkboxes; what is chosen is in the address, in both themes and at every width."""
    page = page_of(address, "/compare")
    for name in ("flip", "turn"):
        page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("main")).to_contain_text("turn is better")
    assert all(f"candidate={job}" in page.url for job in jobs)
    looked_over(page, "compare")
    page.get_by_label("Leave out flip").click()
    expect(page.locator("main")).not_to_contain_text("turn is better")


def test_confused_images_are_looked_at(jobs: tuple[str, str], address: str, page_of: Opener) -> None:
    """Each is loaded, and has a text."""
    page = page_of(address, f"/jobs/{jobs[0]}/confusions?candidate=flip&true=0&predicted=1")
    images = page.locator(".gallery img")
    images.last.scroll_into_view_if_needed()
    expect(images.last).to_have_js_property("complete", True)
    assert images.last.evaluate("image => image.naturalWidth") > 0
    looked_over(page, "confusions")
