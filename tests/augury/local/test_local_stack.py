"""What a local stack checks before it starts anything."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from augury.client.address import running_url
from augury.errors import NotInstalled, StackConflict
from augury.local.data_directory import DataDirectory
from augury.local.stack import LocalStack


def test_a_taken_port_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    """The error names address and port, and nothing was created."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(StackConflict, match=rf"127\.0\.0\.1 port {port}: Address already in use"):
            LocalStack(tmp_path / "data", port=port).__enter__()
    assert not (tmp_path / "data").exists()


def test_a_worker_for_jax_is_refused_where_jax_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is started, and not by a worker that dies in a log."""
    monkeypatch.setitem(sys.modules, "jax", None)  # as Python itself marks what is not to be found
    with pytest.raises(NotInstalled, match=r"pip install 'augury\[jax\]'"):
        LocalStack(tmp_path / "data", jax=True).__enter__()
    assert not (tmp_path / "data").exists()


def test_an_address_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """A host that this machine is not is a clear error too."""
    with pytest.raises(StackConflict, match=r"192\.0\.2\.1 port 8123"):
        LocalStack(tmp_path / "data", host="192.0.2.1", port=8123).__enter__()


def test_a_data_directory_in_use_is_refused_with_the_url_of_its_stack(tmp_path: Path) -> None:
    """A second stack on a directory is told where the first one is."""
    first = DataDirectory(tmp_path)
    first.announce("http://127.0.0.1:4711", {})
    with pytest.raises(StackConflict, match=r"in use by another stack .*http://127\.0\.0\.1:4711"):
        LocalStack(tmp_path).__enter__()
    first.release()
    DataDirectory(tmp_path).release()


def test_a_stack_says_who_it_is_to_its_owner_only(tmp_path: Path) -> None:
    """`stack.json` holds URL, pids and start; it is private, and gone after the release."""
    directory = DataDirectory(tmp_path / "data")
    directory.announce("http://127.0.0.1:4711", {"api": 42})
    file = tmp_path / "data" / "stack.json"
    about = json.loads(file.read_text())
    assert about["url"] == "http://127.0.0.1:4711"
    assert about["pids"] == {"api": 42}
    assert about["started_at"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert running_url(tmp_path / "data") == "http://127.0.0.1:4711"
    directory.release()
    assert not file.exists()
    assert running_url(tmp_path / "data") is None


CRASHING_OWNER = """
import os, subprocess, sys
from pathlib import Path
from augury.local.data_directory import DataDirectory
directory = DataDirectory(Path(sys.argv[1]))
directory.announce("http://127.0.0.1:4711", {})
subprocess.Popen(["sleep", "1"], pass_fds=(directory.lock,))
os._exit(1)
"""


def test_after_a_crash_the_next_stack_waits_for_the_rest_of_the_last(tmp_path: Path) -> None:
    """A lock that only a dead stack's guard still holds is waited for, and the file left behind misleads nobody."""
    subprocess.run([sys.executable, "-c", CRASHING_OWNER, str(tmp_path)], check=False, timeout=200)
    directory = DataDirectory(tmp_path)
    assert json.loads((tmp_path / "stack.json").read_text())["pid"] == os.getpid()
    directory.release()
    assert running_url(tmp_path) is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("0.0.0.0", "http://127.0.0.1:81"),  # noqa: S104
        ("::", "http://[::1]:81"),
        ("localhost", "http://localhost:81"),
    ],
)
def test_the_url_is_one_that_a_client_can_use(tmp_path: Path, host: str, url: str) -> None:
    """A stack that listens everywhere is still reached at one address."""
    assert LocalStack(tmp_path, host=host, port=81).url == url
