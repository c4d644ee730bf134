"""Keys by the client and the command line: how one is sent, made, listed and revoked, and where it does not show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from augury import Client, NothingToSend, RequestRefused
from augury.cli.app import app
from augury.local.stack import LocalStack
from store.database import Database
from tests.augury.cli.real import Real
from tests.augury.stand_in import Answer, StandIn
from tests.augury.wire import job
from tests.service.auth.conftest import OTHERS, new_key
from tests.service.conftest import application, listening
from tests.store.databases import migrated_copy


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """One for the module's tests."""
    folder = tmp_path_factory.mktemp("service")
    database: Database = migrated_copy(folder)
    key = new_key(database, project=OTHERS)
    database.close()
    with listening(application(folder, auth="keys")) as (host, port):
        yield Real(f"http://{host}:{port}", key)


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of who runs the tests, and nothing that stays of a command's option."""
    monkeypatch.setenv("AUGURY_API_KEY", "")


def augury(*arguments: str) -> Result:
    """Run the command, without a terminal."""
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("given", "in_environment", "sent"),
    [
        ("augury_a", None, "Bearer augury_a"),
        (None, "augury_b", "Bearer augury_b"),
        (None, "augury_b\n", "Bearer augury_b"),
        ("augury_a", "augury_b", "Bearer augury_a"),
        ("", "augury_b", None),
        (None, None, None),
    ],
)
def test_the_key_that_is_meant_is_sent(
    service: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    in_environment: str | None,
    sent: str | None,
) -> None:
    """The one that was given, or the environment's; an empty one is none."""
    monkeypatch.setenv("AUGURY_API_KEY", in_environment or "")
    service.will(Answer(200, job()))
    with Client(service.url, key=given) as client:
        client.job("job_1")
    assert service.asked[0].headers.get("Authorization") == sent


def test_what_cannot_be_a_key_is_not_sent_and_not_shown() -> None:
    """The error is about where it is from, not about what it is."""
    with pytest.raises(NothingToSend, match="AUGURY_API_KEY") as error:
        Client("http://127.0.0.1:1", key="sécret key")
    assert "cret" not in str(error.value)


def test_a_service_that_takes_keys_refuses_who_brings_none(real: Real) -> None:
    """With its own words."""
    with Client(real.url) as client, pytest.raises(RequestRefused, match="Bearer augury_") as refused:
        client.jobs()
    assert refused.value.problem.status == 401


def test_a_key_is_made_printed_alone_and_works(real: Real) -> None:
    """From the option before the command; what is said about it is not on stdout."""
    made = augury("--api-key", real.key, "keys", "create", "nightly", "--scope", "read", "--url", real.url)
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert key.startswith("augury_")
    with Client(real.url, key=key) as client:
        assert client.jobs().items == []
        with pytest.raises(RequestRefused, match="scope submit"):
            client.submit({"kind": "training"})


def test_keys_are_listed_replaced_and_revoked(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their ids; no key shows again."""
    monkeypatch.setenv("AUGURY_API_KEY", real.key)
    monkeypatch.setenv("AUGURY_URL", real.url)
    with Client() as client:
        old = client.create_key("old")
        new = client.create_key("new", replaces=old.id, overlap_hours=1)
        assert client.key(old.id).expires_at is not None
    assert augury("keys", "revoke", new.id).stdout == f"{new.id}: revoked\n"
    listed = augury("keys", "list", "--limit", "2")
    assert "revoked" in listed.stdout
    assert new.key not in listed.stdout
    with Client() as client:
        assert [(each.id, each.state) for each in client.keys(limit=2).items] == [
            (new.id, "revoked"),
            (old.id, "active"),
        ]


def test_a_scope_that_does_not_exist_is_told_before_anything_is_sent() -> None:
    """Whether a service is there or not."""
    wrong = augury("keys", "create", "x", "--scope", "write")
    assert wrong.exit_code == 2
    assert "expected one of read, submit, admin" in wrong.output


def test_a_local_stack_is_not_handed_the_key_of_another_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its processes get it, nor does its service."""
    monkeypatch.setenv("AUGURY_API_KEY", "augury_of_another")
    assert "AUGURY_API_KEY" not in LocalStack(tmp_path)._environment()
