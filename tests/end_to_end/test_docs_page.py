"""``/docs`` in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.browsers import running_browser
from tests.servers import PATIENCE_SECONDS
from tests.service.conftest import application, listening


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of this machine."""
    with running_browser() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new page, as patient as all tests; of a browser that is set to dark."""
    page = browser.new_page(color_scheme="dark")
    page.set_default_timeout(1000 * PATIENCE_SECONDS)
    yield page
    page.close()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service, which takes a moment to make its document for the first page."""
    with listening(application(tmp_path_factory.mktemp("docs"))) as (host, port):
        yield f"{host}:{port}"


def test_the_interface_can_be_read_and_tried_without_another_host(page: Page, host: str) -> None:
    """Operations and models show, a request can be sent, nothing else is asked and the policy is never violated."""
    hosts, complaints = set(), []
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"http://{host}/docs")
    operation = page.locator(".opblock", has_text="/healthz")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table")
    expect(answer).to_contain_text('"status": "ok"', timeout=1000 * PATIENCE_SECONDS)
    assert hosts == {host}
    assert complaints == []


@pytest.mark.parametrize(("query", "is_dark"), [("", True), ("?theme=light", False), ("?theme=dark", True)])
def test_the_page_is_as_dark_as_the_others(query: str, is_dark: bool, page: Page, host: str) -> None:
    """As the address says, or else as the browser is set; and its links keep what the address says."""
    page.goto(f"http://{host}/docs{query}")
    classes = page.locator("html").get_attribute("class") or ""
    assert ("dark-mode" in classes) is is_dark
    assert page.get_by_role("link", name="Playground").get_attribute("href") in (
        f"playground{query}",
        f"http://{host}/playground{query}",
        f"/playground{query}",
    )
