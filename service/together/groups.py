"""What comes together is carried out together: a thread that takes whatever waits, and does it at once.

Nobody waits for a group to become full. What the loop is given in one turn goes to the thread together, at its end;
while a group is carried out the next one gathers, and where that one was of several, for a moment more: those who have
just been answered are about to ask again. So groups are as large as the load makes them: one where there is little to
do, many where each alone would cost a commit.
"""

from __future__ import annotations

import asyncio
import queue as queues
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from service.http.problem_types import BUSY

MAX_GROUP = 64
"""More would not make one much cheaper, and all of them are answered at its end."""
_MOMENT_SECONDS = 0.004
"""A fraction of what a commit takes, in which the loop has the interpreter to itself."""
_MAX_WAITING = 500
_PATIENCE_SECONDS = 10.0

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class _Waiting(Generic[Item, Outcome]):
    item: Item
    since: float
    outcome: asyncio.Future[Outcome]


class InGroups(Generic[Item, Outcome]):
    """Carries out items in groups, on a thread, in the order in which they came.

    Args:
        purpose: what the items are, in the plural, to be told to who is turned away.
    """

    def __init__(self, purpose: str) -> None:
        self._purpose = purpose
        self._gathered: list[_Waiting[Item, Outcome]] = []
        """In this turn of the loop."""
        self._handed: queues.SimpleQueue[list[_Waiting[Item, Outcome]] | None] = queues.SimpleQueue()
        self._left: list[_Waiting[Item, Outcome]] = []
        """Handed to the thread, and more than fitted into the last group."""
        self._last_size = 1
        self._came, self._taken = 0, 0
        """Counted by the loop and by the thread, each by itself; what came and was not taken waits."""

    async def outcome_of(self, item: Item) -> Outcome:
        """What came of an item, once its group was carried out.

        Raises:
            ProblemError: too many wait already, or it waited too long; it was not begun then.
            Exception: what carrying it out came to.
        """
        if self._came - self._taken >= _MAX_WAITING:
            raise self._turned_away()
        loop = asyncio.get_running_loop()
        if not self._gathered:
            loop.call_soon(self._hand_over)  # after whatever else is to be done in this turn
        outcome: asyncio.Future[Outcome] = loop.create_future()
        self._gathered.append(_Waiting(item, time.monotonic(), outcome))
        self._came += 1
        return await outcome

    @contextmanager
    def running(self, carry_out: Callable[[Sequence[Item]], Sequence[Outcome | Exception]]) -> Iterator[None]:
        """Carry groups out by *carry_out*, for the length of the block; it says what came of each, in their order.

        To be entered on the loop that its callers are on. What still waits at the end is carried out.
        """
        arguments = asyncio.get_running_loop(), carry_out
        thread = threading.Thread(target=self._run, args=arguments, name=f"groups of {self._purpose}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._hand_over()
            self._handed.put(None)
            thread.join(_PATIENCE_SECONDS)

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._handed.put(gathered)

    def _run(
        self,
        loop: asyncio.AbstractEventLoop,
        carry_out: Callable[[Sequence[Item]], Sequence[Outcome | Exception]],
    ) -> None:
        while group := self._next_group():
            late = time.monotonic() - _PATIENCE_SECONDS
            due = [each for each in group if each.since >= late]
            outcomes: list[Outcome | Exception] = [self._turned_away() for _ in range(len(group) - len(due))]
            try:
                outcomes += carry_out([each.item for each in due]) if due else []
            except Exception as error:  # nobody is left without an answer
                outcomes += [error] * len(due)
            in_order = [*(each for each in group if each.since < late), *due]
            loop.call_soon_threadsafe(_tell, [each.outcome for each in in_order], outcomes)

    def _next_group(self) -> list[_Waiting[Item, Outcome]]:
        """Whatever waits, and at least one; nothing at the end."""
        waiting = self._left or self._handed.get()
        if waiting is None:
            return []
        if self._last_size > 1:
            time.sleep(_MOMENT_SECONDS)
        while len(waiting) < MAX_GROUP:
            try:
                following = self._handed.get_nowait()
            except queues.Empty:
                break
            if following is None:
                self._handed.put(None)  # to be found again, after this group
                break
            waiting = [*waiting, *following]
        group, self._left = waiting[:MAX_GROUP], waiting[MAX_GROUP:]
        self._taken += len(group)
        self._last_size = len(group)
        return group

    def _turned_away(self) -> Exception:
        detail = f"the service is busy with other {self._purpose}; nothing was done. Send this again in a while"
        return BUSY.error(detail, headers={"Retry-After": f"{_PATIENCE_SECONDS / 2:.0f}"})


def _tell(futures: Sequence[asyncio.Future[Outcome]], outcomes: Sequence[Outcome | Exception]) -> None:
    for future, outcome in zip(futures, outcomes, strict=True):
        if future.done():  # whoever waited for it has gone
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
