"""The tasks: thin shells that hand an id to a plain function."""

from __future__ import annotations

from store import queue
from workers.app import app
from workers.context import context
from workers.maintenance import sweep as sweeping
from workers.planner import advance as planner
from workers.units import chunk, ingestion, trial


@app.task(name=queue.ADVANCE)
def advance(job_id: str) -> None:
    """Take a job as far as it can go now."""
    planner.advance(context(app), job_id)


@app.task(name=queue.INGEST)
def ingest(dataset_id: str) -> None:
    """Make a dataset's snapshot."""
    ingestion.ingest(context(app), dataset_id)


@app.task(name=queue.RUN_TRIAL)
def run_trial(trial_id: str) -> None:
    """Train one trial."""
    trial.run_trial(context(app), trial_id)


@app.task(name=queue.RUN_CHUNK)
def run_chunk(chunk_id: str) -> None:
    """Carry out one chunk of an augmentation."""
    chunk.run_chunk(context(app), chunk_id)


@app.task(name=queue.SWEEP)
def sweep() -> None:
    """Find what was lost, and have it done."""
    sweeping.sweep(context(app))
