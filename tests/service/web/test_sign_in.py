"""Who opens a page without being known is led to where they can say who they are, and back."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient

from service.auth.cookies import KEY_SESSION_SECONDS
from store.rows.access import keys
from tests.service.auth.conftest import Guarded, bearer
from tests.service.web.conftest import PAGE, PART

COOKIE = "augury-session"


def _signed_in(guarded: Guarded, key: str) -> str:
    """The cookie of a browser that somebody has signed in with a key."""
    answer = guarded.client.post("/v1/session", headers=bearer(key))
    assert answer.status_code == 204
    cookie = answer.cookies[COOKIE]
    guarded.client.cookies.clear()
    return cookie


def _as_browser(client: TestClient, path: str, cookie: str, **headers: str) -> int:
    return client.get(path, headers={"Cookie": f"{COOKIE}={cookie}"} | headers, follow_redirects=False).status_code


def test_a_page_leads_to_signing_in_and_back(guarded: Guarded) -> None:
    """With its whole address, so that nothing is lost on the way."""
    answer = guarded.client.get("/datasets?sort=name", headers=PAGE, follow_redirects=False)
    assert answer.status_code == 303
    target = urlsplit(answer.headers["Location"])
    assert target.path == "/sign-in"
    assert parse_qs(target.query)["next"] == ["/datasets?sort=name"]
    shown = guarded.client.get(answer.headers["Location"], headers=PAGE)
    assert shown.status_code == 200
    assert 'data-next="/datasets?sort=name"' in shown.text


def test_a_part_of_a_page_has_the_whole_page_go_there(guarded: Guarded) -> None:
    """And come back to the page, not to the part."""
    headers = PART | {"HX-Current-URL": "http://localhost/jobs/x?open=why"}
    answer = guarded.client.get("/jobs/x/progress", headers=headers)
    assert parse_qs(urlsplit(answer.headers["HX-Redirect"]).query)["next"] == ["/jobs/x?open=why"]


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x"])
def test_signing_in_leads_nowhere_else(guarded: Guarded, target: str) -> None:
    """What is no path of this service is not gone to."""
    shown = guarded.client.get("/sign-in", params={"next": target}, headers=PAGE)
    assert 'data-next="/"' in shown.text


def test_programs_get_problems_as_ever(guarded: Guarded) -> None:
    """Whoever does not ask for a page is not led anywhere."""
    answer = guarded.client.get("/datasets", follow_redirects=False)
    assert answer.status_code == 401
    assert answer.json()["type"].endswith(":key-required")
    assert guarded.client.get("/v1/jobs", headers=PAGE).json()["type"].endswith(":key-required")


def test_a_key_lets_a_browser_in_with_what_it_may(guarded: Guarded) -> None:
    """For twelve hours, by a cookie that scripts cannot read; the key itself is not in it."""
    key = guarded.key("read")
    answer = guarded.client.post("/v1/session", headers=bearer(key))
    said = answer.headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=lax" in said
    assert f"Max-Age={int(KEY_SESSION_SECONDS)}" in said
    assert key not in said
    cookie = {"Cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}
    guarded.client.cookies.clear()
    who = guarded.client.get("/v1/session", headers=cookie).json()
    assert who["scopes"] == ["read"]
    refused = guarded.client.post("/v1/jobs", json={}, headers=cookie)
    assert refused.json()["type"].endswith(":scope-missing")


def test_a_browser_is_out_when_its_key_is_revoked(guarded: Guarded) -> None:
    """At once where the service has not looked within the last second."""
    key = guarded.key()
    cookie = _signed_in(guarded, key)
    with guarded.database.writing() as session:
        row = keys.belonging_to(session, key)
        assert row is not None
        keys.revoke(row, guarded.database.now(session))
    assert _as_browser(guarded.client, "/v1/jobs", cookie) == 401


def test_signing_out_ends_it(guarded: Guarded) -> None:
    """What the browser sent before works no more, a second later at the latest."""
    cookie = _signed_in(guarded, guarded.key())
    answer = guarded.client.delete("/v1/session", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["Set-Cookie"]


def test_a_session_cannot_make_itself_last(guarded: Guarded) -> None:
    """For another twelve hours it takes the key again, not the cookie that it gave."""
    cookie = _signed_in(guarded, guarded.key())
    answer = guarded.client.post("/v1/session", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers


def test_without_a_key_there_is_nothing_to_sign_in_with(tmp_path_factory: pytest.TempPathFactory) -> None:
    """On loopback nobody needs to."""
    from tests.service.conftest import serving

    with serving(tmp_path_factory.mktemp("open")) as client:
        assert client.post("/v1/session").status_code == 404


def test_what_is_not_there_is_said_on_a_page(guarded: Guarded) -> None:
    """With the sentence that programs get, under the same status."""
    cookie = _signed_in(guarded, guarded.key())
    answer = guarded.client.get("/nothing", headers=PAGE | {"Cookie": f"{COOKIE}={cookie}"})
    assert answer.status_code == 404
    assert "there is nothing at" in answer.text
    assert "<h1>Not Found</h1>" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    part = guarded.client.get("/nothing", headers=PART | {"Cookie": f"{COOKIE}={cookie}"})
    assert part.headers["HX-Retarget"] == "#problems"
    assert "<html" not in part.text
