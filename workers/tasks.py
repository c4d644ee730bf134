"""The tasks: thin shells around plain functions."""

from __future__ import annotations

from store import queue
from workers.app import app
from workers.context import context
from workers.planner import advance as planner
from workers.units import next_unit


@app.task(name=queue.ADVANCE)
def advance(job_id: str) -> None:
    """Take a job as far as it can go now."""
    planner.advance(context(app), job_id)


@app.task(name=queue.ADVANCE_ALL)
def advance_all(job_ids: list[str]) -> None:
    """The same for jobs that were accepted together, one after the other."""
    for job_id in job_ids:
        planner.advance(context(app), job_id)


@app.task(name=queue.WORK)
def work(kind: str) -> None:
    """Somebody rang: carry out what is next for this kind of worker."""
    next_unit.work(context(app), kind)
