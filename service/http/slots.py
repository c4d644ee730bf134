"""Places for what takes cores, memory or files: a few at a time, and those who wait for one hold no thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
from anyio import to_thread

from service.http.problem_types import BUSY

Result = TypeVar("Result")


class Slots:
    """A number of places, and a bounded queue before them.

    Args:
        places: how many are taken at a time.
        max_waiting: how many wait for one; who comes then is turned away at once.
        patience_seconds: how long one waits before it is turned away.
        purpose: what a place is for, in the plural, to be told to who is turned away.
    """

    def __init__(self, places: int, max_waiting: int, patience_seconds: float, purpose: str) -> None:
        self.places, self.max_waiting, self.patience_seconds = places, max_waiting, patience_seconds
        self._purpose = purpose
        self._free = anyio.Semaphore(places)
        # Threads of their own: what runs here neither waits for the pool that all others share, nor takes from it.
        self._threads = anyio.CapacityLimiter(places)

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """One of the places, for the length of the block.

        Raises:
            ProblemError: too many wait already, or the others took too long.
        """
        if self._free.value == 0 and self._free.statistics().tasks_waiting >= self.max_waiting:
            raise self._turned_away()
        try:
            with anyio.fail_after(self.patience_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise self._turned_away() from None
        try:
            yield
        finally:
            self._free.release()

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """What *function* returns, run on a thread in one of the places.

        Raises:
            ProblemError: as `taken` does.
        """
        async with self.taken():
            return await to_thread.run_sync(function, *arguments, limiter=self._threads)

    def _turned_away(self) -> Exception:
        detail = f"the service is busy with other {self._purpose}; nothing was done. Send this again in a while"
        return BUSY.error(detail, headers={"Retry-After": f"{max(1.0, self.patience_seconds / 2):.0f}"})
