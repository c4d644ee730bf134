"""An ingestion in its own process: it ends ready once or failed with a reason, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from api_schemas.datasets.dataset import DatasetState
from augury.datasets.settings import IngestSettings
from store.files.artifacts import Artifacts
from store.files.snapshots import load_snapshot
from store.ids import DEFAULT_PROJECT
from store.rows import datasets
from store.rows.tables import DatasetRow
from tests.servers import wait_for
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import ingest
from workers.context import Context
from workers.maintenance.sweep import sweep
from workers.maintenance.workspaces import remove_abandoned

MANY = 3000


def _folder_of_images(folder: Path, per_class: int) -> Path:
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            pixels = random.integers(0, 256, (24, 24, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png", compress_level=0)
    return folder


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of images in two classes."""
    return _folder_of_images(tmp_path_factory.mktemp("images") / "small", 12)


@pytest.fixture(scope="module")
def many_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that takes a while."""
    return _folder_of_images(tmp_path_factory.mktemp("images") / "large", MANY)


def _registered(context: Context, folder: Path, **options: Any) -> tuple[Context, str]:
    """The context of a worker that may read the folder, and the dataset's id."""
    allowed = replace(context, ingest=IngestSettings(roots=[folder.parent]))
    reference = {"kind": "path", "path": str(folder), "image_size": None, "color_mode": None} | options
    with context.database.writing() as session:
        return allowed, datasets.register(session, DEFAULT_PROJECT, reference, context.database.now(session)).id


def _row(context: Context, dataset_id: str) -> DatasetRow:
    with context.database.reading() as session:
        return session.get_one(DatasetRow, dataset_id)


def _files(context: Context) -> list[str]:
    """Everything that lies in the data directory beside the database."""
    folder = context.settings.data_dir
    return sorted(
        path.relative_to(folder).as_posix()
        for top in ("artifacts", "ingest")
        for path in (folder / top).rglob("*")
        if path.is_file()
    )


@contextmanager
def _meanwhile(action: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=action)
    thread.start()
    yield
    thread.join()


def _children() -> list[int]:
    """Ingesting processes of this one."""
    pids = [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    return [pid for pid in pids if _parent_and_command(pid) == (os.getpid(), True)]


def _parent_and_command(pid: int) -> tuple[int, bool]:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return 0, False
    return int(stat.rsplit(")", 1)[1].split()[1]), b"augury.datasets" in command


def test_a_folder_becomes_a_dataset_with_facts(context: Context, queue: RecordingQueue, images: Path) -> None:
    """Its snapshot can be loaded, and the workspace is gone."""
    worker, dataset_id = _registered(context, images)
    ingest(worker, dataset_id)
    row = _row(context, dataset_id)
    assert (row.state, row.error, row.progress) == (DatasetState.READY, None, None)
    assert row.digest is not None
    assert row.facts is not None
    assert row.facts["classes"] == {"cat": 12, "dog": 12}
    snapshot = load_snapshot(context.artifacts, row.digest)
    assert snapshot.digest() == row.digest
    assert snapshot.images.shape == (24, 24, 24, 3)
    assert [name for name in _files(context) if name.startswith("ingest")] == []


def test_the_same_content_from_two_references_is_stored_once(context: Context, images: Path, tmp_path: Path) -> None:
    """Two datasets with one digest."""
    copy = tmp_path / "elsewhere" / "copy"
    for path in images.rglob("*.png"):
        target = copy / path.relative_to(images)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    digests = []
    for folder in (images, copy):
        worker, dataset_id = _registered(context, folder)
        ingest(worker, dataset_id)
        digests.append(_row(context, dataset_id).digest)
    assert digests[0] == digests[1]
    assert len(list((context.settings.data_dir / "artifacts" / "datasets").iterdir())) == 1


def test_a_reference_that_is_refused_fails_with_its_rule(context: Context, images: Path) -> None:
    """No root is configured here."""
    _, dataset_id = _registered(context, images)
    ingest(context, dataset_id)
    row = _row(context, dataset_id)
    assert row.state == DatasetState.FAILED
    assert row.error is not None
    assert row.error["rule"].startswith("path.")
    assert "AUGURY_INGEST_ROOTS" in row.error["message"]


def test_a_reader_that_is_killed_fails_the_dataset_with_a_reason(context: Context, many_images: Path) -> None:
    """As the kernel does when memory runs out; the worker itself goes on."""
    worker, dataset_id = _registered(context, many_images)

    def kill() -> None:
        os.kill(wait_for(_children, "the reader to be started")[0], signal.SIGKILL)

    with _meanwhile(kill):
        ingest(worker, dataset_id)
    row = _row(context, dataset_id)
    assert row.state == DatasetState.FAILED
    assert row.error is not None
    assert row.error["class"] == "out_of_memory"
    assert _files(context) == []


def test_a_dataset_that_is_deleted_while_it_is_read_is_gone_and_leaves_nothing(
    context: Context, many_images: Path
) -> None:
    """The reader and its own processes are ended."""
    worker, dataset_id = _registered(context, many_images)

    def delete() -> None:
        wait_for(_children, "the reader to be started")
        with context.database.writing() as session:
            datasets.delete(session, dataset_id, context.database.now(session))

    with _meanwhile(delete):
        ingest(worker, dataset_id)
    assert _row(context, dataset_id).state == DatasetState.DELETED
    assert _children() == []
    assert _files(context) == []


def test_an_ingestion_that_takes_too_long_is_ended_and_names_the_limit(context: Context, many_images: Path) -> None:
    """The variable that sets it is in the message."""
    worker, dataset_id = _registered(context, many_images)
    slow = replace(worker, ingest=worker.ingest.model_copy(update={"max_seconds": 0.3}))
    ingest(slow, dataset_id)
    row = _row(context, dataset_id)
    assert row.error is not None
    assert row.error["rule"] == "ingest.too_slow"
    assert "AUGURY_INGEST_MAX_SECONDS" in row.error["message"]
    assert _children() == []


def test_what_a_lost_worker_left_behind_is_cleared_away(context: Context, images: Path) -> None:
    """A workspace without a lease goes; the one of a running ingestion stays."""
    ours = context.settings.data_dir / "ingest" / "lease_held" / "half.npy"
    lost = context.settings.data_dir / "ingest" / "lease_lost" / "half.npy"
    for file in (ours, lost):
        file.parent.mkdir(parents=True)
        file.write_bytes(b"half")
    _, dataset_id = _registered(context, images)
    with context.database.writing() as session:
        session.get_one(DatasetRow, dataset_id).lease_id = "lease_held"
    remove_abandoned(context.settings, context.database)
    assert ours.exists()
    assert not lost.exists()


def test_whoever_reads_a_dataset_clears_away_first_what_a_lost_worker_left(context: Context, images: Path) -> None:
    """What lies there might be what makes the disk full."""
    lost = context.settings.data_dir / "ingest" / "lease_lost" / "half.npy"
    lost.parent.mkdir(parents=True)
    lost.write_bytes(b"half")
    worker, dataset_id = _registered(context, images)
    ingest(worker, dataset_id)
    assert not lost.parent.exists()


def test_the_files_of_a_deleted_dataset_are_swept_away(context: Context, images: Path) -> None:
    """Nothing of it stays in the artifacts."""
    worker, dataset_id = _registered(context, images)
    ingest(worker, dataset_id)
    assert _files(context)
    with context.database.writing() as session:
        datasets.delete(session, dataset_id, context.database.now(session))
    sweep(context)
    assert _files(context) == []


def test_a_snapshot_that_vanishes_before_its_dataset_is_ready_is_made_again(context: Context, images: Path) -> None:
    """The dataset goes back to the queue instead of being ready without its files."""

    class Vanishing(Artifacts):
        """Another process deletes what has just been stored."""

        def exists(self, name: str) -> bool:
            self.delete(name.rsplit("/", 1)[0])
            return super().exists(name)

    worker, dataset_id = _registered(context, images)
    folder = str(context.settings.data_dir / "artifacts")
    ingest(replace(worker, artifacts=Vanishing(folder)), dataset_id)
    assert _row(context, dataset_id).state == DatasetState.QUEUED
    ingest(worker, dataset_id)
    assert _row(context, dataset_id).state == DatasetState.READY
