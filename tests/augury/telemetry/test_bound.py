"""Ids that are bound around a block."""

from __future__ import annotations

from contextlib import suppress

from structlog.contextvars import bound_contextvars, get_contextvars

from augury.telemetry.bound import bound


def test_ids_are_there_within_the_block_and_what_was_there_before_after_it() -> None:
    """Whatever was bound around it, and with whatever it ends."""
    with bound_contextvars(job="outer", request_id="r"):
        with suppress(ZeroDivisionError), bound(job="inner", trial="t"):
            assert get_contextvars() == {"job": "inner", "trial": "t", "request_id": "r"}
            raise ZeroDivisionError
        assert get_contextvars() == {"job": "outer", "request_id": "r"}
