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
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

sys.path[0] = str(Path(__file__).resolve().parents[1])

from service.main import create_app
from service.settings import ServiceSettings
from store import migrate
from store.database import Database
from store.files.artifacts import Artifacts
from store.ids import DEFAULT_PROJECT, JOB, TRIAL, new_id
from store.queue import CPU, Queue, celery_app
from store.rows import handout, leases
from store.rows.answers.tables import AnswerRow
from store.rows.base import Owned
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
    named = {"dataset": "digits", "model": "small_cnn", "metric": "accuracy"}
    answers = [{"job_id": job["id"], **named} for job in jobs]
    owner = {"project_id": DEFAULT_PROJECT}
    owned: list[tuple[type[Owned], list[dict[str, Any]]]] = [
        (JobRow, jobs), (TrialRow, trials), (JobEventRow, events), (JobLabelRow, labels), (AnswerRow, answers),
    ]  # fmt: skip
    for table, rows in owned:
        session.execute(insert(table), [owner | row for row in rows])
    session.execute(insert(JobTrialRow), slots)


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


class Measured:
    """A filled database with a service and a worker on it, and how long things took there."""

    def __init__(self, context: Context, client: TestClient) -> None:
        self._context, self._client = context, client
        self._newest = client.get("/v1/jobs?limit=1").json()["items"][0]["id"]
        self._milliseconds: dict[str, list[float]] = {}

    def measure(self, number: int) -> None:
        """Do everything once."""
        body = comparison_body(evaluation={"seeds": 2, "first_seed": 10_000_100 + 100 * number})
        done = _end_one(self._context)
        actions: dict[str, Callable[[], object]] = {
            "submit": lambda: self._client.post("/v1/jobs", json=body).raise_for_status(),
            "list": lambda: self._client.get("/v1/jobs").raise_for_status(),
            "list by state": lambda: self._client.get("/v1/jobs?state=running").raise_for_status(),
            "list by label": lambda: self._client.get("/v1/jobs?label=team:team1").raise_for_status(),
            "view": lambda: self._client.get(f"/v1/jobs/{self._newest}").raise_for_status(),
            "claim": lambda: _claim(self._context),
            "advance": lambda: advance(self._context, done),
            "sweep": lambda: sweep(self._context),
        }
        for name, action in actions.items():
            self._milliseconds.setdefault(name, []).append(1000 * _seconds(action))

    def forget(self) -> None:
        """What was measured so far does not count."""
        self._milliseconds.clear()

    @property
    def medians(self) -> dict[str, float]:
        """Milliseconds by what is done."""
        return {name: statistics.median(times) for name, times in self._milliseconds.items()}


@contextlib.contextmanager
def filled(jobs: int, on_postgres: bool) -> Iterator[Measured]:
    """A database with a history of so many jobs."""
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="augury-history-"))
        url = stack.enter_context(postgres()) if on_postgres else f"sqlite:///{name}/augury.db"
        database = Database(url)
        stack.callback(database.close)
        fill(database, jobs)
        places: dict[str, Any] = {"data_dir": Path(name), "database_url": url, "broker_url": _NOWHERE}
        settings = WorkerSettings(**places, republish_seconds=3600)
        context = Context(settings, database, Artifacts(f"{name}/artifacts"), Unheard(celery_app(settings)))
        app = create_app(ServiceSettings(**places))
        client = stack.enter_context(TestClient(app, base_url="http://localhost"))
        yield Measured(context, client)


def compare(sizes: list[int], rounds: int, on_postgres: bool) -> dict[int, dict[str, float]]:
    """The medians by size; rounds go over all sizes, so that what else the machine does slows all of them down."""
    with contextlib.ExitStack() as stack:
        databases = {size: stack.enter_context(filled(size, on_postgres)) for size in sizes}
        for number in range(-1, rounds):  # the first round, in which pages come from the disk, does not count
            for database in databases.values():
                if number == 0:
                    database.forget()
                database.measure(number)
        return {size: database.medians for size, database in databases.items()}


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
    medians = compare(sizes, arguments.rounds, arguments.postgres)
    if arguments.json:
        print(json.dumps({"milliseconds": medians, "trials_per_job": TRIALS_PER_JOB}))
        return
    print(f"{'jobs in the history':<20}" + "".join(f"{size:>12,}" for size in sizes) + f"{'ratio':>8}")
    for name in medians[sizes[0]]:
        times = [medians[size][name] for size in sizes]
        print(f"{name:<20}" + "".join(f"{each:>9.1f} ms" for each in times) + f"{times[-1] / times[0]:>8.2f}")


if __name__ == "__main__":
    main()
