"""A run that is watched in a browser from its training to its verdict."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.end_to_end.pages.watched import OF_A_SERVICE_THAT_IS_AWAY, Opener, Watch, looked_over
from tests.end_to_end.stack import LONG, Stack, comparison

PATIENCE = 200_000
"""Milliseconds for a training on a busy machine."""


def test_a_run_is_watched_to_its_verdict_while_the_service_dies(stack: Stack, page_of: Opener, watch: Watch) -> None:
    """The page goes on by itself when the service is back, and has the report in the end, without a reload."""
    job = stack.submit(comparison(first_seed=660_000, **LONG))
    page = page_of(f"http://127.0.0.1:{stack.port}", f"/jobs/{job['id']}")
    page.evaluate("() => { window.isTheSamePage = true; }")
    stack.wait_until_training(job["id"])
    expect(page.get_by_text("Trains")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".badge")).to_have_count(0)
    stack.kill("api")
    page.wait_for_timeout(1_500)
    stack.start_api()
    expect(page.get_by_role("heading", name="Verdicts")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("() => window.isTheSamePage")
    expect(page.locator(".report .badge").first).to_be_visible()
    watch.forget(*OF_A_SERVICE_THAT_IS_AWAY)
    looked_over(page, "job-answer-of-a-run")
    page.get_by_role("link", name="Trials").click()
    expect(page.locator(".uplot")).to_be_visible()
    looked_over(page, "job-trials-of-a-run")
