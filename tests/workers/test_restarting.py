"""A worker that Celery gave up, over a real broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from celery import bootsteps

from tests.servers import Broker, wait_for
from tests.store.databases import migrated_copy
from workers.app import app
from workers.restarting import is_given_up

MARKER = "AUGURY_TEST_MARKER"


class FailsOnce(bootsteps.StartStopStep):
    """Raises what Celery does not expect in the event loop, a moment after the first worker of all is ready."""

    requires = ("celery.worker.consumer:Tasks",)

    def start(self, parent: object) -> None:
        """Have it raised by the next tick that comes after the worker is ready."""
        marker = Path(os.environ[MARKER])
        if not marker.exists():
            parent.hub.on_tick.add(self._raise_once)  # type: ignore[attr-defined]

    def _raise_once(self) -> None:
        Path(os.environ[MARKER]).touch()
        raise AttributeError("as Kombu did over a lost connection")


if MARKER in os.environ:
    app.steps["consumer"].add(FailsOnce)


@pytest.mark.parametrize("pool", ["solo", "prefork"])
def test_a_worker_that_celery_gives_up_starts_anew_and_stops_when_it_is_told_to(tmp_path: Path, pool: str) -> None:
    """Under the same process number; a second start is no reason to ignore a request to stop."""
    broker = Broker(tmp_path / "broker")
    broker.start()
    environment = {
        **os.environ,
        "AUGURY_WORKER_KIND": "control",
        "AUGURY_DATA_DIR": str(tmp_path),
        "AUGURY_DATABASE_URL": f"sqlite:///{tmp_path / 'augury.db'}",
        "AUGURY_BROKER_URL": broker.url,
        "AUGURY_WORKER_CONCURRENCY": "1",
        MARKER: str(tmp_path / "marker"),
    }
    migrated_copy(tmp_path).close()
    arguments = ["--loglevel", "INFO", "--without-mingle", "--without-gossip", "--queues", "control", "--pool", pool]
    log = tmp_path / "log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "tests.workers.test_restarting", "worker", *arguments],
            env=environment, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        wait_for(lambda: log.read_text().count(" ready.") == 2, "the worker to start anew", 120)
        assert "starts anew" in log.read_text()
        assert worker.poll() is None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        broker.kill()


@pytest.mark.parametrize(
    ("exit_code", "was_ready", "told_to_stop", "given_up"),
    [(1, True, False, True), (0, True, False, False), (1, False, False, False), (1, True, True, False)],
)
def test_only_a_worker_that_worked_and_that_nobody_stopped_starts_anew(
    exit_code: int, was_ready: bool, told_to_stop: bool, given_up: bool
) -> None:
    """One that cannot start would fail for ever."""
    assert is_given_up(exit_code, was_ready=was_ready, told_to_stop=told_to_stop) is given_up
