"""Who comes in without a key, and where the service does not start."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from service.auth.doors import Doors, are_keys_needed
from service.auth.start import NotProtectedError, require_protected
from service.settings import ServiceSettings
from store.database import Database
from tests.service.auth.conftest import bearer, guarding, new_key
from tests.service.auth.test_matrix import WRONG
from tests.service.conftest import application, listening, serving
from tests.store.databases import migrated_copy

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing listens on it


@pytest.mark.parametrize(
    ("auth", "host", "needed"),
    [
        ("auto", "127.0.0.1", False),
        ("auto", "localhost", False),
        ("auto", "::1", False),
        ("auto", EVERYWHERE, True),
        ("auto", "", True),
        ("auto", "::", True),
        ("auto", "192.168.1.5", True),
        ("auto", "augury.example", True),
        ("keys", "127.0.0.1", True),
        ("proxy", EVERYWHERE, False),
    ],
)
def test_keys_are_needed_where_others_can_connect(auth: str, host: str, needed: bool) -> None:
    """And wherever the operator wants them; a proxy that knows its users stands in for them."""
    settings = ServiceSettings.model_validate({"auth": auth, "host": host})
    assert are_keys_needed(settings) == needed


def test_on_loopback_nobody_needs_a_key(client: TestClient) -> None:
    """What is there is the first project's; a key that is sent is looked at all the same."""
    assert client.get("/v1/jobs").status_code == 200
    assert client.get("/v1/jobs", headers=bearer(WRONG)).status_code == 401


@pytest.mark.parametrize(
    ("proxies", "sender", "let_in"),
    [
        (["127.0.0.0/8", "::1"], "127.0.0.1", True),
        (["127.0.0.0/8", "::1"], "::1", True),
        (["127.0.0.0/8", "::1"], "172.18.0.5", False),
        (["172.18.0.0/16"], "172.18.0.5", True),
        (["172.18.0.5"], "172.18.0.6", False),
        (["172.18.0.0/16"], "::ffff:172.18.0.5", True),
        (["172.18.0.0/16"], None, False),
        (["172.18.0.0/16"], "testclient", False),
        ([], "127.0.0.1", False),
    ],
)
def test_a_proxy_lets_in_whom_it_knows(proxies: list[str], sender: str | None, let_in: bool) -> None:
    """From its own addresses; whoever comes round it needs a key."""
    doors = Doors.of(ServiceSettings(auth="proxy", host=EVERYWHERE, proxy_addresses=proxies))
    assert doors.let_in(sender) == let_in


def test_whoever_comes_round_the_proxy_needs_a_key(tmp_path: Path) -> None:
    """The test's client has no address at all."""
    with guarding(tmp_path, auth="proxy") as guarded:
        assert guarded.client.get("/v1/jobs").status_code == 401
        assert guarded.ask(guarded.key(), "GET", "/v1/jobs").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "said", "status"), [(["127.0.0.1"], "203.0.113.5", 200), (["10.0.0.0/8"], "10.0.0.1", 401)]
)
def test_what_a_header_says_of_the_sender_is_not_believed(
    tmp_path: Path, proxies: list[str], said: str, status: int
) -> None:
    """It is the proxy that connects, whomever it does that for; and nobody becomes it by saying so."""
    settings: dict[str, Any] = {"auth": "proxy", "proxy_addresses": proxies}
    with listening(application(tmp_path, **settings), **settings) as (host, port):
        request = httpx2.Request("GET", f"http://{host}:{port}/v1/jobs", headers={"X-Forwarded-For": said})
        with httpx2.Client(trust_env=False) as client:
            assert client.send(request).status_code == status


def test_a_proxy_that_is_no_address_is_refused_at_start(tmp_path: Path) -> None:
    """And not taken for nobody, or for everybody."""
    with pytest.raises(ValueError, match=r"proxy\.example"):
        application(tmp_path, auth="proxy", proxy_addresses=["proxy.example"])


def test_a_mode_that_does_not_exist_is_refused() -> None:
    """A slip in the settings does not open the service."""
    with pytest.raises(ValidationError, match="'auto', 'keys' or 'proxy'"):
        ServiceSettings.model_validate({"auth": "none"})


@pytest.mark.parametrize(("auth", "host"), [("auto", EVERYWHERE), ("keys", "127.0.0.1")])
def test_without_any_key_it_does_not_start_where_keys_are_needed(tmp_path: Path, auth: str, host: str) -> None:
    """Nobody could come in, and what to do is said."""
    database = migrated_copy(tmp_path)
    settings = ServiceSettings.model_validate({"auth": auth, "host": host})
    for ended in ("revoked", "ended"):
        new_key(database, **{ended: True})
        with pytest.raises(NotProtectedError, match="python -m store keys create"):
            require_protected(settings, database)
    new_key(database)
    require_protected(settings, database)
    database.close()


def test_a_database_that_goes_away_while_the_service_starts_is_waited_for(tmp_path: Path) -> None:
    """It had answered a moment before; a service that ends over it has to be started by hand."""
    here, away = tmp_path / "here", tmp_path / "away"
    here.mkdir()
    database = migrated_copy(here)
    new_key(database)
    database.close()  # and with it the connections that would outlive the move
    here.rename(away)
    back = threading.Timer(1.0, away.rename, [here])
    back.start()
    require_protected(ServiceSettings(host=EVERYWHERE), database)
    back.join()
    database.close()


def test_a_database_that_stays_away_is_no_reason_to_wait_for_ever(tmp_path: Path) -> None:
    """The service ends with what it was told, after as long as it waits for a schema."""
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'augury.db'}")
    with pytest.raises(OperationalError):
        require_protected(ServiceSettings(host=EVERYWHERE, schema_patience_seconds=0), database)
    database.close()


def test_the_application_does_not_start_unprotected_either(tmp_path: Path) -> None:
    """Whichever server runs it."""
    with pytest.raises(NotProtectedError), serving(tmp_path, host=EVERYWHERE):
        pass


def test_the_process_says_in_a_sentence_why_it_does_not_start(tmp_path: Path) -> None:
    """With an exit code of its own, and no traceback; with a key it would."""
    environment = {**os.environ, "AUGURY_DATA_DIR": str(tmp_path), "AUGURY_HOST": EVERYWHERE, "AUGURY_PORT": "0"}
    for name in ("AUGURY_DATABASE_URL", "AUGURY_AUTH"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "service"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2
    assert "AUGURY_HOST is 0.0.0.0, and there is no key to come in with" in done.stderr
    assert "Traceback" not in done.stderr
    database = Database(f"sqlite:///{tmp_path / 'augury.db'}")
    new_key(database)
    require_protected(ServiceSettings(host=EVERYWHERE), database)
    database.close()
