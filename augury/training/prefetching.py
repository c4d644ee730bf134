"""Making the next item beside the use of the present one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TypeVar

from augury.monitor import WorkMonitor

Item = TypeVar("Item")
_ASK_SECONDS = 0.5


def one_ahead(items: Iterator[Item], monitor: WorkMonitor) -> Iterator[Item]:
    """The same items in the same order, each made on another thread while the one before it is used.

    What making an item raises is raised here in its place. The monitor is asked while an item is waited for.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetching") as pool:
        coming = pool.submit(next, items, None)
        while (item := _waited_for(coming, monitor)) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _waited_for(coming: Future[Item | None], monitor: WorkMonitor) -> Item | None:
    while True:
        monitor.raise_if_cancelled()
        try:
            return coming.result(timeout=_ASK_SECONDS)
        except NotYet:
            if coming.done():  # the work itself raised a TimeoutError
                raise
