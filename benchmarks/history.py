"""Does a long history make the service slow?

    python benchmarks/history.py [--json] [--jobs N] [--rounds N] [--postgres]

Fills databases with 1 %, 10 % and all of 100,000 finished jobs (--jobs) of ten trials each, and measures in each of
them what is done all the time: submitting, listing and looking at jobs, claiming a trial, advancing a job of which one
has ended, sweeping. The reference is the smallest database: what is done should take as long in the largest. SQLite;
with --postgres a server of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import structlog
from fastapi.testclient import TestClient
from sqlalchemy import Insert, insert, text
from sqlalchemy.orm import Session

sys.path[0] = str(Path(__file__).resolve().parents[1])

from service.main import create_app
from service.settings import ServiceSettings
from store import migrate
from store.database import Database
from store.files.artifacts import Artifacts
from store.ids import JOB, TRIAL, new_id
from store.queue import CPU, Queue, celery_app
from store.rows import handout, leases
from store.rows.handout import Turn
from store.rows.tables import JobEventRow, JobLabelRow, JobRow, JobTrialRow, TrialRow
from tests.servers import postgres
from tests.store.databases import comparison, comparison_body, ready_dataset, result, running_job
from workers.context import Context
from workers.maintenance.sweep import sweep
from workers.planner.advance import advance
from workers.settings import WorkerSettings

TRIALS_PER_JOB = 10
SHARES = (0.01, 0.1, 1.0)
LIVE_JOBS = 20
_JOBS_AT_ONCE = 500
_NOWHERE = "redis://127.0.0.1:1/0"


class Unheard(Queue):
    """A queue that takes every message and has none."""

    def publish(self, task: str, about: str, queue: str) -> bool:
        """Taken."""
        return True

    def depth(self, queue: str) -> int:
        """None waits."""
        return 0


def _history(session: Session, first: int, count: int, now: float) -> None:
    """Finished jobs, each with its own trials: all rows of one kind in one statement."""
    dataset = ready_dataset(session, now)
    request = comparison_body()
    jobs: list[dict[str, Any]] = []
    trials: list[dict[str, Any]] = []
    slots: list[dict[str, Any]] = []
    outcome = result().model_dump(mode="json")
    times = {"created_at": now, "started_at": now, "finished_at": now}
    for number in range(first, first + count):
        job_id = new_id(JOB)
        jobs.append(
            {"id": job_id, "kind": "comparison", "state": "succeeded", "phase": "done", "request": request,
             "labels": {"team": f"team{number % 50}"}, "queue": CPU, "priority": "normal", "dataset_id": dataset.id,
             "plan": {"trials": TRIALS_PER_JOB, "rounds": []}, "published_at": now, "deadline_at": now + 3600, **times}
        )  # fmt: skip
        for seed in range(TRIALS_PER_JOB):
            trial_id = new_id(TRIAL)
            trials.append(
                {"id": trial_id, "key": f"{number:032x}{seed:032x}", "setting": f"{number % 100:064x}", "epoch": 1,
                 "epochs": 1, "dataset_id": dataset.id, "definition": {"spec": {}, "seed": seed}, "result": outcome,
                 "state": "succeeded", "queue": CPU, "attempts": 1, "published_at": now, **times}
            )  # fmt: skip
            slots.append(
                {"job_id": job_id, "arm": "baseline", "seed": seed, "trial_id": trial_id, "reused": False,
                 "trial_state": "succeeded"}
            )  # fmt: skip
    events = [
        {"job_id": job["id"], "at": now, "type": state, "data": {}}
        for job in jobs
        for state in ("queued", "running", "succeeded")
    ]
    labels = [{"job_id": job["id"], "key": "team", "value": job["labels"]["team"]} for job in jobs]
    inserts: list[tuple[Insert, list[dict[str, Any]]]] = [
        (insert(JobRow), jobs), (insert(TrialRow), trials), (insert(JobTrialRow), slots), (insert(JobEventRow), events),
        (insert(JobLabelRow), labels),
    ]  # fmt: skip
    for statement, rows in inserts:
        session.execute(statement, rows)


def fill(database: Database, jobs: int) -> None:
    """A history of so many jobs, and beside it the same few that are not over."""
    migrate.upgrade(database)
    now = time.time()
    for first in range(0, jobs, _JOBS_AT_ONCE):
        with database.writing() as session:
            _history(session, first, min(_JOBS_AT_ONCE, jobs - first), now)
    with database.writing() as session:
        for number in range(LIVE_JOBS):
            evaluation = {"seeds": 5, "first_seed": 1000 * (number + 1)}
            running_job(session, comparison(evaluation=evaluation, labels={"team": "team1"}), now)
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("vacuum analyze"))


def _end_one(context: Context) -> str:
    """Claim the trial that is next, and have it done; the job whose turn it was."""
    turn = _claim(context)
    assert turn.job_id is not None
    with context.database.writing() as session:
        now = context.database.now(session)
        leases.finish(session, turn.lease, "failed", now=now)
        handout.note_served(session, turn.job_id, now)  # the next turn is another job's, so that none is ever over
    return turn.job_id


def _claim(context: Context) -> Turn:
    with context.database.writing() as session:
        now = context.database.now(session)
        turn = handout.claim_next(session, CPU, owner="worker", now=now, seconds=600)
    assert turn is not None, "the jobs that are not over have enough trials for the rounds"
    return turn


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def measure(context: Context, client: TestClient, rounds: int) -> dict[str, float]:
    """Milliseconds, medians, by what is done."""
    measured: dict[str, list[float]] = {}
    seeds = itertools.count(10_000_000, 100)
    newest = client.get("/v1/jobs?limit=1").json()["items"][0]["id"]
    for _ in range(rounds):
        body = comparison_body(evaluation={"seeds": 2, "first_seed": next(seeds)})
        done = _end_one(context)
        actions: dict[str, Callable[[], object]] = {
            "submit": lambda body=body: client.post("/v1/jobs", json=body).raise_for_status(),
            "list": lambda: client.get("/v1/jobs").raise_for_status(),
            "list by state": lambda: client.get("/v1/jobs?state=running").raise_for_status(),
            "list by label": lambda: client.get("/v1/jobs?label=team:team1").raise_for_status(),
            "view": lambda: client.get(f"/v1/jobs/{newest}").raise_for_status(),
            "claim": lambda: _claim(context),
            "advance": lambda done=done: advance(context, done),
            "sweep": lambda: sweep(context),
        }  # fmt: skip
        for name, action in actions.items():
            measured.setdefault(name, []).append(1000 * _seconds(action))
    return {name: statistics.median(times) for name, times in measured.items()}


@contextlib.contextmanager
def _database(folder: Path, on_postgres: bool) -> Iterator[Database]:
    with postgres() if on_postgres else contextlib.nullcontext(f"sqlite:///{folder / 'augury.db'}") as url:
        database = Database(url)
        yield database
        database.close()


def of_size(jobs: int, rounds: int, on_postgres: bool) -> dict[str, float]:
    """The medians in a database with a history of so many jobs."""
    with tempfile.TemporaryDirectory(prefix="augury-history-") as name, _database(Path(name), on_postgres) as database:
        fill(database, jobs)
        places: dict[str, Any] = {"data_dir": Path(name), "database_url": database.url, "broker_url": _NOWHERE}
        settings = WorkerSettings(**places, republish_seconds=3600)
        context = Context(settings, database, Artifacts(f"{name}/artifacts"), Unheard(celery_app(settings)))
        with TestClient(create_app(ServiceSettings(**places)), base_url="http://localhost") as client:
            return measure(context, client, rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--postgres", action="store_true")
    arguments = parser.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    sizes = [max(1, round(arguments.jobs * share)) for share in SHARES]
    medians = {size: of_size(size, arguments.rounds, arguments.postgres) for size in sizes}
    if arguments.json:
        print(json.dumps({"milliseconds": medians, "trials_per_job": TRIALS_PER_JOB}))
        return
    print(f"{'jobs in the history':<20}" + "".join(f"{size:>12,}" for size in sizes) + f"{'ratio':>8}")
    for name in medians[sizes[0]]:
        times = [medians[size][name] for size in sizes]
        print(f"{name:<20}" + "".join(f"{each:>9.1f} ms" for each in times) + f"{times[-1] / times[0]:>8.2f}")


if __name__ == "__main__":
    main()
