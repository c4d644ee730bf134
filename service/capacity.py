"""How much of what is expensive the service does at a time: one place for all such numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.http.slots import Slots

MAX_SMALL_BODY_BYTES = 2**14
"""Larger than nearly every request that people write; validating one takes milliseconds."""
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Capacity:
    """Of one process. Threads share one interpreter: few at a time leave it to the loop that answers everybody."""

    small_bodies: Slots = field(default_factory=lambda: Slots(2, 500, _PATIENCE_SECONDS, "requests"))
    """To parse and validate; not behind the large ones, which may take a hundred times as long."""
    large_bodies: Slots = field(default_factory=lambda: Slots(1, 50, _PATIENCE_SECONDS, "large requests"))
    previews: Slots = field(default_factory=lambda: Slots(2, 30, _PATIENCE_SECONDS, "previews"))
    """Each takes a core, and as much memory as its images."""
    uploads: Slots = field(default_factory=lambda: Slots(128, 128, _PATIENCE_SECONDS, "uploads"))
    """Begun and not ended: a file and a block in memory each, whether its client sends anything or not."""
    upload_blocks: Slots = field(default_factory=lambda: Slots(8, 128, 60.0, "uploads"))
    """On their way to the disk. An upload has such a place only while it has something to write."""

    def for_body(self, size: int) -> Slots:
        """Where a body of so many bytes is parsed and validated."""
        return self.small_bodies if size <= MAX_SMALL_BODY_BYTES else self.large_bodies
