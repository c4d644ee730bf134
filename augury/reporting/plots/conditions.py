"""Pictures of candidates under conditions: differences with intervals, and accuracies as a change grows stronger."""

from __future__ import annotations

from api_schemas.reports.conditions import CandidateUnderConditions, ConditionEffect
from api_schemas.reports.report import Difference, Report, Verdict
from augury.reporting import formatting
from augury.reporting.plots import marks
from augury.reporting.plots.markup import joined
from augury.reporting.plots.palette import series_class, verdict_class
from augury.reporting.plots.panels import MAX_PANELS, Line, Panel, panels
from augury.reporting.plots.picture import Picture, picture
from augury.reporting.plots.rows import MAX_NAME_COLUMNS, Row, row_chart
from augury.reporting.plots.scales import Scale, covering
from augury.wording import listed

MAX_DRAWN = 3
"""Candidates with pictures; the others are in the table."""
MAX_SAID = 12
_UNCHANGED = "unchanged images"
_FREE = 0.06
"""Of the axis, left free at its ends."""


def under_conditions(report: Report) -> list[Picture]:
    """Of the first few candidates, in their order; none where the report has no conditions."""
    if report.conditions is None:
        return []
    unchanged = {each.name: (each.difference, each.verdict) for each in report.candidates}
    margin, unit = report.method.practical_effect, report.conditions.unit
    drawn = []
    for number, candidate in enumerate(report.conditions.candidates[:MAX_DRAWN], 1):
        as_it_is = unchanged.get(candidate.name, (None, Verdict.INCONCLUSIVE))
        differences = _differences(candidate, as_it_is, margin, unit)
        drawn += [picture for picture in (differences, _strengths(candidate, number)) if picture is not None]
    return drawn


def _differences(
    candidate: CandidateUnderConditions, unchanged: tuple[Difference | None, Verdict], margin: float, unit: str
) -> Picture | None:
    """A row for each condition, below that of the images as they are."""
    rows = [(_UNCHANGED, *unchanged), *((each.images, each.difference, each.verdict) for each in candidate.effects)]
    shown = [
        (formatting.plain(images, MAX_NAME_COLUMNS), found, verdict)
        for images, found, verdict in rows
        if found is not None
    ]
    if all(effect.difference is None for effect in candidate.effects):
        return None
    name = formatting.plain(candidate.name)
    scale = covering([0.0, -margin, margin, *(end for _, each, _ in shown for end in (each.low, each.high))])
    drawn = row_chart(
        [_row(images, each, verdict, scale) for images, each, verdict in shown],
        scale,
        f"{unit} against the baseline; right is better",
        zero=True,
        none=margin,
    )
    said = [f"{images} {formatting.difference(each)}" for images, each, _ in shown]
    title = f"{name}: difference to the baseline in {unit}, by images"
    caption = (
        f"{name}: difference to the baseline with its interval. Hollow: images as they are; filled: under conditions."
    )
    return picture(title, f"{listed(said, MAX_SAID)}.", caption, drawn.height, drawn.drawing)


def _row(images: str, each: Difference, verdict: Verdict, scale: Scale) -> Row:
    badge = formatting.BADGES[verdict]
    mark = marks.verdict_mark(scale, each.mean, verdict, hollow=images == _UNCHANGED)
    value = f"{badge.sign} {badge.word} {formatting.points(each.mean)}"
    drawn = joined([marks.interval(scale, each.low, each.high), mark])
    return Row(images, value, drawn, verdict_class(verdict), f"{images}: {badge.word}, {formatting.difference(each)}")


def _strengths(candidate: CandidateUnderConditions, number: int) -> Picture | None:
    """A panel for each condition that has strengths."""
    shown = [effect for effect in candidate.effects if len(effect.strengths) > 1][:MAX_PANELS]
    if not shown:
        return None
    name = formatting.plain(candidate.name)
    up = covering([100 * value for effect in shown for value in _accuracies(effect)])
    drawn = panels([_panel(effect, up, series_class(number)) for effect in shown])
    said = [
        f"{effect.images} {formatting.percent(effect.strengths[-1].accuracy)}, "
        f"baseline {formatting.percent(effect.strengths[-1].baseline_accuracy)}"
        for effect in shown
    ]
    caption = f"{name}: accuracy in % as a change grows stronger; dashed: the baseline."
    title = f"{name}: accuracy at the greatest strength"
    return picture(title, f"{listed(said, MAX_SAID)}.", caption, drawn.height, drawn.drawing)


def _panel(effect: ConditionEffect, up: Scale, class_: str) -> Panel:
    strengths = [float(each.strength) for each in effect.strengths]
    baseline = [(each.strength, 100 * each.baseline_accuracy) for each in effect.strengths]
    own = [(each.strength, 100 * each.accuracy) for each in effect.strengths]
    lines = [Line(baseline, "plot-reference", dotted=True), Line(own, class_, dotted=True)]
    return Panel((effect.images,), lines, covering(strengths, padding=_FREE), up, "strength", strengths)


def _accuracies(effect: ConditionEffect) -> list[float]:
    return [value for each in effect.strengths for value in (each.baseline_accuracy, each.accuracy)]
