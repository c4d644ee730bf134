"""Publishing after the commit and beside the request: an answer never waits for the broker."""

from __future__ import annotations

import queue as queues
import threading
from types import TracebackType
from typing import Self

from store.queue import Queue

_MAX_DRAIN_SECONDS = 3.0


class Publisher:
    """A thread that publishes messages, in their order. What it cannot publish, the sweep will."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._pending: queues.SimpleQueue[tuple[str, str, str] | None] = queues.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def publish(self, task: str, about: str, queue: str) -> None:
        """Have a message published soon."""
        self._pending.put((task, about, queue))

    def __enter__(self) -> Self:
        """Start publishing."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Publish what is still pending, for a few seconds at most."""
        self._pending.put(None)
        self._thread.join(_MAX_DRAIN_SECONDS)

    def _run(self) -> None:
        while (message := self._pending.get()) is not None:
            self._queue.publish(*message)
