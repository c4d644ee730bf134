"""Ids that every line of the log has which is written meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bind_contextvars, reset_contextvars


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Have them in all lines for the length of the block, and then what was there before.

    As structlog's ``bound_contextvars`` does, which looks through all variables of the context to find what was there.
    """
    tokens = bind_contextvars(**ids)
    try:
        yield
    finally:
        reset_contextvars(**tokens)
