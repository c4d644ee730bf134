"""``/docs``: from the package's own files, under a policy that allows nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from service.documentation.routes import ASSETS
from service.web.rendering import PLACES

OURS = ("VENDORED.json", "page.html", "head.css", "start.js")


class _Page(HTMLParser):
    """What a page refers to, and the scripts and styles that are written into it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.references: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self._inside = tag
        for name, value in attributes:
            if name in ("src", "href"):
                (self.links if tag == "a" else self.references).append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        """Take note of text."""
        if self._inside in ("script", "style") and data.strip():
            self.inline.append(self._inside)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._inside = ""


def test_the_page_names_no_other_host_and_has_nothing_inline(shared_client: TestClient) -> None:
    """What it refers to lies beside it and is there; neither script nor style is written into the page."""
    page = _Page(shared_client.get("/docs").text)
    assert page.inline == []
    assert len(page.references) == 5
    named = [*page.references, *page.links]
    assert [reference for reference in named if re.match(r"//|/|[a-z]+:", reference)] == []
    for reference in page.references:
        assert shared_client.get(f"/{reference}").status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/docs/assets/start.js", "/docs/assets/swagger-ui.css"])
def test_the_policy_allows_the_services_own_files_only(path: str, shared_client: TestClient) -> None:
    """No script and no style but its own files, no other host, and no frame around it."""
    headers = shared_client.get(path).headers
    policy = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["VENDORED.json", "page.html", "..%2froutes.py", "nothing"])
def test_only_what_the_page_asks_for_is_served(name: str, shared_client: TestClient) -> None:
    """Neither other files of the folder nor those outside of it."""
    assert shared_client.get(f"/docs/assets/{name}").status_code == 404


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect"])
def test_the_frameworks_own_pages_are_not_served(path: str, shared_client: TestClient) -> None:
    """They fetch scripts from elsewhere, or have them inline."""
    assert shared_client.get(path).status_code == 404


def test_what_was_copied_from_elsewhere_is_as_it_was() -> None:
    """Every file of the folder is ours or listed with its hash, and what is listed has that hash."""
    listed = json.loads((ASSETS / "VENDORED.json").read_bytes())
    assert (listed["package"], listed["licence"]) == ("swagger-ui-dist", "Apache-2.0")
    assert {path.name for path in ASSETS.iterdir()} == {*OURS, *listed["sha256"]}
    for name, digest in listed["sha256"].items():
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == digest, name


def test_the_page_leads_back_to_the_others(shared_client: TestClient) -> None:
    """By the same navigation that they have."""
    links = _Page(shared_client.get("/docs").text).links
    assert {place.path.removeprefix("/") or "./" for place in PLACES} <= set(links)
