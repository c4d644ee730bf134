"""One open stream, as what happens is told to it."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field


@dataclass(eq=False)
class Listener:
    """One open stream.

    Attributes:
        project: whose events it hears.
        job_id: of the only job that it hears of; None for all of them.
        key_id: that it was opened with, None where none was needed.
        ends_at: by the monotonic clock, when it has to come again, and to say who it is.
        position: the id up to which it was told; None before that is known.
        last_type: of the event that it was told last.
        progress: what it was told last of how far its job is.
        is_ended: whether nothing more is said; whoever wants to go on listening comes again.
    """

    project: str
    job_id: str | None
    key_id: str | None
    position: int | None
    ends_at: float = math.inf
    last_type: str | None = None
    progress: bytes | None = None
    is_ended: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """There may be something for it."""
        self._news.set()

    def end(self) -> None:
        """Say nothing more."""
        self.is_ended = True
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """Until it is woken, for so long at most; whether it was."""
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True
