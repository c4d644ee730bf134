"""What goes on in a job, and how it ended, in a few words for people."""

from __future__ import annotations

from api_schemas.jobs import JobKind, JobState, Phase

PHASES: dict[Phase, str] = {
    Phase.WAITING: "waits for its turn",
    Phase.INGESTING: "reads the images",
    Phase.TRAINING: "trains",
    Phase.CONFIRMING: "puts the recommendation to the test",
    Phase.REPORTING: "writes the report",
    Phase.AUGMENTING: "makes images",
    Phase.ASSEMBLING: "puts the archive together",
    Phase.DONE: "is over",
}
STATES: dict[JobState, str] = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "running",
    JobState.CANCELLING: "being dropped",
    JobState.SUCCEEDED: "done",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "dropped",
}
UNITS: dict[JobKind, str] = {
    JobKind.COMPARISON: "trial",
    JobKind.TRAINING: "trial",
    JobKind.AUGMENTATION: "part",
}
"""What a job's progress is counted in."""


def goes_on(state: JobState, phase: Phase) -> str:
    """What goes on in a job that is not over, or how it ended."""
    if state is JobState.QUEUED:
        return PHASES[Phase.WAITING]
    return PHASES[phase] if state is JobState.RUNNING else STATES[state]
