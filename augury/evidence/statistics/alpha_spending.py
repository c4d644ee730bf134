"""Looking at the evidence several times, with the error of all looks together kept.

Every look gets a share of the error, as a group-sequential design spends it (Lan and DeMets, Biometrika 70, 1983), by
the power family of Kim and DeMets (Biometrika 74, 1987). The shares simply add up, which is a little conservative, as
looks share seeds; in return it is exact for t intervals of few seeds, for unplanned losses of trials, and needs no
joint distribution. As all intervals of all looks cover the truth together, *every* verdict drawn from them is
controlled: an early "equivalent" as much as an early "helps".

Looks beyond the plan, which were not meant to be, are paid from a reserve that the planned ones leave: each spends half
of what is left, so that any number of them keeps the total below the error that was stated.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import overload

from api_schemas.reports.report import Verdict

_SPENDING_POWER = 1.5
_MAX_STEP = 2.0


@dataclass(frozen=True)
class Schedule(Sequence[int]):
    """How many seeds each arm has at each look, ascending, and the share of the error that each look spends."""

    looks: tuple[int, ...]
    shares: tuple[float, ...]
    further: int = 0
    """How many halves of the reserve are spent, by these looks and by those of earlier reports."""

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[int, ...]: ...
    def __getitem__(self, index: int | slice) -> int | tuple[int, ...]:
        return self.looks[index]

    def __len__(self) -> int:
        return len(self.looks)


def scheduled(
    planned: Sequence[int],
    extensions: Sequence[int] = (),
    reserve: float = 0.0,
    *,
    shown: Collection[int] | None = None,
    kept: float | None = None,
    further: int = 0,
) -> Schedule:
    """The schedule of looks that were planned and of looks that were added.

    Args:
        planned: from ``looks``.
        extensions: seeds per arm at each further look, more than any planned one.
        reserve: the share of the error that further looks share, in [0, 1).
        shown: where earlier reports have answered the question: those of the planned looks that are theirs, seed by
            seed. To see the same once more costs nothing; every other look is a further one.
        kept: the share that the planned looks have left, where it is not *reserve*.
        further: halves of the reserve that earlier reports have spent.

    Raises:
        ValueError: the looks do not ascend, or the reserve is no share.
    """
    together = (*planned, *extensions)
    if list(together) != sorted(set(together)) or not 0 <= reserve < 1:
        raise ValueError(f"looks have to ascend and a reserve to be in [0, 1), got {together} and {reserve}")
    left, shares = 1 - (reserve if kept is None else kept), []
    for index, look in enumerate(together):
        is_planned = index < len(planned) and (shown is None or look in shown)
        if not is_planned:
            further += 1
        shares.append(left * _planned_share(planned, index) if is_planned else reserve / 2.0**further)
    return Schedule(together, tuple(shares), further)


def next_share(schedule: Sequence[int], reserve: float) -> float:
    """The share of the error that one more look beyond the schedule would spend."""
    return reserve / 2.0 ** (schedule.further + 1) if isinstance(schedule, Schedule) else 0.0


def looks(minimum: int, maximum: int) -> list[int]:
    """How many seeds each arm has at each look: from *minimum* in about equal ratios, below doubling, to *maximum*.

    Raises:
        ValueError: not 2 <= minimum <= maximum.
    """
    if not 2 <= minimum <= maximum:
        raise ValueError(f"looks need 2 <= minimum <= maximum, got {minimum} and {maximum}")
    steps = math.ceil(math.log(maximum / minimum, _MAX_STEP) - 1e-9)
    ratio = maximum / minimum
    return [minimum, *(round(minimum * ratio ** (step / steps)) for step in range(1, steps + 1))]


def confidence_at(schedule: Sequence[int], seeds: int, confidence: float, comparisons: int = 1) -> float:
    """The confidence of each interval at a look, for all of all looks and comparisons to hold together.

    Args:
        schedule: from ``looks``, which spend all of the error, or ``scheduled``; a fixed number of seeds is a schedule
            of one look.
        seeds: planned per arm so far. A comparison that is ended between two looks uses up the coming one's share,
            which is spent once, as no later look follows.
        confidence: of everything together, in (0, 1).
        comparisons: candidates that get a verdict (Bonferroni).

    Raises:
        ValueError: a confidence out of range, or no comparison.
    """
    if not 0 < confidence < 1 or comparisons < 1:
        raise ValueError(f"expected 0 < confidence < 1 and a comparison or more, got {confidence} and {comparisons}")
    look = min(bisect_left(schedule, seeds), len(schedule) - 1)
    share = schedule.shares[look] if isinstance(schedule, Schedule) else _planned_share(schedule, look)
    return 1 - (1 - confidence) * share / comparisons


def settled(verdict: Verdict) -> bool:
    """Whether a candidate needs no further seeds. A settled verdict stands, with the interval that settled it."""
    return verdict is not Verdict.INCONCLUSIVE


def _planned_share(schedule: Sequence[int], look: int) -> float:
    before = _spent(schedule[look - 1] / schedule[-1]) if look else 0.0
    return _spent(schedule[look] / schedule[-1]) - before


def _spent(fraction: float) -> float:
    """The share of the error that is spent when this fraction of the seeds is there."""
    return math.pow(fraction, _SPENDING_POWER)
