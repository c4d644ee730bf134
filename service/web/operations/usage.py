"""What a project has taken beside what it may, in words and as shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from api_schemas.access.usage import LimitedUse, LimitName, Usage
from augury.reporting import formatting

_KIB = 1024
_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")


@dataclass(frozen=True)
class Limit:
    """One thing that can be limited.

    Attributes:
        label: what it is called.
        used: in words.
        limit: in words.
        share: of the limit that is used, 0 to 1 or above; None where there is no limit or nobody counts.
        resets_at: see `LimitedUse`.
    """

    label: str
    used: str
    limit: str
    share: float | None
    resets_at: str | None


@dataclass(frozen=True)
class Day:
    """What was trained on a day; *share* of the day on which most was."""

    day: str
    trials: int
    seconds: str
    share: float


def limits(usage: Usage) -> list[Limit]:
    """All that can be limited."""
    return [_limit(each) for each in usage.limits]


def days(usage: Usage) -> list[Day]:
    """The days on which something was trained, newest first."""
    most = max((each.training_seconds for each in usage.days), default=0.0) or 1.0
    return [
        Day(each.day, each.trials, formatting.seconds(each.training_seconds), each.training_seconds / most)
        for each in usage.days
    ]


def size(amount: float) -> str:
    """A number of bytes: 3 bytes, 1.5 MiB."""
    power = 0
    while amount >= _KIB and power < len(_UNITS) - 1:
        amount, power = amount / _KIB, power + 1
    return f"{amount:.0f} {_UNITS[power]}" if power == 0 else f"{amount:.1f} {_UNITS[power]}"


def _number(amount: float) -> str:
    return f"{amount:,.0f}"


LABELS: dict[LimitName, tuple[str, Callable[[float], str]]] = {
    "jobs_waiting": ("Jobs that are not over", _number),
    "trials_per_day": ("Trials today", _number),
    "training_seconds_per_day": ("Training today", formatting.seconds),
    "stored_bytes": ("Files", size),
    "datasets": ("Datasets", _number),
    "event_streams": ("Open streams of events", _number),
    "requests_per_minute": ("Requests a minute", _number),
}
"""What each limit is called, and how its amounts are written."""


def _limit(use: LimitedUse) -> Limit:
    label, written = LABELS[use.name]
    has_share = use.used is not None and use.limit is not None
    return Limit(
        label=label,
        used=formatting.UNKNOWN if use.used is None else written(use.used),
        limit="none" if use.limit is None else written(use.limit),
        share=(use.used or 0.0) / max(use.limit or 0.0, 1.0) if has_share else None,
        resets_at=use.resets_at,
    )
