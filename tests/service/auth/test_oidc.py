"""People log in at an issuer of OpenID Connect, and platforms bring its tokens: a real issuer, on loopback."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import OctKey, RSAKey

from service.auth.cookies import Cookies
from service.auth.members import GroupTable, SettingError
from service.auth.oidc.provider import Provider
from service.auth.oidc.settings import OidcSettings
from service.auth.start import NotProtectedError
from service.settings import ServiceSettings
from store.rows.access import projects
from tests.servers import PATIENCE_SECONDS, free_port, wait_for
from tests.service.auth.conftest import bearer, database_of
from tests.service.auth.issuer import AUDIENCE, CLIENT_ID, SECRET, TestIssuer, issuing
from tests.service.conftest import LOOPBACK_URL, UNREACHABLE, serving
from tests.store.databases import comparison_body

GROUPS = ["lab=default:read+submit", "heads=default:read+submit+admin", "heads=clinic:read", "nowhere=no-such:read"]


@pytest.fixture(scope="module")
def issuer() -> Iterator[TestIssuer]:
    """One for the tests of this module; each starts with what is plain."""
    with issuing() as found:
        yield found


@pytest.fixture(autouse=True)
def _plain(issuer: TestIssuer) -> None:
    issuer.person = {"sub": "u1", "email": "ada@example.com", "groups": ["lab", "unknown here"]}
    issuer.changes, issuer.groups_in_token, issuer.is_away = {}, True, False


@contextmanager
def _known_to(issuer: TestIssuer, folder: Path, **settings: Any) -> Iterator[TestClient]:
    given: dict[str, Any] = {
        "issuer": issuer.url,
        "client_id": CLIENT_ID,
        "client_secret": SECRET,
        "audience": AUDIENCE,
    }
    oidc = OidcSettings.model_validate(given)
    with serving(folder, oidc=oidc, auth="keys", groups=GROUPS, public_url=LOOPBACK_URL, **settings) as client:
        database = database_of(client)
        with database.writing() as session:
            projects.create(session, "clinic", database.now(session))
        yield client


@pytest.fixture(scope="module")
def shared(issuer: TestIssuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that this issuer's people may use."""
    with _known_to(issuer, tmp_path_factory.mktemp("known")) as client:
        yield client


@pytest.fixture
def client(shared: TestClient) -> TestClient:
    """The same, from a browser that knows nothing."""
    shared.cookies.clear()
    return shared


def _at_the_issuer(client: TestClient, next_path: str = "/v1/session") -> str:
    """Begin a login, and let the issuer answer; where it sends the browser, path and query."""
    begun = client.get("/login", params={"next": next_path}, follow_redirects=False)
    assert begun.status_code == 303, begun.text
    with httpx2.Client(follow_redirects=False) as browser:
        answer = browser.get(begun.headers["Location"])
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def _log_in(client: TestClient, next_path: str = "/v1/session") -> Any:
    return client.get(_at_the_issuer(client, next_path), follow_redirects=False)


def test_a_person_logs_in_at_the_issuer_and_is_known_afterwards(client: TestClient) -> None:
    """Code flow with PKCE; the groups that have a project here decide what they may."""
    answer = _log_in(client)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/v1/session"
    cookie = next(each for each in answer.headers.get_list("set-cookie") if each.startswith("augury-session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    session = client.get("/v1/session").json()
    assert session["subject"] == "ada@example.com"
    assert session["project"] == "default"
    assert session["scopes"] == ["read", "submit"]
    assert client.post("/v1/jobs", json=comparison_body()).status_code == 202
    assert client.get("/v1/keys").json()["type"].endswith(":scope-missing")


def test_what_is_stored_of_a_login_lets_nobody_in(client: TestClient) -> None:
    """The cookie is random, and only its hash is in the database."""
    _log_in(client)
    with database_of(client).reading() as session:
        rows = session.connection().exec_driver_sql("select * from sessions").mappings().all()
    text = client.cookies["augury-session"]
    assert rows
    assert all(text not in str(dict(row)) and "unknown here" not in str(dict(row)) for row in rows)


def test_a_logout_ends_the_session(client: TestClient) -> None:
    """And what the browser has kept of it works no more."""
    _log_in(client)
    text = client.cookies["augury-session"]
    assert client.delete("/v1/session").status_code == 204
    client.cookies.clear()
    time.sleep(1.1)  # what was looked up within the last second is remembered
    refused = client.get("/v1/session", headers={"Cookie": f"augury-session={text}"})
    assert refused.status_code == 401
    assert "/login" in refused.json()["detail"]


def test_a_member_of_more_projects_than_one_chooses(client: TestClient, issuer: TestIssuer) -> None:
    """By a header for one request, or for the login; what they may is another thing in each."""
    issuer.person["groups"] = ["heads"]
    _log_in(client)
    assert client.get("/v1/session").json()["project"] == "default"
    assert [each["project"] for each in client.get("/v1/session").json()["memberships"]] == ["default", "clinic"]
    there = client.get("/v1/session", headers={"Augury-Project": "clinic"}).json()
    assert (there["project"], there["scopes"]) == ("clinic", ["read"])
    assert client.put("/v1/session", json={"project": "clinic"}).status_code == 204
    time.sleep(1.1)
    assert client.get("/v1/session").json()["project"] == "clinic"
    assert client.put("/v1/session", json={"project": "no-such"}).json()["type"].endswith(":not-a-member")


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "/a\nb"])
def test_a_login_leads_nowhere_else(client: TestClient, target: str) -> None:
    """What is no path of this service is not gone to."""
    assert _log_in(client, target).headers["Location"] == "/"


@pytest.mark.parametrize("forged", [{"next_path": "//evil.example"}, {"next_path": 7}, {"state": None}, {"at": "x"}])
def test_a_login_that_a_cookie_was_forged_for_leads_nowhere_else(client: TestClient, forged: dict[str, Any]) -> None:
    """Whoever can write a cookie of this host, as another service on this machine can, gains nothing by it."""
    back = _at_the_issuer(client)
    begun = json.loads(base64.urlsafe_b64decode(client.cookies["augury-login"]))
    cookie = base64.urlsafe_b64encode(json.dumps(begun | forged).encode()).decode()
    client.cookies.clear()
    answer = client.get(back, headers={"Cookie": f"augury-login={cookie}"}, follow_redirects=False)
    assert answer.headers.get("Location") == "/" or answer.json()["type"].endswith(":login-failed")


def test_an_answer_to_another_browsers_login_is_refused(client: TestClient) -> None:
    """Otherwise somebody could have others work under their name (login CSRF)."""
    back = _at_the_issuer(client)
    client.cookies.clear()
    assert client.get(back).json()["type"].endswith(":login-failed")
    _at_the_issuer(client)  # this browser has begun another one
    refused = client.get(back)
    assert refused.json()["detail"] == "the answer is to another login; begin again at /login"
    assert "augury-session" not in client.cookies


def test_a_code_works_once(client: TestClient) -> None:
    """The issuer takes it back once, and says so."""
    back = _at_the_issuer(client)
    kept = client.cookies["augury-login"]
    assert client.get(back, follow_redirects=False).status_code == 303
    again = client.get(back, headers={"Cookie": f"augury-login={kept}"})
    assert "invalid_grant" in again.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"aud": "another service"}, "aud"),
        ({"aud": [CLIENT_ID, "another service"], "azp": "another service"}, "azp"),
        ({"iss": "https://another.example"}, "iss"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"sub": None}, "sub"),
    ],
)
def test_a_login_by_a_token_for_something_else_is_refused(
    client: TestClient, issuer: TestIssuer, changes: dict[str, Any], reason: str
) -> None:
    """Each claim that ties the token to this login is looked at."""
    issuer.changes = changes
    refused = _log_in(client)
    assert refused.json()["type"].endswith(":login-failed")
    assert reason in refused.json()["detail"]


def test_groups_that_are_not_in_the_token_are_asked_for(client: TestClient, issuer: TestIssuer) -> None:
    """Some issuers tell them at another address only."""
    issuer.groups_in_token = False
    _log_in(client)
    assert client.get("/v1/session").json()["scopes"] == ["read", "submit"]


def test_who_is_in_no_group_with_a_project_gets_no_session(client: TestClient, issuer: TestIssuer) -> None:
    """They are known, and may nothing: 403, not 401. A project that there is not counts for nothing."""
    issuer.person["groups"] = ["others", "nowhere"]
    refused = _log_in(client)
    assert refused.status_code == 403
    assert refused.json()["type"].endswith(":not-a-member")
    assert "augury-session" not in client.cookies


def test_a_platforms_token_lets_it_in(client: TestClient, issuer: TestIssuer) -> None:
    """As a key does, with what its groups may."""
    accepted = client.post("/v1/jobs", json=comparison_body(), headers=bearer(issuer.token()))
    assert accepted.status_code == 202
    asked = client.get("/v1/session", headers=bearer(issuer.token())).json()
    assert (asked["subject"], asked["key_id"]) == ("ada@example.com", None)
    assert asked["expires_at"] is not None


def test_a_token_of_several_projects_says_which(client: TestClient, issuer: TestIssuer) -> None:
    """A program that means one project is not to store in another by an operator's change of a table."""
    token = issuer.token(groups=["heads"])
    refused = client.get("/v1/jobs", headers=bearer(token))
    assert refused.json()["type"].endswith(":project-not-said")
    assert client.get("/v1/jobs", headers={**bearer(token), "Augury-Project": "clinic"}).status_code == 200


STRANGER = RSAKey.generate_key(2048, auto_kid=True)


@pytest.mark.parametrize(
    "token",
    [
        lambda issuer: issuer.token(aud="another service"),
        lambda issuer: issuer.token(aud=None),
        lambda issuer: issuer.token(iss="https://another.example"),
        lambda issuer: issuer.token(exp=int(time.time()) - 120),
        lambda issuer: issuer.token(exp=None),
        lambda issuer: issuer.token(nbf=int(time.time()) + 600),
        lambda issuer: issuer.token(sub=None),
        lambda issuer: issuer.token(STRANGER),
        lambda issuer: issuer.token(OctKey.import_key(SECRET * 3, {"kid": "shared"}), "HS256"),
        lambda issuer: issuer.token()[:-8] + "AAAAAAAA",
        lambda issuer: _unsigned(issuer.token()),
        lambda _: "a.b.c",
        lambda _: "..",
    ],
    ids=[
        "audience", "no audience", "issuer", "expired", "never ends", "not yet", "nobody", "another key",
        "a shared secret", "signature", "not signed", "nonsense", "empty",
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_this_service_lets_nobody_in(
    client: TestClient, issuer: TestIssuer, token: Any
) -> None:
    """401, with the reason in the challenge and without the token in it."""
    text = token(issuer)
    refused = client.get("/v1/jobs", headers=bearer(text))
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]
    assert text not in refused.text


def _unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def test_an_issuer_may_change_its_keys(client: TestClient, issuer: TestIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is not known is asked for; made-up ones have the issuer asked no more often than every few seconds."""
    monkeypatch.setattr("service.auth.oidc.issuer._PAUSE_SECONDS", 0.0)
    client.get("/v1/jobs", headers=bearer(issuer.token()))
    before, issuer.key = issuer.key, RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
    assert client.get("/v1/jobs", headers=bearer(issuer.token())).status_code == 200
    assert client.get("/v1/jobs", headers=bearer(issuer.token(before, iat=1))).status_code == 401
    monkeypatch.setattr("service.auth.oidc.issuer._PAUSE_SECONDS", 60.0)
    asked = issuer.asked_for_keys
    for _ in range(5):
        client.get("/v1/jobs", headers=bearer(issuer.token(RSAKey.generate_key(2048, auto_kid=True))))
    assert issuer.asked_for_keys == asked


def test_while_the_issuer_is_away_who_is_known_stays_so(issuer: TestIssuer, tmp_path: Path) -> None:
    """Logins and tokens are 503 until its keys have been had once; then tokens work without it."""
    with _known_to(issuer, tmp_path) as client:
        issuer.is_away = True
        for asked in (client.get("/login"), client.get("/v1/jobs", headers=bearer(issuer.token()))):
            assert asked.status_code == 503
            assert asked.json()["type"].endswith(":issuer-away")
            assert int(asked.headers["Retry-After"]) > 0
        issuer.is_away = False
        provider = client.app.state.provider  # type: ignore[attr-defined]
        provider.issuer._asked_at = float("-inf")  # as if the pause were over
        assert client.get("/v1/jobs", headers=bearer(issuer.token())).status_code == 200
        issuer.is_away = True
        assert client.get("/v1/jobs", headers=bearer(issuer.token(iat=1))).status_code == 200


def test_without_an_audience_no_token_is_taken(issuer: TestIssuer, tmp_path: Path) -> None:
    """An identity token of a login is no key."""
    oidc = OidcSettings.model_validate({"issuer": issuer.url})
    with serving(tmp_path, oidc=oidc, auth="keys", groups=GROUPS) as client:
        assert client.get("/v1/jobs", headers=bearer(issuer.token())).status_code == 401


def test_a_service_whose_issuer_knows_people_needs_no_first_key(issuer: TestIssuer, tmp_path: Path) -> None:
    """Without either it does not start, and says what to do."""
    with _known_to(issuer, tmp_path / "with") as client:
        assert client.get("/v1/jobs").status_code == 401
    with pytest.raises(NotProtectedError, match="AUGURY_OIDC_ISSUER"), serving(tmp_path / "without", auth="keys"):
        pass


def test_the_program_serves_whom_the_issuer_knows_without_a_first_key(issuer: TestIssuer, tmp_path: Path) -> None:
    """Started as operators start it; what is missing in its settings is a sentence and exit code 2."""
    port = free_port()
    settings = {"DATA_DIR": str(tmp_path), "PORT": str(port), "AUTH": "keys", "BROKER_URL": UNREACHABLE}
    environment = {f"AUGURY_{name}": value for name, value in settings.items()} | {"AUGURY_OIDC_ISSUER": issuer.url}
    command = [sys.executable, "-m", "service"]
    refused = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert refused.returncode == 2
    assert refused.stderr.startswith("augury: AUGURY_OIDC_ISSUER is set, and AUGURY_GROUPS")
    environment |= {"AUGURY_GROUPS": "lab=default:read", "AUGURY_OIDC_AUDIENCE": AUDIENCE}
    with (
        subprocess.Popen(command, env=os.environ | environment, stderr=subprocess.DEVNULL) as process,
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        try:
            asked = wait_for(lambda: _answer(client, bearer(issuer.token())), "the service")
        finally:
            process.terminate()
    assert asked["scopes"] == ["read"]


def _answer(client: httpx2.Client, headers: dict[str, str]) -> Any:
    try:
        return client.get("/v1/session", headers=headers).json()
    except httpx2.TransportError:
        return None


@pytest.mark.parametrize(
    ("settings", "oidc", "said"),
    [
        ({"groups": GROUPS}, {"issuer": "http://idp.example"}, "AUGURY_OIDC_ISSUER is to be an https"),
        ({}, {"issuer": "https://idp.example"}, "AUGURY_GROUPS says of no group"),
        ({"groups": GROUPS, "public_url": "http://augury.example"}, {"issuer": "https://idp.example"}, "PUBLIC_URL"),
    ],
)
def test_settings_that_would_not_be_safe_are_refused_at_start(
    settings: dict[str, Any], oidc: dict[str, Any], said: str
) -> None:
    """In a sentence that names the setting."""
    with pytest.raises(ValueError, match=said):
        Provider.of(ServiceSettings(**settings), OidcSettings(**oidc))


def test_cookies_of_a_public_service_are_its_own(issuer: TestIssuer) -> None:
    """With HTTPS in front no other host, and nothing without HTTPS, can set or read them."""
    settings = ServiceSettings(groups=GROUPS, public_url="https://augury.example/")
    provider = Provider.of(settings, OidcSettings(issuer=issuer.url))
    assert provider is not None
    assert Cookies.of(settings).session == "__Host-augury-session"
    assert Cookies.of(settings).is_secure
    assert provider.client.redirect_uri == "https://augury.example/login/callback"


@pytest.mark.parametrize(
    "entry", ["lab", "=default", "lab=", "lab=No Project", "lab=default:write", "lab=default:read+"]
)
def test_an_entry_that_cannot_be_read_is_named(entry: str) -> None:
    """The table says who may what: a slip in it is no entry less."""
    with pytest.raises(SettingError, match="AUGURY_GROUPS"):
        GroupTable.parse([entry])


def test_a_groups_name_may_have_anything_in_it() -> None:
    """The last equals sign counts; those of everybody are added, and projects that there are not left out."""
    table = GroupTable.parse(["cn=lab;dc=example=clinic:submit", "*=clinic:read", "*=gone"])
    assert table.memberships(["cn=lab;dc=example"], ["clinic"]) == {"clinic": frozenset({"submit", "read"})}
    assert table.memberships([], ["clinic"]) == {"clinic": frozenset({"read"})}


def test_nobody_logs_in_where_no_issuer_is_named(tmp_path: Path) -> None:
    """The paths are there, and say why they lead nowhere."""
    with serving(tmp_path) as client:
        refused = client.get("/login")
        assert refused.status_code == 404
        assert "AUGURY_OIDC_ISSUER" in refused.json()["detail"]
        assert client.get("/v1/session").json()["project"] == "default"


def test_a_proxy_may_say_who_asks_and_in_which_groups(tmp_path: Path) -> None:
    """Where the operator has given groups projects; without a name from the proxy nobody comes in."""
    settings: dict[str, Any] = {"auth": "proxy", "groups": GROUPS, "proxy_addresses": ["testclient"]}
    with pytest.raises(ValueError, match="testclient"), serving(tmp_path, **settings):
        pass
    with _behind_a_proxy(tmp_path) as client:
        assert client.get("/v1/session").status_code == 401
        said = {"X-Forwarded-User": "ada", "X-Forwarded-Groups": "unknown, lab"}
        assert client.get("/v1/session", headers=said).json()["scopes"] == ["read", "submit"]
        assert client.get("/v1/session", headers={"X-Forwarded-User": "eve"}).status_code == 403


def test_who_is_given_projects_that_are_not_there_is_told_which(tmp_path: Path) -> None:
    """It is the operator's slip, which is not that somebody is in no group."""
    with _behind_a_proxy(tmp_path) as client:
        said = {"X-Forwarded-User": "ada", "X-Forwarded-Groups": "nowhere"}
        of_nothing = client.get("/v1/session", headers=said).json()["detail"]
        of_no_group = client.get("/v1/session", headers={"X-Forwarded-User": "eve"}).json()["detail"]
    assert "no-such" in of_nothing
    assert "no group" in of_no_group


@contextmanager
def _behind_a_proxy(folder: Path) -> Iterator[httpx2.Client]:
    from tests.service.conftest import application, listening

    with (
        listening(application(folder, auth="proxy", groups=GROUPS)) as (host, port),
        httpx2.Client(base_url=f"http://{host}:{port}", trust_env=False, timeout=PATIENCE_SECONDS) as client,
    ):
        yield client


def test_the_address_of_a_login_asks_for_no_more_than_it_needs(client: TestClient) -> None:
    """A challenge and not the verifier, which stays in the browser's cookie, as does nothing of the client's secret."""
    begun = client.get("/login", follow_redirects=False)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.headers["Location"]).query).items()}
    assert asked["scope"] == "openid profile email"
    of_the_flow = {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce"}
    assert set(asked) == of_the_flow | {"code_challenge", "code_challenge_method"}
    assert SECRET not in begun.headers["Location"] + str(begun.headers)
