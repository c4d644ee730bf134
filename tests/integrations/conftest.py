"""What results go to, really running, and a service that has some.

MLflow, Prefect, Airflow and the Hub's client have an environment of their own (``make integrations``), in which our
client runs, too, as it does with those who use them.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from api_schemas.jobs import Phase
from api_schemas.reports.report import Report
from store.database import Database
from store.files.artifacts import Artifacts
from store.files.names import report_name
from store.rows import jobs
from store.rows.tables import JobRow
from tests.augury.reporting.samples import full
from tests.servers import NOBODY, PATIENCE_SECONDS, free_port, missing, wait_for
from tests.service.conftest import application, listening
from tests.service.web.stored import finish, reported_job

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venv" / "integrations"
START_SECONDS = 600
"""Large programs take long to start where others are at work."""
ALONE = {"DO_NOT_TRACK": "true", "MLFLOW_DISABLE_TELEMETRY": "true", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
"""Nobody is told that tests were run."""


@dataclass(frozen=True)
class Service:
    """A real one, at an address, with its rows and files at hand in place of workers."""

    url: str
    database: Database
    artifacts: Artifacts

    def reported(self, report: Report | None = None) -> str:
        """The id of a job that has succeeded."""
        job_id = reported_job(self.database, self.artifacts)
        self.artifacts.write(report_name(job_id, "html"), b"<!doctype html><title>A report</title>")
        if report is not None:
            self.replace_report(job_id, report)
        return job_id

    def replace_report(self, job_id: str, report: Report) -> None:
        """Let a job have come to something else, as an extension does it."""
        own = report.model_copy(update={"job_id": job_id})
        self.artifacts.write(report_name(job_id, "json"), own.model_dump_json().encode())

    def carry_out_next(self, count: int) -> Thread:
        """Be the worker of so many jobs that are submitted next: each succeeds with the standing example's report."""
        known = self.job_ids()

        def work() -> None:
            for _ in range(count):
                job_id = wait_for(lambda: self.job_ids() - known, "a job", START_SECONDS).pop()
                known.add(job_id)
                self.carry_out(job_id)

        thread = Thread(target=work, daemon=True)  # nobody waits for jobs that never come
        thread.start()
        return thread

    def carry_out(self, job_id: str) -> None:
        """Have a job that was submitted succeed."""
        with self.database.writing() as session:
            job = jobs.locked(session, job_id)
            assert job is not None
            jobs.begin(session, job, Phase.TRAINING, self.database.now(session))
        finish(self.database, self.artifacts, job_id, full())

    def job_ids(self) -> set[str]:
        """Of all jobs that there are."""
        with self.database.reading() as session:
            return set(session.scalars(select(JobRow.id)))


@dataclass(frozen=True)
class Tools:
    """The environment with those that results go to."""

    folder: Path

    def environment(self, **variables: str) -> dict[str, str]:
        """Of a program there: ours beside it, and nothing of the developer's own."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AUGURY_", "MLFLOW_"))}
        return {**kept, **ALONE, "PYTHONPATH": str(ROOT), **variables}

    def run(self, command: Sequence[str | Path], **variables: str) -> subprocess.CompletedProcess[str]:
        """What a program there says and how it ends."""
        program, *arguments = map(str, command)
        return subprocess.run(
            [self.folder / "bin" / program, *arguments], env=self.environment(**variables), capture_output=True,
            text=True, check=False, timeout=START_SECONDS,
        )  # fmt: skip


@dataclass(frozen=True)
class Publisher:
    """Says ``augury publish`` in the environment with MLflow's client and the Hub's, and reads cards there."""

    process: subprocess.Popen[str]
    service: Service

    def told(self, job_id: str, to: str, *arguments: str | Path, **order: Any) -> dict[str, Any]:
        """How it ended: ``code``, ``out`` and ``err``."""
        words = ["publish", job_id, "--to", to, "--url", self.service.url, *map(str, arguments)]
        return self._ask({"arguments": words, **order})

    def card(self, file: Path) -> tuple[dict[str, Any], str]:
        """Metadata and text of a card, as the Hub's client reads them."""
        said = self._ask({"card": str(file)})
        return said["data"], said["text"]

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said


@pytest.fixture(scope="session")
def tools() -> Tools:
    """What ``make integrations`` installs."""
    if not (TOOLS / ".installed").exists():
        missing("MLflow, Prefect and Airflow", "make integrations")
    return Tools(TOOLS)


@pytest.fixture(scope="module")
def service(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without workers behind its real server."""
    app: FastAPI = application(tmp_path_factory.mktemp("service"))
    with listening(app) as (host, port):
        resources = app.state.resources
        yield Service(f"http://{host}:{port}", resources.database, resources.artifacts)


@pytest.fixture(scope="module")
def publisher(tools: Tools, service: Service) -> Iterator[Publisher]:
    """One process for all of the module's tests."""
    program = [tools.folder / "bin" / "python", "-m", "tests.integrations.publisher"]
    with subprocess.Popen(
        program, env=tools.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Publisher(process, service)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="module")
def mlflow_server(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real tracking server over SQLite."""
    folder, port = tmp_path_factory.mktemp("mlflow"), free_port()
    command = [tools.folder / "bin" / "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}", "--artifacts-destination", folder / "files"]
    environment = tools.environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            wait_for(lambda: _is_healthy(port), "MLflow", START_SECONDS)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)


def _is_healthy(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health", timeout=PATIENCE_SECONDS, verify=NOBODY).is_success
    except httpx2.TransportError:
        return False
