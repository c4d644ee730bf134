"""The local stack: broker, database, service and workers on this machine, for as long as a ``with`` block lasts."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from augury.client.address import KEY_VARIABLE
from augury.client.client import Client
from augury.errors import AuguryError, NotInstalled, StackFailed
from augury.local.broker import Broker
from augury.local.data_directory import DataDirectory
from augury.local.ports import free_port, is_free, listening, require_free
from augury.local.processes import Guard, Process
from augury.local.supervisor import Stopping, Supervisor, explain

READY_SECONDS = 60.0
PORTS_TO_TRY = 5
JAX_WORKER = "cpu-jax"
STOPPING_ORDER = ((("control", "cpu", JAX_WORKER), 10.0), (("api",), 8.0), (("broker",), 5.0))
"""Who stops when, and the seconds each may take. The broker is last, since the others talk to it until they end.
Several processes of the service stop together."""


class LocalStack:
    """A complete Augury on this machine.

    ``with LocalStack(".augury") as stack: Client(stack.url)``. The service answers when the block is entered; the
    workers come up behind it. When the block is left, by whatever means, no process remains. It is entered once.
    """

    def __init__(
        self,
        data_dir: Path | str,
        host: str = "127.0.0.1",
        port: int = 0,
        workers: int | None = None,
        broker_url: str | None = None,
        data_roots: Sequence[Path] = (),
        processes: int = 1,
        jax: bool = False,
    ) -> None:
        """Describe the stack; nothing is started yet.

        Parameters:
            data_dir: Everything it keeps is in here. One stack at a time can use it.
            host: What the service listens on.
            port: Its port; 0 chooses a free one.
            workers: Trials trained at the same time; None leaves it to the worker.
            broker_url: A broker to use instead of starting one; by default ``AUGURY_BROKER_URL``.
            data_roots: Folders that datasets may be read from, besides those of ``AUGURY_INGEST_ROOTS``.
            processes: Of the service, which share its port.
            jax: Whether there is a worker for jobs with ``training.backend`` jax, too.
        """
        self.data_dir = Path(data_dir).expanduser().resolve()
        self.log_dir = self.data_dir / "logs"
        self._host = host
        self._port = port
        self._workers = workers
        self._broker_url = broker_url or os.environ.get("AUGURY_BROKER_URL")
        self._data_roots = [str(root.expanduser().resolve()) for root in data_roots]
        self._api_names = ["api", *(f"api-{number}" for number in range(2, processes + 1))]
        self._worker_kinds = ("control", "cpu", JAX_WORKER) if jax else ("control", "cpu")
        self._listener: socket.socket | None = None
        self._up = threading.Event()
        self._over = threading.Event()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Where a client on this machine finds the service."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104 - where it is reached
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    def __enter__(self) -> Self:
        """Start everything; returns when the service is ready."""
        if JAX_WORKER in self._worker_kinds and importlib.util.find_spec("jax") is None:
            raise NotInstalled("a worker for JAX takes jax, which is not installed here; pip install 'augury[jax]'")
        if self._port:
            require_free(self._host, self._port)
        self._directory = DataDirectory(self.data_dir)
        try:
            self._guard = Guard(self._directory.lock)
        except OSError:
            self._directory.release()
            raise
        self._supervisor = Supervisor(self._guard, self.log_dir)
        threading.Thread(target=self._live, name="augury-stack", daemon=True).start()
        try:
            self._up.wait()
        except BaseException:
            self._end()
            raise
        if self._failure is not None:
            self._end()
            raise self._failure
        return self

    def __exit__(self, kind: object, exception: BaseException | None, traceback: object) -> None:
        """Stop everything. If the stack had failed, that is why the block's client could not reach it."""
        self._end()
        if self._failure is not None and isinstance(exception, AuguryError) and exception is not self._failure:
            raise self._failure from exception

    def wait(self) -> None:
        """Wait until the stack has failed or was interrupted; it supervises itself meanwhile."""
        self._over.wait()
        if self._failure is not None:
            raise self._failure

    def _end(self) -> None:
        """Stop in order; a KeyboardInterrupt while that takes its time kills what is left."""
        self._supervisor.stopping.set()
        try:
            self._over.wait()
        except KeyboardInterrupt:
            self._supervisor.killing.set()
            self._over.wait()
            raise

    def _live(self) -> None:
        """The life of the stack, on a thread of its own."""
        try:
            self._start()
            self._up.set()
            self._supervisor.run(on_change=self._announce)
        except Stopping:
            pass
        except BaseException as error:
            self._failure = error
        finally:
            self._stop()
            self._up.set()
            self._over.set()

    def _start(self) -> None:
        env = self._environment()
        if not self._broker_url:
            broker = Broker(self.data_dir)
            broker.start(self._supervisor)
            env["AUGURY_BROKER_URL"] = broker.url
        self._supervisor.run_once("migrate", _module("store", "migrate"), env)
        self._start_service(env)
        # Only now, so that the workers' long imports do not delay the service.
        for kind in self._worker_kinds:
            self._supervisor.start(kind, _module("workers", kind), env)
        self._announce()

    def _start_service(self, env: dict[str, str]) -> None:
        if len(self._api_names) > 1:
            self._start_processes(env)
        else:
            self._start_process(env)

    def _start_processes(self, env: dict[str, str]) -> None:
        """Several, of which each takes connections from the socket that they share; the others once one is ready.

        The socket stays here as well, for those that are started again: until they answer, clients wait.
        """
        listener = self._listener = listening(self._host, self._port)
        self._port = listener.getsockname()[1]
        where = {"AUGURY_HOST": self._host, "AUGURY_PORT": str(self._port), "AUGURY_LISTEN_FD": str(listener.fileno())}
        for name in self._api_names:
            process = self._supervisor.start(name, _module("service"), env | where, [listener.fileno()])
            if name == self._api_names[0]:
                self._await_service(process)

    def _await_service(self, process: Process) -> None:
        with Client(self.url, key="") as client:
            if not self._supervisor.is_up(process, client.ready, READY_SECONDS):
                raise StackFailed(explain(f"{process.name} ended with exit code {process.exit_code}", process))

    def _start_process(self, env: dict[str, str]) -> None:
        is_our_choice = not self._port
        for _ in range(PORTS_TO_TRY):
            if is_our_choice:
                self._port = free_port(self._host)
            where = {"AUGURY_HOST": self._host, "AUGURY_PORT": str(self._port)}
            process = self._supervisor.start("api", _module("service"), env | where)
            with Client(self.url, key="") as client:
                if self._supervisor.is_up(process, client.ready, READY_SECONDS):
                    return
            if not is_our_choice or is_free(self._host, self._port):
                break
        raise StackFailed(explain(f"api ended with exit code {process.exit_code}", process))

    def _environment(self) -> dict[str, str]:
        """What every process is told; variables that the user has set win over our defaults."""
        defaults = {
            "AUGURY_DATABASE_URL": f"sqlite:///{self.data_dir / 'augury.db'}",
            "AUGURY_ARTIFACTS_URL": str(self.data_dir / "artifacts"),
            "PYTHONUNBUFFERED": "1",
        }
        env = dict(os.environ)
        env.pop(KEY_VARIABLE, None)  # which is for clients alone
        env.update({name: value for name, value in defaults.items() if not env.get(name)})
        env["AUGURY_DATA_DIR"] = str(self.data_dir)
        if self._broker_url:
            env["AUGURY_BROKER_URL"] = self._broker_url
        if self._workers is not None:
            env["AUGURY_WORKER_CONCURRENCY"] = str(self._workers)
        if self._data_roots:
            listed = [root for root in env.get("AUGURY_INGEST_ROOTS", "").split(",") if root]
            env["AUGURY_INGEST_ROOTS"] = ",".join([*listed, *self._data_roots])
        return env

    def _announce(self) -> None:
        self._directory.announce(self.url, self._supervisor.pids | {"guard": self._guard.pid})

    def _stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        try:
            for names, grace_seconds in STOPPING_ORDER:
                self._supervisor.stop(self._api_names if names == ("api",) else names, grace_seconds)
            self._supervisor.stop_rest()
        finally:
            self._guard.dismiss()
            self._directory.release()


def _module(name: str, *arguments: str) -> list[str]:
    # -P: a folder called `store` or `service` where the user happens to be must not be taken for ours.
    return [sys.executable, "-P", "-m", name, *arguments]
