"""The figures of a report's responses: what happens to a difference over epochs, and to accuracy over images."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from api_schemas.reports.report import Report
from api_schemas.reports.responses import BudgetPoint, DataPoint
from augury.reporting import formatting
from augury.reporting.plots.figures import MAX_PANELS, MAX_SAID
from augury.reporting.plots.style import (
    ACCENT,
    GRID,
    MAX_LABEL_LENGTH,
    MUTED,
    REFERENCE,
    Picture,
    draw,
    panels,
    panels_height,
)
from augury.wording import listed

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

    def paint(figure: Figure) -> None:
        for axes, (name, points) in zip(panels(figure, len(shown)), shown.items(), strict=True):
            axes.axhspan(-margin, margin, color=GRID, linewidth=0)
            axes.axhline(0, color=MUTED, linewidth=1)
            _paint_differences(axes, points)
            _scale(axes, [point.epochs for point in points])
            axes.set_title(formatting.plain(name, MAX_LABEL_LENGTH))
            axes.set_xlabel("epochs")

    said = [
        f"{formatting.plain(name)} {formatting.difference(point.difference)} at {point.epochs} epochs"
        for name, points in shown.items()
        for point in points
    ]
    alternative = f"Difference to the baseline by training budget: {listed(said, MAX_SAID)}."
    shaded = f"Shaded: within {margin:g}, which counts as none."
    caption = f"Difference to the baseline by training budget, with intervals. {shaded}"
    return Picture(draw("budgets-plot", alternative, panels_height(len(shown)), paint), alternative, caption)


def over_images(report: Report) -> Picture | None:
    """The accuracy of the baseline and of each candidate over the number of training images."""
    response = report.data_response
    if response is None:
        return None
    measured = {each.name: [point for point in each.points if _is_measured(point)] for each in response.candidates}
    shown = {name: points for name, points in list(measured.items())[:MAX_PANELS] if points}
    if not shown:
        return None

    def paint(figure: Figure) -> None:
        for axes, (name, points) in zip(panels(figure, len(shown)), shown.items(), strict=True):
            images = [point.images for point in points]
            for accuracies, colour, dashes in (
                ([point.baseline_accuracy for point in points], REFERENCE, "--"),
                ([point.candidate_accuracy for point in points], ACCENT, "-"),
            ):
                values = [100 * each for each in accuracies if each is not None]
                axes.plot(images, values, color=colour, linestyle=dashes, marker="o", markersize=3.5)
            _scale(axes, images)
            axes.set_title(formatting.plain(name, MAX_LABEL_LENGTH))
            axes.set_xlabel("training images")

    said = [
        f"{formatting.plain(name)} {formatting.percent(point.candidate_accuracy)} with {point.images} images, "
        f"the baseline {formatting.percent(point.baseline_accuracy)}"
        for name, points in shown.items()
        for point in points
    ]
    alternative = f"Validation accuracy by number of training images: {listed(said, MAX_SAID)}."
    caption = "Validation accuracy in % by number of training images; dashed: the baseline."
    return Picture(draw("images-plot", alternative, panels_height(len(shown)), paint), alternative, caption)


def _is_measured(point: DataPoint) -> bool:
    return point.baseline_accuracy is not None and point.candidate_accuracy is not None


def _paint_differences(axes: Axes, points: Sequence[BudgetPoint]) -> None:
    known = [(point.epochs, point.difference) for point in points if point.difference is not None]
    axes.plot([epochs for epochs, _ in known], [each.mean for _, each in known], color=ACCENT, marker="o", markersize=4)
    for epochs, each in known:
        axes.plot([epochs, epochs], [each.low, each.high], color=ACCENT, linewidth=1.2)


def _scale(axes: Axes, levels: Sequence[int]) -> None:
    """The levels as ticks, on a logarithmic axis where they span so much that a straight one would crowd them."""
    if max(levels) >= _MIN_RATIO_OF_LOGARITHMIC * min(levels):
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(levels, [str(level) for level in levels])
