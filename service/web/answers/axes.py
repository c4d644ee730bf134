"""One axis for all strips of a page that are in one unit, so that they can be compared at a glance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from augury.reporting import formatting
from store.rows.answers.summaries import CandidateAnswer

_QUARTER = 0.75
_REACH = 3.0


@dataclass(frozen=True)
class Axis:
    """From *low*, at most zero, to *high*, at least zero, in *unit*; *is_cut* where something goes beyond it."""

    unit: str
    low: float
    high: float
    is_cut: bool

    @property
    def words(self) -> str:
        """It in a sentence."""
        ends = f"Strips show {self.unit} from {formatting.points(self.low)} to {formatting.points(self.high)}"
        return f"{ends}; what goes on beyond has an arrow." if self.is_cut else f"{ends}."


def axes_of(candidates: Iterable[tuple[str, CandidateAnswer]]) -> dict[str, Axis]:
    """The axis of each unit that any of these candidates, beside which its unit stands, has a difference in."""
    ends: dict[str, list[float]] = defaultdict(list)
    for unit, each in candidates:
        if each.low is not None and each.high is not None:
            ends[unit] += [each.low, each.high]
    return {unit: _axis(unit, found) for unit, found in ends.items()}


def _axis(unit: str, ends: list[float]) -> Axis:
    """Over all ends, but for a few that are so far out that nothing could be seen of the others."""
    sizes = sorted(map(abs, ends))
    reach = _REACH * sizes[min(len(sizes) - 1, int(_QUARTER * len(sizes)))]
    low, high = min(0.0, *ends), max(0.0, *ends)
    return Axis(unit, max(low, -reach), min(high, reach), is_cut=low < -reach or high > reach)
