"""Several processes of the service answer at one port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from tests.servers import PATIENCE_SECONDS
from tests.service.conftest import UNREACHABLE
from tests.store.databases import migrated_copy

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The socket that they share."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener


@pytest.fixture
def start(tmp_path: Path, listener: socket.socket) -> Iterator[Start]:
    """Starts one of them."""
    migrated_copy(tmp_path).close()
    environment = {
        **os.environ, "AUGURY_DATA_DIR": str(tmp_path), "AUGURY_BROKER_URL": UNREACHABLE,
        "AUGURY_LISTEN_FD": str(listener.fileno()),
    }  # fmt: skip
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "service"]
        started.append(subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_one_goes_on_where_another_ends(listener: socket.socket, start: Start) -> None:
    """Whoever connects meanwhile is not refused, but waits until one of them has time."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/healthz"
    first = start()
    assert httpx2.get(address, timeout=PATIENCE_SECONDS).status_code == 200
    first.terminate()
    assert first.wait(PATIENCE_SECONDS) == -15
    start()
    assert httpx2.get(address, timeout=PATIENCE_SECONDS).status_code == 200


def test_whichever_has_time_answers(listener: socket.socket, start: Start) -> None:
    """One that hangs keeps nobody waiting who connects after that."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/healthz"
    for hanging in (start(), start()):
        hanging.send_signal(signal.SIGSTOP)
        assert httpx2.get(address, timeout=PATIENCE_SECONDS).status_code == 200
        hanging.send_signal(signal.SIGCONT)
