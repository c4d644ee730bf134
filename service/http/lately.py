"""What is asked for often and changes seldom: looked at once in a while, for all who ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

import anyio
from anyio import to_thread

Seen = TypeVar("Seen")


class SeenLately(Generic[Seen]):
    """What *look* returned, at most so many seconds ago.

    It runs on a thread of its own, one at a time: neither do those who ask exhaust anything, nor can others keep it
    from being answered.
    """

    def __init__(self, look: Callable[[], Seen], max_age_seconds: float) -> None:
        self._look, self._max_age_seconds = look, max_age_seconds
        self._last: tuple[float, Seen] | None = None
        self._turn = anyio.Lock()
        self._thread = anyio.CapacityLimiter(1)

    async def now(self) -> Seen:
        """What is there now, or was a moment ago."""
        async with self._turn:
            if self._last is None or time.monotonic() - self._last[0] > self._max_age_seconds:
                seen = await to_thread.run_sync(self._look, limiter=self._thread)
                self._last = time.monotonic(), seen
            return self._last[1]
