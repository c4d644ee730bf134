"""A browser for the pages, whose every complaint fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from store.files.artifacts import Artifacts
from tests.end_to_end.browsers import running_browser
from tests.end_to_end.pages.watched import WIDTHS, Opener, Served, Watch
from tests.service.conftest import application, listening
from tests.store.databases import migrated_copy

PATIENCE = 90_000
"""Milliseconds: two slow cores may be shared with many."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A browser of this machine."""
    with running_browser() as running:
        yield running


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A service that nobody works for. A test asks for it before ``page_of``, so that its pages are closed first."""
    database = migrated_copy(tmp_path)
    with listening(application(tmp_path)) as (host, port):
        yield Served(f"http://{host}:{port}", database, Artifacts(str(tmp_path / "artifacts")))
    database.close()


@pytest.fixture
def watch() -> Watch:
    """What the pages of a test complain about; a test that provokes something has it forgotten."""
    return Watch()


@pytest.fixture
def page_of(browser: Browser, watch: Watch) -> Iterator[Opener]:
    """Opens watched pages of a service; in the end none has complained, and no other host was asked.

    They are closed before that, and before the service that a test has asked for before.
    """
    with ExitStack() as stack:
        asked = set()

        def opened(
            address: str, path: str = "/", *, width: int = 1280, theme: Any = "light", script: str = "", **options: Any
        ) -> Page:
            size = {"width": width, "height": WIDTHS.get(width, 900)}
            context = browser.new_context(viewport=size, color_scheme=theme, **options)  # type: ignore[arg-type]
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            watch.of(page)
            page.add_init_script(script)
            asked.add(address.split("/")[2])
            page.goto(f"{address}{path}")
            return page

        yield opened
    assert watch.complaints == []
    assert watch.hosts <= asked
