"""Random bytes for ids, drawn many at a time.

Asking the system for some gives other threads a turn, and who has asked waits until it is theirs again. Where ids are
made for every request, that takes longer than all else that is done for it.
"""

from __future__ import annotations

import os
import threading

_DRAWN_AT_ONCE = 4096


class _Drawn(threading.local):
    """What a thread has drawn and not used yet."""

    def __init__(self) -> None:
        self.rest = b""


_drawn = _Drawn()


def random_bytes(count: int) -> bytes:
    """As many bytes from the system's source of randomness; each is given out once."""
    if len(_drawn.rest) < count:
        _drawn.rest = os.urandom(max(count, _DRAWN_AT_ONCE))
    given, _drawn.rest = _drawn.rest[:count], _drawn.rest[count:]
    return given


def _forget() -> None:
    """What a process has drawn, the one that it forks must not give out as well."""
    _drawn.rest = b""


if hasattr(os, "register_at_fork"):  # which Windows has not, nor forks
    os.register_at_fork(after_in_child=_forget)
