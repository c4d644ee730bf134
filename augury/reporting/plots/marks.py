"""Marks in a row: where a value is, how far an interval reaches. Across by shares of the width, down by pixels."""

from __future__ import annotations

from api_schemas.reports.differences import Verdict
from augury.reporting.plots.markup import EMPTY, Markup, element, joined, percent
from augury.reporting.plots.scales import Scale

RADIUS = 4.5
_CAP = 4.0
_SHAPES = {
    Verdict.HELPS: "M0-5.5L5.5 4.5H-5.5Z",
    Verdict.HURTS: "M0 5.5L5.5-4.5H-5.5Z",
    Verdict.EQUIVALENT: "M-4.5-4.5H4.5V4.5H-4.5Z",
    Verdict.INCONCLUSIVE: "M0-6L6 0L0 6L-6 0Z",
}
"""Up, down, square, and on its tip: a verdict can be told without its colour."""


def interval(scale: Scale, low: float, high: float) -> Markup:
    """A line from *low* to *high* with caps; with an arrow's head where it goes on beyond the axis."""
    first, last = (min(1.0, max(0.0, scale.share(value))) for value in (low, high))
    line = element("line", class_="plot-interval", x1=percent(first), x2=percent(last))
    caps = [_cap(percent(scale.share(end))) for end in (low, high) if scale.has(end)]
    arrows = [
        *([_arrow("0%", "M-3 0L5-5V5Z", 12.0)] if low < scale.low else []),
        *([_arrow("100%", "M3 0L-5-5V5Z", -12.0)] if high > scale.high else []),
    ]
    return joined([line, *caps, *arrows])


def _cap(at: str) -> Markup:
    return element("line", class_="plot-interval", x1=at, x2=at, y1=-_CAP, y2=_CAP)


def _arrow(edge: str, head: str, shaft: float) -> Markup:
    """With a shaft of its own: all of the interval may lie beyond the axis."""
    shaft_line = element("line", class_="plot-interval", x1=0, x2=shaft)
    return at_share(edge, joined([shaft_line, element("path", class_="plot-filled", d=head)]))


def verdict_mark(scale: Scale, value: float, verdict: Verdict, *, hollow: bool = False) -> Markup:
    """The value, in the verdict's shape; nothing where it is not on the axis."""
    if not scale.has(value):
        return EMPTY
    shape = element("path", class_="plot-hollow" if hollow else "plot-filled", d=_SHAPES[verdict])
    return at_share(percent(scale.share(value)), shape)


def disc(scale: Scale, value: float, *, hollow: bool = False, radius: float = RADIUS) -> Markup:
    """A value that says no verdict."""
    return element(
        "circle", class_="plot-hollow" if hollow else "plot-filled", cx=percent(scale.share(value)), cy=0, r=radius
    )


def bar(scale: Scale, value: float, reach: float) -> Markup:
    """A value as a short line across the row."""
    at = percent(scale.share(value))
    return element("line", class_="plot-bar", x1=at, x2=at, y1=-reach, y2=reach)


def span(scale: Scale, first: float, last: float) -> Markup:
    """A thin line between two values."""
    return element("line", class_="plot-thin", x1=percent(scale.share(first)), x2=percent(scale.share(last)))


def band(scale: Scale, low: float, high: float, *, top: float, height: float) -> Markup:
    """What counts as none; nothing of it beyond the axis."""
    first, last = (min(1.0, max(0.0, scale.share(value))) for value in (low, high))
    return element(
        "rect", class_="plot-none", x=percent(first), y=top, width=percent(max(0.0, last - first)), height=height
    )


def at_share(across: str, drawing: Markup) -> Markup:
    """What was drawn around nothing, at a share of the width; only an inner picture can be moved so."""
    return element("svg", drawing, x=across, overflow="visible")
