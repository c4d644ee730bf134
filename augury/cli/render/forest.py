"""Every candidate's difference on one axis of characters, with its verdict in a word."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.text import Text

from api_schemas.reports.report import CandidateReport, Difference, Report
from augury.cli.render.report_text import VERDICT_STYLES
from augury.reporting import formatting
from augury.wording import signed

MIN_COLUMNS, MAX_COLUMNS = 15, 61
"""Of the axis."""
MAX_NAME_COLUMNS = 26
_VERDICT_COLUMNS = 22
_INTERVAL, _LOW, _HIGH, _MEAN, _ZERO, _MARGIN = "─", "├", "┤", "●", "│", "·"


class _Axis(NamedTuple):
    """From points to columns."""

    low: float
    high: float
    columns: int

    def column(self, points: float) -> int:
        share = (points - self.low) / (self.high - self.low)
        return min(self.columns - 1, max(0, round(share * (self.columns - 1))))


def forest(report: Report, width: int) -> list[RenderableType]:
    """A line for each candidate with a difference, for a terminal of *width* columns; nothing where there is none."""
    shown = [(each, each.difference) for each in report.candidates if each.difference is not None]
    if not shown:
        return []
    names = min(MAX_NAME_COLUMNS, max(cell_len(each.name) for each, _ in shown))
    columns = max(MIN_COLUMNS, min(MAX_COLUMNS, width - names - _VERDICT_COLUMNS - 2))
    margin = report.method.practical_effect
    axis = _axis([difference for _, difference in shown], margin, columns)
    lines = [_line(each, difference, axis, margin, names) for each, difference in shown]
    ends = f"{signed(axis.low)}{signed(axis.high):>{columns - len(signed(axis.low))}}"
    caption = f"{formatting.unit(report)} against the baseline" + (f"; {_MARGIN * 3} counts as none" if margin else "")
    below = [Text(f"{'':{names + 2}}{text}", style="dim", no_wrap=True) for text in (ends, caption)]
    return [*lines, *below, Text()]


def _axis(differences: Sequence[Difference], margin: float, columns: int) -> _Axis:
    """As far as the intervals and the margin reach, zero included."""
    low = min(0.0, -margin, *(each.low for each in differences))
    high = max(0.0, margin, *(each.high for each in differences))
    if math.isclose(low, high):
        low, high = low - 1, high + 1
    return _Axis(low, high, columns)


def _line(candidate: CandidateReport, difference: Difference, axis: _Axis, margin: float, names: int) -> Text:
    marks = [" "] * axis.columns
    for at in range(axis.column(-margin), axis.column(margin) + 1):
        marks[at] = _MARGIN
    marks[axis.column(0)] = _ZERO
    low, high = axis.column(difference.low), axis.column(difference.high)
    marks[low : high + 1] = _INTERVAL * (high - low + 1)
    marks[low], marks[high] = _LOW, _HIGH
    marks[axis.column(difference.mean)] = _MEAN
    style = VERDICT_STYLES[candidate.verdict]
    line = Text(f"{set_cell_size(candidate.name, names)}  ", no_wrap=True)
    return line.append("".join(marks), style=style).append(f"  {signed(difference.mean)} {candidate.verdict}", style)
