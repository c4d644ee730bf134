"""A difference on an axis that it shares with others, in one line of a list or a table."""

from __future__ import annotations

from api_schemas.reports.differences import Verdict
from augury.reporting import formatting
from augury.reporting.plots import marks
from augury.reporting.plots.markup import element, percent
from augury.reporting.plots.palette import verdict_class
from augury.reporting.plots.picture import frame
from augury.reporting.plots.scales import Scale

HEIGHT = 20.0
_REACH = 7.0


def forest_strip(
    estimate: float,
    low: float,
    high: float,
    verdict: Verdict,
    *,
    axis_low: float,
    axis_high: float,
    practical_effect: float,
) -> str:
    """One difference with its interval, as SVG without any text but its title.

    All numbers are in one unit. It is as wide as its place, so that strips under each other share an axis if their
    places are equally wide. What goes beyond the axis ends in an arrow's head.

    Args:
        estimate: the difference, above zero where it is for the better.
        low: the lower end of its interval.
        high: the upper end.
        verdict: what colours it, and gives the estimate its shape.
        axis_low: where the axis begins; widened to zero if it begins above it.
        axis_high: where the axis ends, in the same way.
        practical_effect: how far from zero counts as none.
    """
    scale = Scale(min(axis_low, 0.0), max(axis_high, 0.0)) if axis_low < axis_high else Scale(-1.0, 1.0)
    zero, class_ = percent(scale.share(0)), verdict_class(verdict)
    drawing = element(
        "g",
        marks.band(scale, -practical_effect, practical_effect, top=-_REACH, height=2 * _REACH),
        element("line", class_="plot-zero", x1=zero, x2=zero, y1=-_REACH, y2=_REACH),
        element("g", marks.interval(scale, low, high), marks.verdict_mark(scale, estimate, verdict), class_=class_),
        transform=f"translate(0 {HEIGHT / 2:g})",
    )
    said = f"{formatting.BADGES[verdict].word}, {formatting.points(estimate)} {formatting.interval(low, high)}"
    return frame(said, "", HEIGHT, drawing, class_="augury-plot plot-strip")
