"""Publishing after the commit and beside the request: an answer never waits for the broker."""

from __future__ import annotations

import queue as queues
import threading
from collections.abc import Iterable, Iterator
from itertools import groupby
from types import TracebackType
from typing import Self

from store.queue import ADVANCE, ADVANCE_ALL, MAX_JOBS_IN_A_MESSAGE, Message, Queue

_MAX_DRAIN_SECONDS = 3.0
_REST_SECONDS = 0.1
"""Between one and the next time that something is published: what comes meanwhile goes together."""


class Publisher:
    """A thread that publishes messages, in their order. What it cannot publish, the sweep will.

    The first message goes at once. Jobs that are to be looked at soon after each other go in one message, as making
    and sending one costs about as much as accepting a job does.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._pending: queues.SimpleQueue[Message | None] = queues.SimpleQueue()
        self._is_ending = threading.Event()
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
        self._is_ending.set()
        self._pending.put(None)
        self._thread.join(_MAX_DRAIN_SECONDS)

    def _run(self) -> None:
        while (first := self._pending.get()) is not None:
            waiting = [first, *self._waiting()]
            for message in together(waiting):
                self._queue.publish(*message)
            self._is_ending.wait(_REST_SECONDS)

    def _waiting(self) -> Iterator[Message]:
        """What else is to be published now."""
        for _ in range(self._pending.qsize()):
            message = self._pending.get()
            if message is None:
                self._pending.put(None)  # to be found again, after what came before it
                return
            yield message


def together(messages: Iterable[Message]) -> Iterator[tuple[str, str | list[str], str]]:
    """The same messages in their order, where those that follow each other and say "look at this job" are one."""
    for (task, queue), same in groupby(messages, key=lambda message: (message[0], message[2])):
        about = [message[1] for message in same]
        if task != ADVANCE or len(about) == 1:
            yield from ((task, each, queue) for each in about)
            continue
        ids = list(dict.fromkeys(about))
        for first in range(0, len(ids), MAX_JOBS_IN_A_MESSAGE):
            yield ADVANCE_ALL, ids[first : first + MAX_JOBS_IN_A_MESSAGE], queue
