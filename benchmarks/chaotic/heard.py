"""Streams of a service that is struck: does each project hear all that happens to its jobs, once, and of no others?"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from augury.client.connection import Connection
from augury.client.event_stream import EventStream, NoStreamError
from augury.errors import ServiceUnreachable
from store.database import Database
from store.rows.tables import JobEventRow, JobRow

_PATIENCE_SECONDS = 60.0


class Listener(threading.Thread):
    """Listens to one project's stream, and goes on where it was whenever that ends."""

    def __init__(self, url: str, key: str) -> None:
        super().__init__(name="listener", daemon=True)
        self.heard: list[tuple[int, str]] = []
        """What had a number, in the order in which it came: the number, and the job."""
        self._connection = Connection(url, key)
        self._end = threading.Event()

    def run(self) -> None:
        """Listen from the beginning on, until it is told to end."""
        last_id = "0"
        while not self._end.is_set():
            try:
                for event in EventStream(self._connection, "/v1/events", last_id, _PATIENCE_SECONDS):
                    last_id = event.id or last_id
                    said = json.loads(event.data)
                    if "sequence" in said:
                        self.heard.append((said["sequence"], said["job_id"]))
            except (NoStreamError, ServiceUnreachable):
                self._end.wait(0.5)

    def finish(self) -> None:
        """No more of it, as soon as the service is gone."""
        self._end.set()


def faults(database: Database, listeners: Mapping[str, Listener]) -> dict[str, Any]:
    """By project, what was not heard, heard twice, or heard though it is of another's job; empty where all is well."""
    happened: dict[str, set[tuple[int, str]]] = defaultdict(set)
    with database.reading() as session:
        query = select(JobRow.project_id, JobEventRow.id, JobRow.id).join(JobRow, JobRow.id == JobEventRow.job_id)
        for project, sequence, job_id in session.execute(query):
            happened[project].add((sequence, job_id))
    give_up_at = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < give_up_at and any(
        happened[project] - set(listener.heard) for project, listener in listeners.items()
    ):
        time.sleep(0.2)
    found: dict[str, Any] = {"not_heard": {}, "heard_twice": {}, "heard_by_others": {}}
    for project, listener in listeners.items():
        heard = Counter(listener.heard)
        for what, which in (
            ("not_heard", happened[project] - set(heard)),
            ("heard_twice", {each for each, count in heard.items() if count > 1}),
            ("heard_by_others", set(heard) - happened[project]),
        ):
            if which:
                found[what][project] = sorted(which)
    return found
