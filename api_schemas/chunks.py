"""Chunks: units of work that one job has for itself, unlike trials, which jobs share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChunkState(StrEnum):
    """``queued -> running -> succeeded | failed | cancelled``; back to queued when a worker is lost."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChunkRole(StrEnum):
    """What a chunk does.

    Of an augmentation: make some of the images, or put all parts together. Of a comparison: ask the baseline's model
    of one seed about every candidate, show one model the images that it is to be judged on besides its own, or, of a
    training as well, have one score another dataset at the end.
    """

    AUGMENT = "augment"
    ASSEMBLE = "assemble"
    PROBE = "probe"
    CONDITION = "condition"
    SCORE = "score"


@dataclass(frozen=True)
class ChunkSpan:
    """The images of one chunk: *images* of them, from *first* on, counted over the whole archive."""

    number: int
    first: int
    images: int
