"""The types of events: what each tells, and what is said with it."""

from __future__ import annotations

from enum import StrEnum


class JobEventType(StrEnum):
    """What may happen to a job. Stored under these names, so that they stay what they are."""

    QUEUED = "queued"
    RUNNING = "running"
    PHASE = "phase"
    PLANNED = "planned"
    LOOKED = "looked"
    STOPPING = "stopping"
    EXTENDED = "extended"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether the job is over with it, unless it is extended."""
        return self in (JobEventType.SUCCEEDED, JobEventType.FAILED, JobEventType.CANCELLED)


MEANINGS: dict[JobEventType, str] = {
    JobEventType.QUEUED: "The job was accepted.",
    JobEventType.RUNNING: "The job has begun; `data.phase` says with what.",
    JobEventType.PHASE: "Something else goes on in it now: `data.phase`.",
    JobEventType.PLANNED: "It is known what there is to do: `data.trials` of `data.arms` arms in `data.round` rounds, "
    "or `data.chunks` of `data.images` images.",
    JobEventType.LOOKED: "The evidence was looked at as planned, after `data.round` rounds: `data.verdicts` says how "
    "many candidates have which verdict.",
    JobEventType.STOPPING: "Somebody asked for the report on what is done by now.",
    JobEventType.EXTENDED: "A comparison that was over goes on, to `data.seeds` seeds.",
    JobEventType.CANCELLING: "Somebody asked to drop it, and a worker still has to stop.",
    JobEventType.SUCCEEDED: "The job is over, and what was asked for is there.",
    JobEventType.FAILED: "The job is over without it; the job's `error` says why.",
    JobEventType.CANCELLED: "The job was dropped.",
}
"""In a sentence each, for the document and the guide."""

PROGRESS = "progress"
"""How far a job has come. Not stored, and without an id: the next one says all that this one did."""
DONE = "done"
"""The last that is said of a job that is over; the stream ends after it."""
