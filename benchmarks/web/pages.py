"""What the first page costs with ten thousand jobs: server time, statements, and bytes on the wire.

``python benchmarks/web/pages.py [--jobs 10000] [--requests 40]``. Times are of the processor, over the whole request in
this process, so that they hold on a machine that does other things beside it; wall times are told, too.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from fastapi.testclient import TestClient
from sqlalchemy import insert

from service.web.assets import assets
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows.answers.summaries import answer_of
from store.rows.answers.tables import AnswerRow
from store.rows.tables import JobEventRow, JobRow, JobTrialRow, TrialRow
from tests.augury.reporting.samples import difference, full
from tests.service.conftest import LOOPBACK_URL, application
from tests.service.web.conftest import PAGE
from tests.service.web.stored import training_job
from tests.store.databases import comparison, migrated_copy, new_trial
from tests.store.statements import statements

TRIALS_EACH = 20
_AT_ONCE = 500
_ROWS = (JobRow, TrialRow, JobTrialRow, JobEventRow, AnswerRow)
_MODELS = ("small_cnn", "linear", "mlp")


def main() -> None:
    """Fill a database, ask for pages, and print what they took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=10_000)
    options.add_argument("--requests", type=int, default=40)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = migrated_copy(folder)
        fill(database, asked.jobs)
        for _ in range(3):
            training_job(database)
        with TestClient(application(folder), base_url=LOOPBACK_URL) as client:
            of_service: Any = client.app
            print(f"{asked.jobs} jobs, {TRIALS_EACH * asked.jobs} trials, {asked.requests} requests of each page")
            print(f"{'page':34}{'CPU ms':>8}{'p95':>8}{'wall ms':>9}{'statements':>12}{'kB gz':>8}")
            for path in ("/", "/?verdict=helps&model=linear", "/?sort=gain", "/?label=team:none", "/parts/running"):
                measure(client, of_service.state.resources.database, path, asked.requests)
            loaded = sum(
                len(each.compressed)
                for name, each in assets().items()
                if f"/{name}" in client.get("/", headers=PAGE).text
            )
            print(f"what / loads beside itself, once: {loaded / 1000:.1f} kB")
        database.close()


def measure(client: TestClient, database: Database, path: str, requests: int) -> None:
    """Ask for a page so often, and print a line."""
    client.get(path, headers=PAGE)
    cpu, wall = [], []
    for _ in range(requests):
        began, used = time.perf_counter(), _cpu_seconds()
        answer = client.get(path, headers=PAGE)
        cpu.append(1000 * (_cpu_seconds() - used))
        wall.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text
    with statements(database) as seen:
        client.get(path, headers=PAGE)
    p95 = sorted(cpu)[int(0.95 * len(cpu))]
    size = len(gzip.compress(answer.content, 6)) / 1000
    queries = sum(each.lstrip().lower().startswith("select") for each in seen)
    print(f"{path:34}{statistics.median(cpu):8.1f}{p95:8.1f}{statistics.median(wall):9.1f}{queries:12}{size:8.1f}")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def fill(database: Database, jobs: int) -> None:
    """So many jobs that are over, each with twenty trials, an answer and events."""
    request = comparison({name: {"rotation_range": 5} for name in ("a", "b", "c", "d")}).model_dump(mode="json")
    with database.writing() as session:
        template = new_trial(session)
        trial = {column.key: getattr(template, column.key) for column in TrialRow.__table__.columns}
    report = full()
    for first in range(0, jobs, _AT_ONCE):
        rows: dict[Any, list[dict[str, Any]]] = {
            JobRow: [],
            TrialRow: [],
            JobTrialRow: [],
            JobEventRow: [],
            AnswerRow: [],
        }
        for number in range(first, min(jobs, first + _AT_ONCE)):
            _add(rows, number, request, trial, report)
        with database.writing() as session:
            for row, values in rows.items():
                session.execute(insert(row), values)


def _add(rows: Any, number: int, request: dict[str, Any], trial: dict[str, Any], report: Any) -> None:
    job_id, now = f"job_{number:032x}", 1_700_000_000.0 + 60 * number
    moved = [
        each.model_copy(update={"difference": difference((number * 7 + at) % 9 - 4.0, 1.5)})
        for at, each in enumerate(report.candidates)
    ]
    answer = answer_of(report.model_copy(update={"candidates": moved}))
    rows[JobRow].append(
        {"id": job_id, "project_id": DEFAULT_PROJECT, "kind": "comparison", "state": "succeeded", "phase": "done",
         "request": request, "labels": {}, "dataset_id": trial["dataset_id"], "deadline_at": now + 3600,
         "report_artifact": f"jobs/{job_id}/report.json", "created_at": now, "started_at": now, "finished_at": now + 50}
    )  # fmt: skip
    rows[AnswerRow].append(
        {"job_id": job_id, "project_id": DEFAULT_PROJECT, "dataset": f"dataset-{number % 12}",
         "model": _MODELS[number % len(_MODELS)], "metric": "accuracy", "verdicts": answer.verdicts,
         "best": max(answer.means), "worst": min(answer.means), "answer": answer.model_dump(mode="json")}
    )  # fmt: skip
    for kind in ("queued", "running", "succeeded"):
        rows[JobEventRow].append({"project_id": DEFAULT_PROJECT, "job_id": job_id, "at": now, "type": kind, "data": {}})
    for at in range(TRIALS_EACH):
        trial_id = f"trial_{number:028x}{at:04x}"
        rows[TrialRow].append(
            trial | {"id": trial_id, "key": f"{number:060x}{at:04x}", "state": "succeeded", "finished_at": now}
        )
        rows[JobTrialRow].append(
            {"job_id": job_id, "arm": "abcd"[at % 4], "seed": at // 4, "trial_id": trial_id, "reused": False,
             "trial_state": "succeeded"}
        )  # fmt: skip


if __name__ == "__main__":
    main()
