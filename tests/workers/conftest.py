"""A worker's collaborators: a real SQLite file, a real folder of artifacts, and a queue that remembers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from store.files.artifacts import Artifacts
from store.queue import Queue
from tests.store.databases import migrated_copy
from workers.context import Context
from workers.settings import WorkerSettings


class RecordingQueue(Queue):
    """Keeps what was published instead of sending it; a test consumes with ``take()``."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, str, str]] = []
        self.is_away = False

    def publish(self, task: str, unit_id: str, queue: str) -> bool:
        """Keep one message, unless the broker is away."""
        if not self.is_away:
            self.waiting.append((task, unit_id, queue))
        return not self.is_away

    def depth(self, queue: str) -> int:
        """How many messages wait in a queue."""
        if self.is_away:
            raise OperationalError("connection refused")
        return sum(message[2] == queue for message in self.waiting)

    def is_reachable(self) -> bool:
        """Whether messages can be published."""
        return not self.is_away

    def take(self) -> list[tuple[str, str, str]]:
        """All waiting messages, which wait no more."""
        taken, self.waiting = self.waiting, []
        return taken


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    """A context of its own."""
    database = migrated_copy(tmp_path)
    # Work that does not end in time, or keeps its lease from being renewed, takes its process with it, which here is
    # pytest: a busy machine, which may have kernels to compile, gets more time.
    patience: dict[str, Any] = {"cancel_poll_seconds": 0.05, "cancel_grace_seconds": 60, "lease_seconds": 120}
    settings = WorkerSettings(data_dir=tmp_path, database_url=database.url, **patience)
    yield Context(settings, database, Artifacts(str(tmp_path / "artifacts")), RecordingQueue())
    database.close()


@pytest.fixture
def queue(context: Context) -> RecordingQueue:
    """The context's queue."""
    assert isinstance(context.queue, RecordingQueue)
    return context.queue
