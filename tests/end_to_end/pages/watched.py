"""A page that is watched: what it complains about, whom it asks, whether everybody can use it, and how it looks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
from playwright.sync_api import Page

from service.server import server_options
from service.settings import ServiceSettings
from store.database import Database
from store.files.artifacts import Artifacts
from tests.servers import running_in_thread
from tests.service.conftest import application

AXE = Path(__file__).with_name("axe.min.js")
WIDTHS = {390: 844, 820: 1100, 1280: 900}
"""Pixels of a telephone, a tablet and a desk, with their heights."""
NARROWEST = 320
THEMES = ("light", "dark")
OF_A_SERVICE_THAT_IS_AWAY = ("net::ERR_", "network error", "Failed to fetch", "503", "502")
"""What a browser and htmx log where a service does not answer."""
_NOTE_VIOLATIONS = """
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
  });
"""
_AXE_RULES = """
async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.map((found) =>
  `${found.id}: ${found.help}: ` + found.nodes.map((node) => node.html.slice(0, 160)).join(" | "))
"""


class Served(NamedTuple):
    """A service, where its pages are, and what it shows."""

    address: str
    database: Database
    artifacts: Artifacts


@contextmanager
def served_at(folder: Path, port: int) -> Iterator[str]:
    """A service on *folder* at that port of loopback, for the length of the block; its address."""
    config = uvicorn.Config(application(folder), port=port, **server_options(ServiceSettings()))
    with running_in_thread(uvicorn.Server(config)):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Watch:
    """What was noted of a page since it was opened.

    Attributes:
        complaints: of its console, errors of its scripts, and what its policy has refused.
        hosts: that it has asked for something.
    """

    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def of(self, page: Page) -> None:
        """Begin to watch a page that has not gone anywhere yet."""
        page.add_init_script(_NOTE_VIOLATIONS)
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("request", lambda request: self._ask(request.url))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{kind}: {text}")

    def _ask(self, url: str) -> None:
        if url.startswith("http"):
            self.hosts.add(url.split("/")[2])

    def forget(self, *allowed: str) -> None:
        """Forget the complaints that have one of these texts in them."""
        self.complaints[:] = [each for each in self.complaints if not any(text in each for text in allowed)]


Opener = Callable[..., Page]
"""``page_of(address, path="/", width=1280, theme="light", script="")``: a new page, watched, that runs a script."""


def assert_accessible(page: Page) -> None:
    """axe-core finds nothing on the page as it is now."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(_AXE_RULES)
    assert found == []


def assert_fits(page: Page) -> None:
    """Nothing is wider than the window, so that nobody has to scroll the page sideways."""
    wide, window = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    assert wide <= window, f"{wide} pixels in a window of {window}"


def looked_over(page: Page, name: str) -> None:
    """The page in both themes and at four widths: it fits, and axe-core finds nothing.

    For who wants to see it, pictures are kept where AUGURY_SCREENSHOTS says, as ``NAME-WIDTH-THEME.png``.
    """
    folder = os.environ.get("AUGURY_SCREENSHOTS")
    before: Any = page.viewport_size
    page.set_viewport_size({"width": NARROWEST, "height": 700})
    assert_fits(page)
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            assert_fits(page)
            if folder:
                page.screenshot(path=Path(folder) / f"{name}-{width}-{theme}.png", full_page=True)
        assert_accessible(page)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)
