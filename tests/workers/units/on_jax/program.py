"""``python -m tests.workers.units.on_jax.program FOLDER``, with Keras on JAX: what a worker does there, as JSON.

One process for all, as loading JAX and compiling take longer than what is computed.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from augury.training.warmup import warm_up

warm_up(threads=1)

from api_schemas.jobs import ComparisonRequest  # noqa: E402  # after the backend was set up
from api_schemas.reports.report import Report  # noqa: E402
from store.files.artifacts import Artifacts  # noqa: E402
from store.queue import ADVANCE, WORK  # noqa: E402
from store.rows import jobs, trials  # noqa: E402
from store.rows.tables import JobRow  # noqa: E402
from tests.store.databases import comparison, migrated_copy, new_job  # noqa: E402
from tests.workers.conftest import RecordingQueue  # noqa: E402
from workers.context import Context  # noqa: E402
from workers.leasing import shutdown  # noqa: E402
from workers.planner import advance as planner  # noqa: E402
from workers.settings import WorkerSettings  # noqa: E402
from workers.units.next_unit import work  # noqa: E402

KIND, ROWS = "cpu-jax", 4
PATIENCE: dict[str, Any] = {"cancel_poll_seconds": 0.05, "cancel_grace_seconds": 60, "lease_seconds": 120}
"""As in the tests of other workers: a busy machine gets more time."""


@contextmanager
def _context(folder: Path) -> Iterator[Context]:
    """Of a worker on JAX, with a database and a folder of its own."""
    database = migrated_copy(folder)
    settings = WorkerSettings(
        worker_kind=KIND, trials_per_step=ROWS, data_dir=folder, database_url=database.url, **PATIENCE
    )
    yield Context(settings, database, Artifacts(str(folder / "artifacts")), RecordingQueue())
    database.close()


def _request(first_seed: int = 0, epochs: int = 2) -> ComparisonRequest:
    """Two arms on three seeds that no other has."""
    training = {"epochs": epochs, "backend": "jax"}
    evaluation = {"seeds": 3, "first_seed": first_seed, "training_images": 60}
    return comparison(model={"name": "linear"}, training=training, evaluation=evaluation)


def _submit(context: Context, *requests: ComparisonRequest) -> list[str]:
    """Jobs with their dataset read and their trials queued; their ids."""
    with context.database.writing() as session:
        job_ids = [new_job(session, request, time.time()).id for request in requests]
    for job_id in job_ids:
        planner.advance(context, job_id)
        while work(context, "cpu"):
            planner.advance(context, job_id)
    return job_ids


def _work_off(context: Context) -> None:
    """Do what the messages say until there are none."""
    assert isinstance(context.queue, RecordingQueue)
    while context.queue.waiting:
        for task, about, _ in context.queue.take():
            {WORK: work, ADVANCE: planner.advance}[task](context, about)


def _states(context: Context, job_id: str) -> list[str]:
    with context.database.reading() as session:
        return [trial.state for _, trial in trials.of_job(session, job_id)]


@contextmanager
def _when_running(context: Context, job_id: str, do: Callable[[], None]) -> Iterator[None]:
    """While the block runs, do that as soon as a trial of the job runs."""

    def watch() -> None:
        give_up_at = time.monotonic() + 120
        while "running" not in _states(context, job_id) and time.monotonic() < give_up_at:
            time.sleep(0.05)
        do()

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()


def from_request_to_report(folder: Path) -> dict[str, Any]:
    """Of a job: what one ring comes to, and its report."""
    with _context(folder) as context:
        (job_id,) = _submit(context, _request())
        assert work(context, KIND)
        after_one = sorted(_states(context, job_id))
        _work_off(context)
        report = Report.model_validate_json(context.artifacts.read(f"jobs/{job_id}/report.json"))
        with context.database.reading() as session:
            of_job = [trial for _, trial in trials.of_job(session, job_id)]
            return {
                "after one": after_one,
                "state": session.get_one(JobRow, job_id).state,
                "attempts": [trial.attempts for trial in of_job],
                "versions": sorted(report.provenance.versions),
                "backend": report.method.backend,
                "probes": [report.cost.probes, report.cost.probes_failed],
                "accuracies": [[each.validation_accuracy for each in arm.per_seed] for arm in report.arms],
                "curves": [[each.curves.training_loss for each in arm.per_seed] for arm in report.arms],
            }


def one_job_of_two_is_cancelled(folder: Path) -> list[list[str]]:
    """In the step that has the last trials of both."""
    with _context(folder) as context:
        first, second = _submit(context, _request(epochs=200), _request(first_seed=10, epochs=200))

        def cancel() -> None:
            with context.database.writing() as session:
                job = jobs.locked(session, first)
                assert job is not None
                jobs.cancel(session, job, time.time())

        assert work(context, KIND)
        assert work(context, KIND)  # four trials of each
        with _when_running(context, first, cancel):
            assert work(context, KIND)
        return [sorted(_states(context, each)) for each in (first, second)]


def one_definition_is_of_another_version(folder: Path) -> list[str]:
    """That of the second trial."""
    with _context(folder) as context:
        (job_id,) = _submit(context, _request())
        with context.database.writing() as session:
            of_job = sorted(trials.of_job(session, job_id), key=lambda pair: (pair[0].seed, pair[0].arm))
            of_job[1][1].definition = of_job[1][1].definition | {"more": 1}
        assert work(context, KIND)
        return sorted(_states(context, job_id))


def worker_is_told_to_stop(folder: Path) -> list[tuple[str, int]]:
    """In the middle of a step: states, and attempts that were charged."""
    with _context(folder) as context:
        (job_id,) = _submit(context, _request(epochs=1000))
        with _when_running(context, job_id, shutdown.request):
            assert work(context, KIND)
        with context.database.reading() as session:
            return [(trial.state, trial.attempts) for _, trial in trials.of_job(session, job_id)]


def main() -> None:
    """All of it, on one line."""
    folder = Path(sys.argv[1])
    found = {
        "reports": [from_request_to_report(folder / "once"), from_request_to_report(folder / "again")],
        "cancelled": one_job_of_two_is_cancelled(folder / "cancelled"),
        "another version": one_definition_is_of_another_version(folder / "version"),
        "told to stop": worker_is_told_to_stop(folder / "stop"),  # which this process stays
    }
    sys.stdout.write(f"{json.dumps(found)}\n")


if __name__ == "__main__":
    main()
