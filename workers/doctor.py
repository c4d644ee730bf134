"""``python -m workers.doctor``: what is wrong with this machine as one that works, as JSON for `augury doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from sqlalchemy.exc import SQLAlchemyError

from api_schemas.service.doctor import Finding, fine, warning
from store.database import Database
from store.doctor.examining import answer, read_settings, versions
from workers.maintenance.workspaces import abandoned
from workers.settings import WorkerSettings


def examine() -> Iterator[Finding]:
    """What only workers have. A machine without Keras trains nothing, which is nothing bad."""
    settings, faults = read_settings(WorkerSettings)
    yield from faults
    if find_spec("keras") is None or find_spec("tensorflow") is None:
        yield fine("training", "nothing is trained on this machine: Keras and TensorFlow are not installed")
        return
    yield from versions("worker")
    if settings is not None:
        yield from _processes(settings)
        yield from _workspaces(settings)


def _processes(settings: WorkerSettings) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = settings.worker_concurrency
    if wanted > cores:
        says = f"AUGURY_WORKER_CONCURRENCY is {wanted}, and this machine has {cores} cores"
        yield warning("workers", says, "no more training processes than cores: they take each other's time")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    held = wanted * settings.worker_memory_bytes
    if held > memory:
        says = (
            f"{wanted} training processes may hold {held / 2**30:.1f} GiB (AUGURY_WORKER_MEMORY_BYTES), "
            f"and this machine has {memory / 2**30:.1f} GiB"
        )
        yield warning("memory", says, "lower AUGURY_WORKER_CONCURRENCY or AUGURY_WORKER_MEMORY_BYTES")
    else:
        yield fine("memory", f"{memory / 2**30:.1f} GiB for {wanted} training processes")


def _workspaces(settings: WorkerSettings) -> Iterator[Finding]:
    if not (settings.data_dir / "ingest").is_dir():
        return
    database = Database(settings.resolved_database_url)
    try:
        left = abandoned(settings, database)
    except SQLAlchemyError:
        return  # the doctor of the store says so
    finally:
        database.close()
    if left:
        says = f"{len(left)} folders of readings that have ended are left in {left[0].parent}"
        yield warning(
            "workspaces", says, "a worker on this machine removes them within a minute; without one, delete them"
        )


if __name__ == "__main__":
    sys.exit(answer(examine, WorkerSettings))
