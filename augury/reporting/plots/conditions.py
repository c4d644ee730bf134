"""Pictures of candidates under conditions: differences with intervals, and accuracies as a change grows stronger."""

from __future__ import annotations

from matplotlib.figure import Figure

from api_schemas.reports.conditions import CandidateUnderConditions, ConditionEffect
from api_schemas.reports.report import Difference, Report
from augury.reporting import formatting
from augury.reporting.plots.style import (
    ACCENT,
    GRID,
    MAX_LABEL_LENGTH,
    MUTED,
    REFERENCE,
    Picture,
    draw,
    label_inches,
    mark_interval,
    name_rows,
    panel,
    panels,
    panels_height,
)
from augury.wording import listed

MAX_DRAWN = 3
"""Candidates with pictures; the others are in the table."""
MAX_PANELS = 12
MAX_SAID = 12
_ROW_INCHES = 0.26
_UNCHANGED = "unchanged images"


def under_conditions(report: Report) -> list[Picture]:
    """Of the first few candidates, in their order."""
    assert report.conditions is not None
    unchanged = {each.name: each.difference for each in report.candidates}
    margin, unit = report.method.practical_effect, report.conditions.unit
    drawn = []
    for number, candidate in enumerate(report.conditions.candidates[:MAX_DRAWN], 1):
        differences = _differences(candidate, unchanged.get(candidate.name), margin, unit, number)
        drawn += [picture for picture in (differences, _strengths(candidate, number)) if picture is not None]
    return drawn


def _differences(
    candidate: CandidateUnderConditions, unchanged: Difference | None, margin: float, unit: str, number: int
) -> Picture | None:
    """A row for each condition, below that of the images as they are."""
    rows = [(_UNCHANGED, unchanged), *((effect.images, effect.difference) for effect in candidate.effects)]
    shown = [(formatting.plain(name, MAX_LABEL_LENGTH), found) for name, found in rows if found is not None]
    if all(effect.difference is None for effect in candidate.effects):
        return None
    name = formatting.plain(candidate.name)

    def paint(figure: Figure) -> None:
        labels = [label for label, _ in shown]
        axes = panel(figure, height, left=label_inches(labels), bottom=0.5)
        axes.axvspan(-margin, margin, color=GRID, linewidth=0)
        axes.axvline(0, color=MUTED, linewidth=1)
        for row, (label, each) in enumerate(shown):
            mark_interval(axes, row, each.mean, each.low, each.high, filled=label != _UNCHANGED)
        name_rows(axes, labels, [formatting.points(each.mean) for _, each in shown])
        axes.set_xlabel(f"{unit} against the baseline")

    height = 0.7 + _ROW_INCHES * len(shown)
    said = [f"{label} {formatting.difference(each)}" for label, each in shown]
    alternative = f"{name}: difference to the baseline in {unit}, by images: {listed(said, MAX_SAID)}."
    caption = f"{name}: difference to the baseline with its interval. Ring: images as they are; dots: under conditions."
    return Picture(draw(f"conditions-{number}-differences", alternative, height, paint), alternative, caption)


def _strengths(candidate: CandidateUnderConditions, number: int) -> Picture | None:
    """A panel for each condition that has strengths."""
    shown = [effect for effect in candidate.effects if len(effect.strengths) > 1][:MAX_PANELS]
    if not shown:
        return None
    name = formatting.plain(candidate.name)
    reached = [100 * value for effect in shown for value in _accuracies(effect)]

    def paint(figure: Figure) -> None:
        for axes, effect in zip(panels(figure, len(shown)), shown, strict=True):
            strengths = [each.strength for each in effect.strengths]
            baseline = [100 * each.baseline_accuracy for each in effect.strengths]
            own = [100 * each.accuracy for each in effect.strengths]
            axes.plot(strengths, baseline, color=REFERENCE, linestyle="--", marker="o", markersize=3)
            axes.plot(strengths, own, color=ACCENT, marker="o", markersize=3)
            axes.set_title(effect.images)
            axes.set_ylim(min(reached) - 3, max(reached) + 3)
            axes.set_xticks(strengths)
            axes.set_xlabel("strength")

    said = [
        f"{effect.images} {formatting.percent(effect.strengths[-1].accuracy)}, "
        f"baseline {formatting.percent(effect.strengths[-1].baseline_accuracy)}"
        for effect in shown
    ]
    alternative = f"{name}: accuracy at the greatest strength: {listed(said, MAX_SAID)}."
    caption = f"{name}: accuracy in % as a change grows stronger; dashed: the baseline."
    height = panels_height(len(shown))
    return Picture(draw(f"conditions-{number}-strengths", alternative, height, paint), alternative, caption)


def _accuracies(effect: ConditionEffect) -> list[float]:
    return [value for each in effect.strengths for value in (each.baseline_accuracy, each.accuracy)]
