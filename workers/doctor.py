"""``python -m workers.doctor``: what is wrong with this machine as one that works, as JSON for `augury doctor`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from api_schemas.service.doctor import Finding, fine, problem, warning
from augury.datasets.settings import IngestSettings
from augury.training.model_files.errors import ModelFileError
from augury.training.model_reading.keras_files import is_keras_file
from augury.training.model_reading.places import kind_of_place
from augury.training.model_reading.published import TABLE, Entry, read_table
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
    ingest, _ = read_settings(IngestSettings)  # whose faults the doctor of the store says
    if ingest is not None:
        yield from examine_weights(ingest)
    if settings is not None:
        yield from _processes(settings)
        yield from _workspaces(settings)


def examine_weights(settings: IngestSettings) -> Iterator[Finding]:
    """Whether the weights that the operator lists are there, or can be fetched. A bucket is not looked into."""
    url = settings.weights_url
    if url is None and settings.weights_download_url is not None:
        says = "AUGURY_WEIGHTS_DOWNLOAD_URL is set, and no table says what may be fetched from there"
        yield warning("weights", says, "set AUGURY_WEIGHTS_URL, too; docs/models.md says what the table has")
    if url is None:
        return
    if kind_of_place(url) != "path":
        yield fine("weights", f"published weights lie in {url}")
        return
    try:
        table = read_table((Path(url) / TABLE).read_bytes()).root
    except (OSError, ModelFileError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        yield problem("weights", f"{Path(url) / TABLE}: {reason}", "write it as docs/models.md says")
        return
    for network, entries in sorted(table.items()):
        for entry in entries.values():
            yield _of_weights(network, entry, Path(url) / entry.file, settings)


def _of_weights(network: str, entry: Entry, file: Path, settings: IngestSettings) -> Finding:
    if file.is_file():
        size = file.stat().st_size
        if size == entry.bytes:
            return fine("weights", f"{entry.file} of {network} is there")
        says = f"{file} has {size:,} bytes, and its table says {entry.bytes:,}"
        return problem("weights", says, "put the file there again, or correct the table")
    if not is_keras_file(network, entry.file):
        return problem("weights", f"{file} is listed and not there", "put it there, or take it out of the table")
    if settings.weights_download_url is None:
        remedy = "put it there, or set AUGURY_WEIGHTS_DOWNLOAD_URL; docs/models.md has the address"
        return problem("weights", f"{file} is listed and not there", remedy)
    return fine("weights", f"{entry.file} of {network} is fetched when it is first named")


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
