"""Times on the wire."""

from __future__ import annotations

from api_schemas.base import optional_timestamp, timestamp


def test_times_are_written_in_utc_with_milliseconds() -> None:
    """RFC 3339 with a Z, as the interface promises; no time stays no time."""
    assert timestamp(0.5) == "1970-01-01T00:00:00.500Z"
    assert timestamp(1_800_000_000) == "2027-01-15T08:00:00.000Z"
    assert optional_timestamp(None) is None
    assert optional_timestamp(0.5) == timestamp(0.5)
