"""Events as bytes of a stream: each is made once, however many it is told to."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.sse import format_sse_event

from api_schemas.events.stream import JobDone, JobEvent, JobProgress
from api_schemas.events.types import DONE, PROGRESS, JobEventType
from api_schemas.jobs import JobState

RETRY_MILLISECONDS = 3000
"""How long browsers wait before they connect again, when the service is being restarted."""
HEARTBEAT = format_sse_event(comment="")
"""Ignored by whoever listens; a proxy, and the client, see that the connection is alive."""
ENDS = frozenset(each.value for each in JobEventType if each.is_end)
"""Types after which a job is over, unless it is extended."""


@dataclass(frozen=True)
class Told:
    """An event as it is sent, and for whom."""

    sequence: int
    project: str
    job_id: str
    type: str
    frame: bytes


def told(project: str, event: JobEvent) -> Told:
    """An event of a project's job, made ready."""
    frame = format_sse_event(event=event.type, id=str(event.sequence), data_str=event.model_dump_json())
    return Told(event.sequence, project, event.job_id, event.type, frame)


def opening(position: int) -> bytes:
    """The first bytes of a stream, from where it goes on: who has heard of nothing yet resumes there, too."""
    return format_sse_event(comment="augury", id=str(position), retry=RETRY_MILLISECONDS)


def progress_frame(progress: JobProgress) -> bytes:
    """How far a job is. Without an id: it is not resumed from, as the next one says all that this one did."""
    return format_sse_event(event=PROGRESS, data_str=progress.model_dump_json())


def done_frame(job_id: str, end: JobState, position: int) -> bytes:
    """The last of a job's stream."""
    content = JobDone(job_id=job_id, state=end).model_dump_json()
    return format_sse_event(event=DONE, id=str(position), data_str=content)
