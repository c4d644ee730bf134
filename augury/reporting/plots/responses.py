"""The figures of a report's responses: what happens to a difference over epochs, and to accuracy over images."""

from __future__ import annotations

from collections.abc import Sequence

from api_schemas.reports.report import Report
from api_schemas.reports.responses import BudgetPoint, DataPoint
from augury.reporting import formatting
from augury.reporting.plots.palette import series_class
from augury.reporting.plots.panels import MAX_PANELS, Line, Panel, panels
from augury.reporting.plots.picture import Picture, picture
from augury.reporting.plots.rows import short_name
from augury.reporting.plots.scales import Scale, covering, covering_levels
from augury.wording import listed

MAX_SAID = 12
_MIN_RATIO_OF_LOGARITHMIC = 3.0


def over_budgets(report: Report) -> Picture | None:
    """Each candidate's difference with its interval over the epochs."""
    response, margin = report.budget_response, report.method.practical_effect
    if response is None:
        return None
    measured = {
        each.name: points for each in response.candidates if (points := [p for p in each.points if p.difference])
    }
    shown = dict(list(measured.items())[:MAX_PANELS])
    if not shown:
        return None
    numbers = _numbers(report)
    drawn = panels([_budget_panel(name, points, numbers.get(name), margin) for name, points in shown.items()])
    said = [
        f"{formatting.plain(name)} {formatting.difference(point.difference)} at {point.epochs} epochs"
        for name, points in shown.items()
        for point in points
    ]
    shaded = f"Shaded: within {margin:g}, which counts as none."
    caption = f"Difference to the baseline by training budget, with intervals. {shaded}"
    title = "Difference to the baseline by training budget"
    return picture(title, f"{listed(said, MAX_SAID)}.", caption, drawn.height, drawn.drawing)


def _budget_panel(name: str, points: Sequence[BudgetPoint], number: int | None, margin: float) -> Panel:
    known = [(point.epochs, point.difference) for point in points if point.difference is not None]
    whiskers = [(each.low, each.high) for _, each in known]
    line = Line([(epochs, each.mean) for epochs, each in known], series_class(number), dotted=True, whiskers=whiskers)
    up = covering([0.0, -margin, margin, *(end for ends in whiskers for end in ends)])
    levels = [epochs for epochs, _ in known]
    return Panel((short_name(name),), [line], _levels(levels), up, "epochs", levels, zero=True, none=margin)


def over_images(report: Report) -> Picture | None:
    """The accuracy of the baseline and of each candidate over the number of training images."""
    response = report.data_response
    if response is None:
        return None
    measured = {each.name: [point for point in each.points if _is_measured(point)] for each in response.candidates}
    shown = {name: points for name, points in list(measured.items())[:MAX_PANELS] if points}
    if not shown:
        return None
    numbers = _numbers(report)
    drawn = panels([_images_panel(name, points, numbers.get(name)) for name, points in shown.items()])
    said = [
        f"{formatting.plain(name)} {formatting.percent(point.candidate_accuracy)} with {point.images} images, "
        f"the baseline {formatting.percent(point.baseline_accuracy)}"
        for name, points in shown.items()
        for point in points
    ]
    caption = "Validation accuracy in % by number of training images; dashed: the baseline."
    title = "Validation accuracy by number of training images"
    return picture(title, f"{listed(said, MAX_SAID)}.", caption, drawn.height, drawn.drawing)


def _images_panel(name: str, points: Sequence[DataPoint], number: int | None) -> Panel:
    levels = [point.images for point in points]
    reference = [(point.images, 100 * (point.baseline_accuracy or 0)) for point in points]
    own = [(point.images, 100 * (point.candidate_accuracy or 0)) for point in points]
    lines = [Line(reference, "plot-reference", dotted=True), Line(own, series_class(number), dotted=True)]
    up = covering([value for _, value in (*reference, *own)])
    return Panel((short_name(name),), lines, _levels(levels), up, "training images", levels)


def _numbers(report: Report) -> dict[str, int]:
    return {each.name: number for number, each in enumerate(report.candidates, 1)}


def _is_measured(point: DataPoint) -> bool:
    return point.baseline_accuracy is not None and point.candidate_accuracy is not None


def _levels(levels: Sequence[int]) -> Scale:
    return covering_levels(levels, min_ratio_of_logarithmic=_MIN_RATIO_OF_LOGARITHMIC, padding=0.06)
