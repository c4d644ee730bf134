"""The real processes of Augury, for tests that kill and restart them one by one."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from store.database import Database
from store.rows.tables import DatasetRow, TrialRow
from tests.servers import Broker, free_port, wait_for
from tests.store.databases import migrated_copy
from workers import stacks

JOB_PATIENCE_SECONDS = 400.0
WORKERS = ("control", "cpu")
_LAST_CHARACTERS = 12_000
_QUICK = {"AUGURY_LEASE_SECONDS": "3", "AUGURY_SWEEP_SECONDS": "1", "AUGURY_REPUBLISH_SECONDS": "2"}
"""To notice what tests do to a stack. It costs a part of the processors, and a process that is not renewed in time."""


class Stack:
    """One API, one control worker and one CPU worker, of so many processes, over a database and a broker."""

    def __init__(
        self, folder: Path, broker: Broker, database_url: str, *, processes: int = 2, is_harmed: bool = True
    ) -> None:
        self.folder, self.broker = folder, broker
        self.database = Database(database_url)
        self.port = free_port()
        self.hook_port = free_port()  # of a receiver of webhooks, which a test may start
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._environment = {
            **os.environ,
            "AUGURY_DATA_DIR": str(folder),
            "AUGURY_DATABASE_URL": database_url,
            "AUGURY_BROKER_URL": broker.url,
            "AUGURY_PORT": str(self.port),
            "AUGURY_WEBHOOK_PRIVATE_HOSTS": f"127.0.0.1:{self.hook_port}",
            "AUGURY_WORKER_CONCURRENCY": str(processes),
            **(_QUICK if is_harmed else {}),
        }
        self.http = httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=70)

    def start(self) -> None:
        """Start everything; returns when the service is ready (the workers may not be)."""
        self.broker.start()
        if self.database.url.startswith("sqlite"):
            migrated_copy(self.folder).close()
        else:
            subprocess.run([sys.executable, "-m", "store", "migrate"], env=self._environment, check=True)
        self.start_api()
        for kind in WORKERS:
            self.start_worker(kind)

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
        self.http.close()
        self.database.close()

    def start_api(self) -> None:
        """Start the HTTP service and wait until it is ready."""
        self._spawn("api", "service")
        wait_for(self._is_ready, "the service to be ready")

    def start_worker(self, kind: str, **environment: str) -> None:
        """Start a worker process; its environment says more than that of the others where it is given."""
        self._spawn(kind, "workers", kind, **environment)

    def kill(self, name: str) -> None:
        """SIGKILL one process."""
        self._processes[name].kill()
        self._processes[name].wait()

    def terminate(self, name: str) -> float:
        """SIGTERM one process; the seconds it took to end."""
        began = time.monotonic()
        self._processes[name].terminate()
        self._processes[name].wait(60)
        return time.monotonic() - began

    def last_words(self) -> dict[str, str]:
        """The end of each process's log, with the stacks of its threads and of those of its children."""
        for name in WORKERS:
            for process in self._with_children(name):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, stacks.SIGNAL)
        time.sleep(2)
        return {log.name: log.read_text()[-_LAST_CHARACTERS:] for log in sorted(self.folder.glob("*.log"))}

    def memory_maps_of(self, name: str) -> str:
        """The files that a process has mapped."""
        return Path(f"/proc/{self._processes[name].pid}/maps").read_text()

    def thread_names_of(self, name: str) -> list[set[str]]:
        """What the threads of a process are called, and then those of each of its children."""
        return [
            {(task / "comm").read_text().strip() for task in Path(f"/proc/{process}/task").iterdir()}
            for process in self._with_children(name)
        ]

    def _with_children(self, name: str) -> list[int]:
        parent = self._processes[name].pid
        children = Path(f"/proc/{parent}/task/{parent}/children")
        return [parent, *(map(int, children.read_text().split()) if children.exists() else ())]

    def _spawn(self, name: str, *module: str, **environment: str) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self._processes[name] = subprocess.Popen(
            [sys.executable, "-m", *module], env=self._environment | environment, stdout=log, stderr=log
        )

    def _is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    def submit(self, request: dict[str, Any], **headers: str) -> dict[str, Any]:
        """Submit a job; its body as answered with 202."""
        response = self.http.post("/v1/jobs", json=request, headers=headers)
        assert response.status_code == 202, response.text
        return dict(response.json())

    def job(self, job_id: str, **headers: str) -> dict[str, Any]:
        """The job now."""
        response = self.http.get(f"/v1/jobs/{job_id}", headers=headers)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def finished(self, job_id: str, patience: float = JOB_PATIENCE_SECONDS) -> dict[str, Any]:
        """The job once it is over; the service is asked again when it has news, and not all the time."""
        give_up_at = time.monotonic() + patience
        job = self.job(job_id)
        while not job["is_terminal"]:
            left = give_up_at - time.monotonic()
            if left <= 0:
                pytest.fail(f"waited {patience:g} s in vain for {job_id} to end")
            job = self.job(job_id, Prefer=f"wait={min(30, math.ceil(left))}")
        return job

    def trials(self, job_id: str) -> list[dict[str, Any]]:
        """The job's trials."""
        return list(self.http.get(f"/v1/jobs/{job_id}/trials").json()["items"])

    def report(self, job_id: str) -> dict[str, Any]:
        """The job's report."""
        response = self.http.get(f"/v1/jobs/{job_id}/report")
        assert response.status_code == 200, response.text
        return dict(response.json())

    def cancel_everything(self) -> None:
        """Cancel all jobs that are not over."""
        for state in ("queued", "running"):
            for job in self.http.get("/v1/jobs", params={"state": state, "limit": 200}).json()["items"]:
                self.http.post(f"/v1/jobs/{job['id']}/cancel")

    def wait_until_training(
        self, job_id: str, which: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The first trial of the job that is seen past its first epoch."""
        found: list[dict[str, Any]] = []

        def is_training() -> bool:
            running = [t for t in self.trials(job_id) if t["state"] == "running" and t["epoch"] > 0 and which(t)]
            found.extend(running[:1])
            return bool(found)

        wait_for(is_training, "a trial to be training", JOB_PATIENCE_SECONDS)
        return found[0]

    def owner_of(self, unit_id: str) -> int | None:
        """The process that holds the lease of a trial or of a dataset's ingestion."""
        row, active = (TrialRow, "running") if unit_id.startswith("trial_") else (DatasetRow, "ingesting")
        with self.database.reading() as session:
            owner = session.scalar(select(row.lease_owner).where(row.id == unit_id, row.state == active))
        return None if owner is None else int(owner.rsplit(":", 1)[1])

    def kill_owner_of(self, unit_id: str) -> int:
        """SIGKILL the pool process that works on a trial or a dataset, and say which it was."""
        owner = self.owner_of(unit_id)
        assert owner is not None, f"{unit_id} has no owner"
        os.kill(owner, signal.SIGKILL)
        return owner


def comparison(
    *,
    epochs: int,
    first_seed: int,
    seeds: int = 2,
    model: str = "linear",
    training_images: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A comparison of a horizontal flip on digits; distinct seeds make distinct trials."""
    return {
        "kind": "comparison",
        "dataset": {"kind": "builtin", "name": "digits"},
        "candidates": [{"name": "flip", "spec": {"horizontal_flip": True, "rescale": 1 / 255}}],
        "model": {"name": model},
        "training": {"epochs": epochs},
        "evaluation": {"seeds": seeds, "first_seed": first_seed, "training_images": training_images},
        **more,
    }


def training(
    *, epochs: int, first_seed: int, seeds: int = 2, model: str = "linear", **evaluation: Any
) -> dict[str, Any]:
    """A training on digits, one trial a seed: half of what the comparison above takes, and no reasons asked for."""
    return {
        "kind": "training",
        "dataset": {"kind": "builtin", "name": "digits"},
        "spec": {"rescale": 1 / 255},
        "model": {"name": model},
        "training": {"epochs": epochs},
        "evaluation": {"seeds": seeds, "first_seed": first_seed, **evaluation},
    }


LONG = {"epochs": 120, "model": "small_cnn", "training_images": 100}
"""Some four seconds a trial: time enough to be killed in."""


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        pytest.fail(f"process {pid} is gone")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
