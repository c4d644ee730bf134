"""Being told what happens to jobs, by a stream where there is one, and by asking where there is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from api_schemas.events.stream import JobEvent, JobProgress
from api_schemas.events.types import DONE, PROGRESS
from api_schemas.jobs import Job
from augury.client.base import WATCH_PATIENCE_SECONDS, Calls
from augury.client.connection import path_of
from augury.client.event_stream import EventStream, NoStreamError, StreamEvent
from augury.errors import ServiceFailed

WATCH_HOLD_SECONDS = 20
WATCH_PAUSE_SECONDS = 0.5
Told = TypeVar("Told", bound=BaseModel)


class EventClient(Calls):
    """The part of the client that listens."""

    def job(self, job_id: str, wait_seconds: int | None = None) -> Job:
        """The job now; with *wait_seconds*, as soon as it changes or that time is over."""
        return self._job(job_id, wait_seconds, self._patience)

    def events(
        self, job_id: str | None = None, *, after: int | None = None, patience: float = WATCH_PATIENCE_SECONDS
    ) -> Iterator[JobEvent]:
        """What happens to a job until it is over, or to all jobs of the project, for as long as it is listened to.

        Of a job, from its beginning, of a project, from now on, or from after the event *after* (its ``sequence``). An
        absence of the service shorter than *patience* seconds leaves nothing out.

        Raises:
            ServiceFailed: there are no streams to be had here.
        """
        path = "/v1/events" if job_id is None else f"{path_of('jobs', job_id)}/events"
        cursor = None if after is None else str(after)
        try:
            for event in EventStream(self._connection, path, cursor, patience):
                if event.name not in (PROGRESS, DONE):
                    yield self._told(JobEvent, event)
        except NoStreamError as error:
            raise ServiceFailed(f"{self.url} streams no events: {error}") from error

    def watch(self, job_id: str, *, patience: float = WATCH_PATIENCE_SECONDS) -> Iterator[Job]:
        """Yield the job now and after each change, until it is over.

        An absence of the service shorter than *patience* seconds, such as a restart, only delays the next change.
        Where no stream of events can be had, as a proxy keeps it back, the service is asked again and again.
        """
        seen = self._job(job_id, None, self._patience)
        yield seen
        try:
            while not seen.is_terminal:
                began_at = time.monotonic()
                for job in self._told_changes(seen, patience):
                    seen = job
                    yield job
                if not seen.is_terminal:  # it was over, and goes on
                    _pause_since(began_at)
        except NoStreamError:
            yield from self._asked_changes(seen, patience)

    def _told_changes(self, seen: Job, patience: float) -> Iterator[Job]:
        """How the job changes, as it is told; ends when the service says that this was all."""
        known = seen.timeline[-1].sequence if seen.timeline else 0
        path = f"{path_of('jobs', seen.id)}/events"
        for event in EventStream(self._connection, path, str(known), patience):
            if event.name == PROGRESS:
                told = self._told(JobProgress, event)
                job = seen.model_copy(update={"state": told.state, "phase": told.phase, "progress": told.progress})
            elif event.name != DONE and event.id.isdigit() and int(event.id) <= known:
                continue  # it was in the job already
            else:
                job = self._job(seen.id, None, patience)
                known = job.timeline[-1].sequence if job.timeline else known
            if job != seen:
                seen = job
                yield job
        if not seen.is_terminal:  # there was nothing more to be told, as another has heard of the end
            yield self._job(seen.id, None, patience)

    def _asked_changes(self, seen: Job, patience: float) -> Iterator[Job]:
        """The same, by asking."""
        while not seen.is_terminal:
            asked_at = time.monotonic()
            job = self._job(seen.id, WATCH_HOLD_SECONDS, patience)
            if job != seen:
                yield job
            elif not job.is_terminal:
                _pause_since(asked_at)
            seen = job

    def _job(self, job_id: str, wait_seconds: int | None, patience: float) -> Job:
        headers = {} if wait_seconds is None else {"Prefer": f"wait={wait_seconds}"}
        path = path_of("jobs", job_id)
        return self._ask(Job, "GET", path, headers=headers, hold=wait_seconds or 0, patience=patience)

    def _told(self, model: type[Told], event: StreamEvent) -> Told:
        try:
            return model.model_validate_json(event.data, extra="ignore")
        except ValidationError as error:
            raise ServiceFailed(f"{self.url} does not tell events like Augury: {event.name}") from error


def _pause_since(asked_at: float) -> None:
    """Do not hammer a service, or a proxy before it, that answers at once instead of holding the request."""
    time.sleep(max(0.0, WATCH_PAUSE_SECONDS - (time.monotonic() - asked_at)))
