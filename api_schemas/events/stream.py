"""What is said in a stream of events: the ``data`` of each."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api_schemas.base import Body, Timestamp
from api_schemas.jobs import JobKind, JobState, Phase
from api_schemas.progress import Progress


class JobEvent(Body):
    """Something that has happened to a job. It says what, and the rest can be asked for."""

    job_id: str
    sequence: int = Field(description="The event's id in streams, and its place in the job's timeline.")
    type: str = Field(description="The event's name, see docs/events.md. There may be more of them in later versions.")
    at: Timestamp
    data: dict[str, Any] = Field(description="A few numbers or names, by type. Nothing that the request had in it.")


class JobProgress(Body):
    """How far a job has come, and how long it may still take. Nothing of what has been measured."""

    job_id: str
    kind: JobKind
    state: JobState
    phase: Phase
    progress: Progress


class JobDone(Body):
    """A job is over, and there is nothing more to be told of it."""

    job_id: str
    state: JobState
