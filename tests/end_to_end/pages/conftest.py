"""A browser for the pages, whose every complaint fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.end_to_end.browsers import running_browser
from tests.end_to_end.pages.watched import WIDTHS, Opener, Watch


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser of this machine."""
    with running_browser() as running:
        yield running


@pytest.fixture
def watch() -> Watch:
    """What the pages of a test complain about; a test that provokes something has it forgotten."""
    return Watch()


@pytest.fixture
def page_of(browser: Browser, watch: Watch) -> Iterator[Opener]:
    """Opens watched pages of a service; in the end none has complained, and no other host was asked."""
    with ExitStack() as stack:
        asked = set()

        def opened(address: str, path: str = "/", *, width: int = 1280, theme: Any = "light", **options: Any) -> Page:
            size = {"width": width, "height": WIDTHS.get(width, 900)}
            context = browser.new_context(viewport=size, color_scheme=theme, **options)  # type: ignore[arg-type]
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(30_000)
            watch.of(page)
            asked.add(address.split("/")[2])
            page.goto(f"{address}{path}")
            return page

        yield opened
    assert watch.complaints == []
    assert watch.hosts <= asked
