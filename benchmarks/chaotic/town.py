"""A whole service of several processes of each kind, any of which can be killed and comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import httpx2

from api_schemas.access.keys import PROJECT_SCOPES, KeyRequest
from store import migrate
from store.database import Database
from store.rows.access import keys, projects
from tests.servers import Broker, free_port, wait_for

SECONDS_TO_COME_BACK = 2.0

_QUICK = {  # to notice what happens, so that a run takes minutes
    "AUGURY_LEASE_SECONDS": "8",
    "AUGURY_SWEEP_SECONDS": "1",
    "AUGURY_REPUBLISH_SECONDS": "5",
    "AUGURY_WORKER_CONCURRENCY": "1",
    "AUGURY_MAX_ATTEMPTS": "6",
}


class Town:
    """Services, control workers and CPU workers as many as asked for, one broker, one database.

    *told* are the hosts of receivers of webhooks, with commas between them. *projects* get a key each once the town is
    started (``keys``), without which nobody comes in.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        told: str,
        *,
        apis: int,
        controls: int,
        cpus: int,
        projects: Sequence[str],
    ) -> None:
        self.folder, self.database_url, self.told, self._projects = folder, database_url, told, projects
        self.keys: dict[str, str] = {}
        self.broker = Broker(folder / "broker")
        self.data_dir = folder / "data"
        self.ports = {f"api{number}": free_port() for number in range(apis)}
        self._modules = {name: ["service"] for name in self.ports}
        self._modules |= {f"control{number}": ["workers", "control"] for number in range(controls)}
        self._modules |= {f"cpu{number}": ["workers", "cpu"] for number in range(cpus)}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start everything; returns when the services answer."""
        self.broker.start()
        self._let_in()
        for name in self._modules:
            self.spawn(name)
        for name in self.ports:
            wait_for(lambda name=name: self._answers(name), f"{name} to answer", 240)

    def names(self, kind: str = "") -> list[str]:
        """The processes whose names begin like that."""
        return [name for name in self._modules if name.startswith(kind)]

    def spawn(self, name: str) -> None:
        """Start one process."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", *self._modules[name]], env=self._environment(name), stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        """SIGKILL one process, whose children see that it is gone."""
        self._processes[name].kill()
        self._processes[name].wait()

    def kill_and_restart(self, name: str) -> None:
        """As a supervisor does it, after a moment."""
        self.kill(name)
        time.sleep(SECONDS_TO_COME_BACK)
        self.spawn(name)

    def kill_child_of(self, name: str) -> None:
        """SIGKILL a pool process of a worker, in whatever it does."""
        for child in self._children(name)[:1]:
            os.kill(child, signal.SIGKILL)

    def empty_the_broker(self) -> None:
        """All messages are lost."""
        self.broker.kill()
        time.sleep(SECONDS_TO_COME_BACK)
        self.broker.start(empty=True)

    def stop(self) -> None:
        """End everything."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.broker.kill()

    def url(self, number: int) -> str:
        """Of one of the services."""
        ports = list(self.ports.values())
        return f"http://127.0.0.1:{ports[number % len(ports)]}"

    def seen(self) -> dict[str, dict[str, int]]:
        """Of each kind of process, and of its children, which come and go: the largest there is now, of everything."""
        largest: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for name in self._modules:
            kind = name.rstrip("0123456789")
            of_each = [(kind, self._processes[name].pid), *((f"{kind} child", pid) for pid in self._children(name))]
            for who, pid in of_each:
                for what, value in _seen(pid).items():
                    largest[who][what] = max(largest[who][what], value)
        return {who: dict(seen) for who, seen in largest.items()}

    def resident_bytes(self) -> dict[str, int]:
        """The largest process of each kind, children included, now."""
        largest: dict[str, int] = defaultdict(int)
        for name in self._modules:
            kind = name.rstrip("0123456789")
            for pid in (self._processes[name].pid, *self._children(name)):
                largest[kind] = max(largest[kind], _resident_bytes(pid))
        return dict(largest)

    def _let_in(self) -> None:
        """Make the projects and a key to each, as an operator does by commands that take seconds to start."""
        database = Database(self.database_url)
        migrate.upgrade(database)
        with database.writing() as session:
            now = database.now(session)
            for project in self._projects:
                projects.create(session, project, now)
                request = KeyRequest(name="town", scopes=list(PROJECT_SCOPES))
                self.keys[project] = keys.create(session, project, request, now).text
        database.close()

    def _children(self, name: str) -> list[int]:
        pid = self._processes[name].pid
        try:
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        except FileNotFoundError:
            return []

    def _answers(self, name: str) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.ports[name]}/readyz", timeout=5).status_code == 200
        except httpx2.TransportError:
            return False

    def _environment(self, name: str) -> dict[str, str]:
        return {
            **os.environ,
            **_QUICK,
            "AUGURY_DATA_DIR": str(self.data_dir),
            "AUGURY_DATABASE_URL": self.database_url,
            "AUGURY_BROKER_URL": self.broker.url,
            "AUGURY_AUTH": "keys",
            "AUGURY_PORT": str(self.ports.get(name, 0) or 1),
            "AUGURY_WEBHOOK_PRIVATE_HOSTS": self.told,
        }


def _seen(pid: int) -> dict[str, int]:
    """Nothing of a process that has just ended."""
    try:
        threads, files = len(os.listdir(f"/proc/{pid}/task")), len(os.listdir(f"/proc/{pid}/fd"))
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {"bytes": _resident_bytes(pid), "files": files, "threads": threads}


def _resident_bytes(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") if fields else 0
