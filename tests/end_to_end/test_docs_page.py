"""``/docs`` in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.end_to_end.browsers import running_browser
from tests.service.conftest import application, listening


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of this machine."""
    with running_browser() as running:
        yield running


def test_the_interface_can_be_read_and_tried_without_another_host(browser: Browser, tmp_path: Path) -> None:
    """Operations and models show, a request can be sent, nothing else is asked and the policy is never violated."""
    with listening(application(tmp_path)) as (host, port):
        page = browser.new_page()
        hosts, complaints = set(), []
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://{host}:{port}/docs")
        operation = page.locator(".opblock", has_text="/healthz")
        operation.locator(".opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table")).to_contain_text('"status": "ok"')
        page.close()
    assert hosts == {f"{host}:{port}"}
    assert complaints == []


@pytest.mark.parametrize(("query", "is_dark"), [("", True), ("?theme=light", False), ("?theme=dark", True)])
def test_the_page_is_as_dark_as_the_others(query: str, is_dark: bool, browser: Browser, tmp_path: Path) -> None:
    """As the address says, or else as the browser is set; and its links keep what the address says."""
    with listening(application(tmp_path)) as (host, port):
        page = browser.new_page(color_scheme="dark")
        page.goto(f"http://{host}:{port}/docs{query}")
        classes = page.locator("html").get_attribute("class") or ""
        assert ("dark-mode" in classes) is is_dark
        assert page.get_by_role("link", name="Playground").get_attribute("href") in (
            f"playground{query}",
            f"http://{host}:{port}/playground{query}",
            f"/playground{query}",
        )
        page.close()
