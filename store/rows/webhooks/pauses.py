"""When a message that was not delivered is tried again, and when a receiver that is away is asked again."""

from __future__ import annotations

_MINUTE, _HOUR = 60.0, 3_600.0
PAUSES = (5.0, 30.0, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR)
"""Seconds after a message's first, second, ... attempt; after that the last one, until it is given up."""
JITTER = 0.2
"""A pause is longer or shorter by up to this share, so that what failed together does not come back together."""

FAILURES_OF_AN_ABSENCE = 3
"""So many attempts in a row that fail, of whichever messages, mean that the receiver is away."""
_FIRST_REST, _MAX_REST = 5.0, 5 * _MINUTE


def pause_after(tries: int, drawn: float) -> float:
    """Seconds until a message is tried again that was tried so often, at least once; *drawn* evenly from [0, 1)."""
    return PAUSES[min(tries, len(PAUSES)) - 1] * (1 - JITTER + 2 * JITTER * drawn)


def rest_after(failures: int, drawn: float) -> float:
    """Seconds in which a receiver is not asked at all, after so many failures in a row; *drawn* as above.

    It doubles with each failure: a message costs a receiver that is away as little as a thousand do.
    """
    if failures < FAILURES_OF_AN_ABSENCE:
        return 0.0
    rest = min(_MAX_REST, _FIRST_REST * 2.0 ** min(failures - FAILURES_OF_AN_ABSENCE, 30))
    return rest * (1 - JITTER + 2 * JITTER * drawn)
