"""Chunks: the units of work that an augmentation job is made of."""

from __future__ import annotations

from enum import StrEnum


class ChunkState(StrEnum):
    """``queued -> running -> succeeded | failed | cancelled``; back to queued when a worker is lost."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ChunkRole(StrEnum):
    """What a chunk does: make some of the images, or put all parts together."""

    AUGMENT = "augment"
    ASSEMBLE = "assemble"
