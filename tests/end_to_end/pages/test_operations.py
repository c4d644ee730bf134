"""Operations in a real browser: what waits, and who may come in and is told."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from fastapi import FastAPI
from playwright.sync_api import Page, expect

from store.database import Database
from store.rows import handout
from store.rows.upkeep import workers_seen
from tests.end_to_end.pages.watched import Opener, Watch, looked_over
from tests.service.conftest import application, listening
from tests.store.databases import comparison, running_job


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """A service of a test's own."""
    return application(tmp_path_factory.mktemp("operations"))


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """Where it answers, with some work that waits and some that is done."""
    with listening(app) as (host, port):
        _begin_work(app.state.resources.database)
        yield f"http://{host}:{port}"


def _begin_work(database: Database) -> None:
    with database.writing() as session:
        now = database.now(session)
        workers_seen.note(session, "cpu", now)
        for first_seed in (0, 50):
            running_job(session, comparison(evaluation={"seeds": 3, "first_seed": first_seed}), now=now)
        assert handout.claim_next(session, "cpu", owner="celery@node-1:42", now=now, seconds=600) is not None


def _once(page: Page) -> str:
    return page.locator("#once pre").inner_text()


@pytest.mark.parametrize("path", ["", "/usage", "/keys", "/webhooks", "/audit"])
def test_everybody_can_use_them(path: str, address: str, page_of: Opener) -> None:
    """In both themes, at every width, with something on each."""
    httpx2.post(f"{address}/v1/keys", json={"name": "nightly comparisons"})
    httpx2.post(f"{address}/v1/webhooks", json={"url": "https://localhost/hooks/augury"})
    page = page_of(address, f"/operations{path}")
    looked_over(page, f"operations{path.replace('/', '-')}")


def test_what_waits_is_looked_at_again_and_again(address: str, page_of: Opener, app: FastAPI) -> None:
    """Without anybody doing anything, and without a jump: what had the focus keeps it."""
    page = page_of(address, "/operations")
    expect(page.get_by_text("5 trials")).to_have_count(1)
    page.locator("td.id a").first.focus()
    database: Database = app.state.resources.database
    with database.writing() as session:
        now = database.now(session)
        assert handout.claim_next(session, "cpu", owner="celery@node-1:43", now=now, seconds=600) is not None
    expect(page.get_by_text("celery@node-1:43")).to_be_visible(timeout=20_000)
    assert page.evaluate("document.activeElement.matches('td.id a')")


def test_a_key_is_made_shown_once_replaced_and_revoked(address: str, page_of: Opener) -> None:
    """All by buttons; what is shown once is nowhere after a reload."""
    page = page_of(address, "/operations/keys")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Name").fill("nightly")
    page.get_by_label("Days until it ends").fill("2")
    page.get_by_label("submit").uncheck()
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#once")).to_contain_text("never again")
    key = _once(page)
    known = httpx2.get(f"{address}/v1/session", headers={"Authorization": f"Bearer {key}"}).json()
    assert known["scopes"] == ["read"]
    expect(page.locator("#list tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Rotate").click()
    expect(page.locator("#list tbody tr")).to_have_count(2)
    assert _once(page) != key
    page.reload()
    expect(page.locator("#once pre")).to_have_count(0)
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.locator("#list .state.revoked")).to_have_count(1)


def test_a_webhook_is_registered_tested_paused_and_deleted(address: str, page_of: Opener, watch: Watch) -> None:
    """And what is wrong with an address is said at its field."""
    page = page_of(address, "/operations/webhooks")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Address").fill("ftp://localhost/hooks")
    page.get_by_role("button", name="Register it").click()
    expect(page.locator("#url-fault")).to_contain_text("https")
    expect(page.get_by_label("Address")).to_have_value("ftp://localhost/hooks")
    watch.forget("422")
    page.get_by_label("Address").fill("https://localhost/hooks/augury")
    page.get_by_label("job.failed").check()
    page.get_by_role("button", name="Register it").click()
    expect(page.locator("#once")).to_contain_text("This is the secret")
    secret = _once(page)
    page.get_by_role("link", name="https://localhost/hooks/augury").click()
    page.get_by_role("button", name="Send a ping").click()
    expect(page.get_by_text("webhook.ping")).to_be_visible()
    page.get_by_role("button", name="New secret").click()
    expect(page.locator("#once")).to_contain_text("This is the secret")
    assert _once(page) != secret
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Make active")).to_be_visible()
    looked_over(page, "operations-webhook")
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/operations/webhooks")
    expect(page.get_by_text("Nobody is told")).to_be_visible()
