"""Small pictures in rows of two, in each of them lines over one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from augury.reporting.plots import marks
from augury.reporting.plots.markup import Markup, element, joined, label, number, percent
from augury.reporting.plots.rows import Drawn
from augury.reporting.plots.scales import Scale, tick_words, ticks

MAX_PANELS = 12
MAX_TICKS_ACROSS, MAX_TICKS_UP = 5, 5

_COLUMNS, _COLUMN_SHARE, _NEXT_COLUMN = 2, 0.47, 0.53
_LEFT, _WIDTH = "15%", "85%"
"""Where a panel's axis begins, and how wide it is; numbers stand to the left of it, three digits on a telephone."""
_LINE, _ABOVE, _PLOT, _BELOW, _GAP = 15.0, 8.0, 104.0, 34.0, 14.0
_INNER_WIDTH = 1000.0


@dataclass(frozen=True)
class Line:
    """Values over an axis.

    Attributes:
        points: across and up, in order.
        class_: which colours it.
        dotted: whether every point has a dot.
        spread: low and high at each point, drawn as an area; empty for none.
        whiskers: low and high at each point, drawn as a line; empty for none.
    """

    points: Sequence[tuple[float, float]]
    class_: str
    dotted: bool = False
    spread: Sequence[tuple[float, float]] = ()
    whiskers: Sequence[tuple[float, float]] = ()


@dataclass(frozen=True)
class Panel:
    """One of the small pictures.

    Attributes:
        heading: above it, a line or two.
        lines: the first lies undermost.
        across: its horizontal axis.
        up: its vertical axis.
        title: what the horizontal axis is.
        levels: numbers beside the horizontal axis; empty for round ones.
        at: values that upright lines point out, with their classes.
        zero: whether the line at zero stands out.
        none: how far from zero counts as none.
    """

    heading: Sequence[str]
    lines: Sequence[Line]
    across: Scale
    up: Scale
    title: str
    levels: Sequence[float] = ()
    at: Sequence[tuple[float, str]] = field(default=())
    zero: bool = False
    none: float = 0.0


def panels(shown: Sequence[Panel]) -> Drawn:
    """All of them, in reading order; one alone has the whole width."""
    above = _ABOVE + _LINE * max(len(panel.heading) for panel in shown)
    pitch = above + _PLOT + _BELOW + _GAP
    width = percent(_COLUMN_SHARE if len(shown) > 1 else 1)
    drawn = [
        element(
            "svg",
            _panel(panel, above),
            x=percent(_NEXT_COLUMN * (at % _COLUMNS)),
            y=pitch * (at // _COLUMNS),
            width=width,
            height=pitch,
            overflow="visible",
        )
        for at, panel in enumerate(shown)
    ]
    return Drawn(joined(drawn), pitch * -(-len(shown) // _COLUMNS) - _GAP)


def _panel(panel: Panel, above: float) -> Markup:
    heading = [
        label(line, 0, _LINE * at + 11, class_="plot-heading" if at == 0 else "plot-quiet")
        for at, line in enumerate(panel.heading)
    ]
    up = ticks(panel.up, MAX_TICKS_UP)
    beside = [
        label(text, "-5", _down(panel.up, tick) + 4, class_="plot-tick", anchor="end")
        for tick, text in zip(up, tick_words(up), strict=True)
    ]
    across = panel.levels or ticks(panel.across, MAX_TICKS_ACROSS)
    under = [
        label(text, percent(panel.across.share(tick)), _PLOT + 15, class_="plot-tick", anchor="middle")
        for tick, text in zip(across, tick_words(across), strict=True)
    ]
    title = label(panel.title, "50%", _PLOT + 30, class_="plot-quiet", anchor="middle")
    inner = [*_behind(panel, up), *(_line(line, panel) for line in panel.lines), *beside, *under, title]
    plot = element("svg", *inner, x=_LEFT, y=above, width=_WIDTH, height=_PLOT, overflow="visible")
    return joined([*heading, plot])


def _behind(panel: Panel, up: Sequence[float]) -> list[Markup]:
    """Band, grid, and what is pointed out."""
    drawn = []
    if panel.none:
        top, bottom = (min(_PLOT, max(0.0, _down(panel.up, each))) for each in (panel.none, -panel.none))
        drawn.append(element("rect", class_="plot-none", y=top, width="100%", height=bottom - top))
    for tick in up:
        class_ = "plot-zero" if panel.zero and tick == 0 else "plot-grid"
        down = _down(panel.up, tick)
        drawn.append(element("line", class_=class_, x2="100%", y1=down, y2=down))
    for value, class_ in panel.at:
        at = percent(panel.across.share(value))
        drawn.append(element("line", class_=class_, x1=at, x2=at, y2=_PLOT))
    return drawn


def _line(line: Line, panel: Panel) -> Markup:
    across = [panel.across.share(value) for value, _ in line.points]
    down = [_down(panel.up, value) for _, value in line.points]
    parts = []
    if line.spread:
        there = [(at, _down(panel.up, high)) for at, (_, high) in zip(across, line.spread, strict=True)]
        back = [(at, _down(panel.up, low)) for at, (low, _) in zip(across, line.spread, strict=True)]
        parts.append(element("path", class_="plot-area", d=f"{_path([*there, *reversed(back)])}Z"))
    parts.append(element("path", class_="plot-line", d=_path(list(zip(across, down, strict=True)))))
    stretched = element(
        "svg", *parts, viewBox=f"0 0 {_INNER_WIDTH:g} {_PLOT:g}", preserveAspectRatio="none", width="100%",
        height=_PLOT, overflow="visible",
    )  # fmt: skip
    whiskers = [
        element("line", class_="plot-interval", x1=percent(at), x2=percent(at), y1=_down(panel.up, low),
                y2=_down(panel.up, high))
        for at, (low, high) in zip(across, line.whiskers, strict=False)
    ]  # fmt: skip
    dots = [
        element("circle", class_="plot-filled", cx=percent(at), cy=each, r=marks.RADIUS)
        for at, each in zip(across, down, strict=True)
        if line.dotted
    ]
    return element("g", stretched, *whiskers, *dots, class_=line.class_)


def _down(up: Scale, value: float) -> float:
    return _PLOT * (1 - up.share(value))


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Through all points, each a share of the width and a height in pixels."""
    return "M" + "L".join(f"{_INNER_WIDTH * across:.0f} {number(round(down, 1))}" for across, down in points)
