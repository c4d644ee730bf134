"""Signals that end a local stack."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAME_WISH_SECONDS = 0.5


@contextmanager
def interrupting() -> Iterator[None]:
    """Within the block, SIGTERM and SIGHUP raise KeyboardInterrupt like Ctrl-C does.

    Once any of them came, only Ctrl-C counts, and only after a moment: closing terminals, service managers and
    wrappers such as `timeout` send several signals at once, but a person who presses Ctrl-C again means that the
    stop should be cut short.
    """
    first_at: float | None = None

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal first_at
        now = time.monotonic()
        if first_at is None:
            first_at = now
            raise KeyboardInterrupt
        if number == signal.SIGINT and now - first_at > SAME_WISH_SECONDS:
            raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        for number in ENDING:
            # Under nohup, SIGHUP stays ignored.
            if number is not signal.SIGHUP or before[number] is not signal.SIG_IGN:
                signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
