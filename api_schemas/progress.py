"""How far a job has come, and what happened to it."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api_schemas.base import Body, Timestamp


class Progress(Body):
    """How far a job has come: trials of a comparison or training, chunks of images of an augmentation."""

    trials_total: int = 0
    trials_done: int = 0
    trials_reused: int = 0
    trials_running: int = 0
    chunks_total: int = Field(
        0,
        description="Of an augmentation; the last one puts the archive together. Of a comparison: models that "
        "are asked, by its probes and under its conditions.",
    )
    chunks_done: int = 0
    chunks_running: int = 0
    epochs_rule: str | None = Field(
        None, description="How long each trial is trained, in a sentence, once the plan is made; see the plan's."
    )
    waiting_for: str | None = Field(
        None, description="Where nothing can go on because a kind of worker was not seen lately: which, in a sentence."
    )
    fraction: float = Field(
        description="0-1, counting the epochs and batches of running trials and the images of running chunks."
    )
    estimated_finish: Timestamp | None = Field(
        description="From the measured time of finished trials of the same dataset, model and training, or, before "
        "there is one, from the pace of one that runs; of an augmentation from finished chunks. Null before anything "
        "is timed."
    )


class TimelineEntry(Body):
    """One thing that happened to a job."""

    sequence: int
    at: Timestamp
    type: str
    data: dict[str, Any]
