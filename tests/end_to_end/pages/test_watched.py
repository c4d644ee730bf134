"""What browser tests of pages rest on: others' files as they were published, and a watch that does notice."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.end_to_end.pages.watched import Opener, Watch, assert_accessible, assert_fits, looked_over
from tests.service.conftest import application, listening

VENDORED = json.loads(Path(__file__).with_name("VENDORED.json").read_text())


@pytest.mark.parametrize("package", VENDORED, ids=lambda each: each["package"])
def test_what_others_wrote_is_as_they_published_it(package: dict[str, dict[str, str]]) -> None:
    """By its digest, with the licence beside it."""
    assert [name for name in package["sha256"] if name.endswith(".LICENSE.txt")]
    for name, digest in package["sha256"].items():
        assert hashlib.sha256(Path(__file__).with_name(name).read_bytes()).hexdigest() == digest


def test_signing_in_is_for_everybody(page_of: Opener, tmp_path: Path) -> None:
    """In both themes, at every width, without a complaint."""
    with listening(application(tmp_path)) as (host, port):
        page = page_of(f"http://{host}:{port}", "/sign-in")
        looked_over(page, "sign-in")


def test_the_watch_notices_what_a_policy_refuses(browser: Browser, tmp_path: Path) -> None:
    """A style attribute on a page of the service is refused, and the watch says so."""
    watch = Watch()
    with listening(application(tmp_path)) as (host, port):
        page = browser.new_page()
        watch.of(page)
        page.goto(f"http://{host}:{port}/sign-in")
        assert watch.complaints == []
        page.evaluate("() => { document.body.innerHTML += '<p style=\"color: red\">x</p>'; }")
        page.wait_for_timeout(200)
        page.close()
    assert any("style" in each for each in watch.complaints)


@pytest.mark.parametrize("assertion", [assert_accessible, assert_fits])
def test_the_assertions_find_something(assertion: object, browser: Browser) -> None:
    """A picture without a text, a thousand pixels wide on a telephone."""
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.set_content("<img src='data:,' width='1000' height='9'>")
    assert callable(assertion)
    with pytest.raises(AssertionError):
        assertion(page)
    page.close()
