"""A figure of rows on one axis: in each a name and a value as words, and below them, over the whole width, its marks.

Names and values stand above the marks, not beside them: so there is room for all three on a telephone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from augury.reporting.formatting import plain
from augury.reporting.plots import marks
from augury.reporting.plots.markup import EMPTY, Markup, element, joined, label, percent, words
from augury.reporting.plots.scales import Scale, tick_words, ticks

MAX_ROWS = 24
MAX_NAME_COLUMNS = 24
"""Beside "? inconclusive −12.3" on a telephone."""
MAX_TICKS = 6

_PITCH = 40.0
_WORDS_DOWN, _MARKS_DOWN, _MARKS_REACH = 13.0, 26.0, 8.0
_TICKS_DOWN, _TITLE_DOWN, _BELOW = 14.0, 30.0, 36.0
_NEAR_THE_EDGE = 0.06


class Row(NamedTuple):
    """One row.

    Attributes:
        name: what it is of.
        value: its figures in words, at the right.
        marks: drawn around height zero.
        class_: which colours value and marks.
        hint: what is said when a pointer rests on it.
    """

    name: str
    value: str
    marks: Markup
    class_: str
    hint: str = ""


class Drawn(NamedTuple):
    """What was drawn, and how high it is in pixels."""

    drawing: Markup
    height: float


def row_chart(rows: Sequence[Row], scale: Scale, axis_title: str, *, zero: bool = False, none: float = 0.0) -> Drawn:
    """Rows, first at the top, with the axis under them.

    Args:
        rows: one at least.
        scale: that their marks were drawn by.
        axis_title: what the numbers are.
        zero: whether the line at zero stands out.
        none: how far from zero, to both sides, counts as none.
    """
    numbers = ticks(scale, MAX_TICKS)
    bottom = _PITCH * len(rows)
    drawn = [_row(row, _PITCH * at, scale, none) for at, row in enumerate(rows)]
    grid = [_upright(scale, tick, len(rows), "plot-grid") for tick in numbers if not (zero and tick == 0)]
    if zero and scale.has(0):
        grid.append(_upright(scale, 0, len(rows), "plot-zero"))
    named = [
        _tick(scale, tick, text, bottom + _TICKS_DOWN) for tick, text in zip(numbers, tick_words(numbers), strict=True)
    ]
    title = label(axis_title, "50%", bottom + _TITLE_DOWN, class_="plot-quiet", anchor="middle")
    bands = [_band(scale, none, _PITCH * at) for at in range(len(rows))] if none else []
    return Drawn(joined([*bands, *grid, *drawn, *named, title]), bottom + _BELOW)


def short_name(name: str, max_columns: int = MAX_NAME_COLUMNS) -> str:
    """A name from outside as a label has room for it; letters of East Asian scripts are twice as wide as others."""
    shown: list[str] = []
    left = max_columns
    for character in (whole := plain(name, max_columns)):
        left -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if left < 0:
            return f"{''.join(shown[:-1])}…"
        shown.append(character)
    return whole


def _row(row: Row, top: float, scale: Scale, none: float) -> Markup:
    hint = element("title", words(row.hint)) if row.hint else EMPTY
    return element(
        "g",
        hint,
        element("rect", class_="plot-row", y=top, width="100%", height=_PITCH),
        label(short_name(row.name), 0, top + _WORDS_DOWN, class_="plot-name"),
        label(row.value, "100%", top + _WORDS_DOWN, class_="plot-value", anchor="end"),
        element("line", class_="plot-grid", x2="100%", y1=top + _MARKS_DOWN, y2=top + _MARKS_DOWN),
        element("g", row.marks, transform=f"translate(0 {top + _MARKS_DOWN:g})"),
        class_=row.class_,
    )


def _band(scale: Scale, none: float, top: float) -> Markup:
    return marks.band(scale, -none, none, top=top + _MARKS_DOWN - _MARKS_REACH, height=2 * _MARKS_REACH)


def _upright(scale: Scale, value: float, rows: int, class_: str) -> Markup:
    """A line through all rows, interrupted where their words are."""
    at, top = percent(scale.share(value)), _MARKS_DOWN - _MARKS_REACH
    dashes = f"{2 * _MARKS_REACH:g} {_PITCH - 2 * _MARKS_REACH:g}"
    bottom = top + _PITCH * (rows - 1) + 2 * _MARKS_REACH
    return element("line", class_=class_, x1=at, x2=at, y1=top, y2=bottom, stroke_dasharray=dashes)


def _tick(scale: Scale, value: float, text: str, down: float) -> Markup:
    share = scale.share(value)
    anchor = "start" if share < _NEAR_THE_EDGE else "end" if share > 1 - _NEAR_THE_EDGE else "middle"
    return label(text, percent(share), down, class_="plot-tick", anchor=None if anchor == "start" else anchor)
