"""The figures of a report. Each says its numbers in words, too; None where there is nothing to draw."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from api_schemas.plans import BASELINE, ArmRole
from api_schemas.reports.evidence import ParameterEffect, Why
from api_schemas.reports.report import ArmReport, Report
from augury.reporting import formatting
from augury.reporting.plots import marks
from augury.reporting.plots.curves import Band, band_of
from augury.reporting.plots.markup import EMPTY, joined
from augury.reporting.plots.palette import series_class
from augury.reporting.plots.panels import MAX_PANELS, Line, Panel, panels
from augury.reporting.plots.picture import Picture, picture
from augury.reporting.plots.rows import MAX_ROWS, Row, row_chart, short_name
from augury.reporting.plots.scales import Scale, covering
from augury.reporting.tables import most_changed
from augury.wording import listed

MAX_CLASSES = 15
MAX_SAID = 12
_MAX_SIDE = 12
"""Characters of a class on one side of a confusion."""
_OTHER_LEVELS = (ArmRole.BUDGET, ArmRole.DATA, ArmRole.PILOT, ArmRole.EARLIER)
"""Arms with pictures of their own, in ``augury.reporting.plots.responses``, or with none."""
_FACTORS = ("brightness_range", "zoom_range")
_REFERENCE = "plot-reference"


def series_of(report: Report) -> dict[str, int]:
    """The number of every arm that a candidate has of its own, by which it is coloured."""
    return {each.arm: number for number, each in enumerate(report.candidates, 1)}


def accuracy(report: Report) -> Picture | None:
    """Validation accuracy per arm: a ring for each seed, and the mean."""
    shown = [arm for arm in report.arms if arm.per_seed and arm.role not in _OTHER_LEVELS][:MAX_ROWS]
    if not shown:
        return None
    scale = covering([100 * seed.validation_accuracy for arm in shown for seed in arm.per_seed])
    series = series_of(report)
    rows = [
        _accuracy_row(arm, scale, _REFERENCE if arm.name == BASELINE else series_class(series.get(arm.name)))
        for arm in shown
    ]
    drawn = row_chart(rows, scale, "validation accuracy in %")
    said = [f"{formatting.plain(arm.name)} {formatting.percent(arm.mean_validation_accuracy)}" for arm in shown]
    caption = "Validation accuracy of every arm. Rings: its seeds; bar: their mean."
    return picture(
        "Mean validation accuracy by arm", f"{listed(said, MAX_SAID)}.", caption, drawn.height, drawn.drawing
    )


def _accuracy_row(arm: ArmReport, scale: Scale, class_: str) -> Row:
    values = [100 * seed.validation_accuracy for seed in arm.per_seed]
    rings = [marks.disc(scale, value, hollow=True) for value in values]
    mean = formatting.percent(arm.mean_validation_accuracy)
    return Row(arm.name, mean, joined([marks.bar(scale, fmean(values), 8), *rings]), class_)


def learning(report: Report) -> Picture | None:
    """Validation accuracy over the epochs: each candidate against the baseline, the band spanning the seeds.

    Without candidates, every arm by itself.
    """
    arms = {arm.name: band_of(arm) for arm in report.arms}
    baseline = arms.get(BASELINE, band_of(None)) if report.candidates else band_of(None)
    named = [(each.name, each.arm) for each in report.candidates] or [(name, name) for name in arms]
    return learning_curves({name: arms[arm] for name, arm in named if arm in arms}, baseline)


def learning_curves(bands: Mapping[str, Band], baseline: Band) -> Picture | None:
    """A panel for each band of more than one epoch, with the baseline's, which may be empty.

    Args:
        bands: by name, in the order by which they are coloured everywhere.
        baseline: in each of the panels.
    """
    numbered = [(name, band, number) for number, (name, band) in enumerate(bands.items(), 1)]
    shown = [each for each in numbered if len(each[1].epochs) > 1][:MAX_PANELS]
    if not shown:
        return None
    reached = [value for _, band, _ in [("", baseline, 0), *shown] for value in (*band.low, *band.high)]
    up = covering(reached)
    drawn = panels(
        [
            Panel(
                (short_name(name),),
                [*([_learning_line(baseline, _REFERENCE)] if baseline.epochs else []),
                 _learning_line(band, series_class(number))],
                covering([*band.epochs, *baseline.epochs], padding=0),
                up,
                "epoch",
            )
            for name, band, number in shown
        ]
    )  # fmt: skip
    said = [f"{formatting.plain(name)} ends at {band.mean[-1]:.1f}%" for name, band, _ in shown]
    against = f" The baseline ends at {baseline.mean[-1]:.1f}%." if baseline.mean else ""
    compared = "; dashed: the baseline" if baseline.mean else ""
    caption = f"Validation accuracy in % by epoch{compared}. The bands span the seeds."
    title, numbers = "Validation accuracy in % by epoch", f"{listed(said, MAX_SAID)}.{against}"
    return picture(title, numbers, caption, drawn.height, drawn.drawing)


def _learning_line(band: Band, class_: str) -> Line:
    spread = list(zip(band.low, band.high, strict=True))
    return Line(list(zip(band.epochs, band.mean, strict=True)), class_, spread=spread)


def dose_response(why: Why, number: int | None = None) -> Picture | None:
    """The baseline's models' accuracy as one parameter grows, with the safe value marked.

    Args:
        why: the candidate's.
        number: the candidate's place in the request, from 1, by which it is coloured.
    """
    shown = [each for each in why.parameters if len(each.dose_response) > 1][:MAX_PANELS]
    if not shown:
        return None
    drawn = panels([_dose_panel(effect, series_class(number)) for effect in shown])
    said = [
        f"{each.parameter} falls to {formatting.percent(each.affinity)} at {formatting.value(each.value)}, "
        f"{_safe(each)}"
        for each in shown
    ]
    caption = (
        "Affinity in % as one parameter grows; 1 is the spec's own value. Dashed: the largest value that is still safe."
    )
    title = "Affinity as one parameter grows from nothing"
    return picture(title, f"{listed(said, MAX_SAID)}.", caption, drawn.height, drawn.drawing)


def _dose_panel(effect: ParameterEffect, class_: str) -> Panel:
    doses = sorted(effect.dose_response, key=lambda point: point.fraction)
    points = [(point.fraction, 100 * point.affinity) for point in doses]
    safe = safe_fraction_of(effect)
    return Panel(
        (effect.parameter, f"{formatting.value(effect.value)}, {_safe(effect)}"),
        [Line(points, class_, dotted=True)],
        covering([0.0, 1.0, *(across for across, _ in points)], padding=0),
        Scale(0, max(105.0, *(up + 5 for _, up in points))),
        "× the spec's value",
        at=[(1.0, "plot-at"), *([(safe, "plot-safe")] if safe is not None else [])],
    )


def safe_fraction_of(effect: ParameterEffect) -> float | None:
    """The safe value as a fraction of the spec's, in strength: distance from 1 for pairs of factors, else from 0."""
    if effect.safe_value is None:
        return None
    centre = 1.0 if effect.parameter in _FACTORS and isinstance(effect.value, list) else 0.0
    whole, safe = (_strength(value, centre) for value in (effect.value, effect.safe_value))
    return safe / whole if whole else None


def _strength(value: float | list[float] | bool, centre: float) -> float:
    each = value if isinstance(value, list) else [float(value)]
    return max(abs(one - centre) for one in each)


def _safe(effect: ParameterEffect) -> str:
    return "none is safe" if effect.safe_value is None else f"safe: {formatting.value(effect.safe_value)}"


def classes(why: Why, number: int | None = None) -> Picture | None:
    """The difference of the classes that changed most, with intervals; filled where it is significant.

    Args:
        why: the candidate's.
        number: the candidate's place in the request, from 1, by which it is coloured.
    """
    measured = [each for each in why.classes if each.difference is not None]
    shown = most_changed(measured, MAX_CLASSES)
    if not shown:
        return None
    ends = [end for each in shown for end in (each.low, each.difference, each.high) if end is not None]
    scale, rows = covering([0.0, *ends]), []
    for each in shown:
        assert each.difference is not None
        reach = EMPTY if each.low is None or each.high is None else marks.interval(scale, each.low, each.high)
        drawn = joined([reach, marks.disc(scale, each.difference, hollow=not each.significant)])
        hint = f"{formatting.plain(each.class_name)}: {formatting.interval(each.low, each.high)}"
        rows.append(Row(each.class_name, formatting.points(each.difference), drawn, series_class(number), hint))
    chart = row_chart(rows, scale, "points against the baseline; right is better", zero=True)
    said = [f"{formatting.plain(each.class_name)} {formatting.points(each.difference)}" for each in shown]
    caption = "Difference by class with its interval, most changed first. Filled: significant over all classes."
    if len(measured) > len(shown):
        caption += f" {len(measured) - len(shown)} classes that changed less are left out."
    title = "Difference to the baseline by class, in points"
    return picture(title, f"{listed(said, MAX_SAID)}.", caption, chart.height, chart.drawing)


def confusions(why: Why, number: int | None = None) -> Picture | None:
    """From the baseline's share of a confusion to the candidate's.

    Args:
        why: the candidate's.
        number: the candidate's place in the request, from 1, by which it is coloured.
    """
    if not why.flips:
        return None
    shares = [share for each in why.flips for share in (each.baseline_share, each.candidate_share)]
    scale = covering([0.0, *(100 * share for share in shares)])
    rows, said = [], []
    for flip in why.flips:
        before, after = 100 * flip.baseline_share, 100 * flip.candidate_share
        name = " → ".join(formatting.plain(side, _MAX_SIDE) for side in (flip.source, flip.target))
        change = f"{formatting.percent(flip.baseline_share)} to {formatting.percent(flip.candidate_share)}"
        ends = joined([marks.disc(scale, before, hollow=True), marks.disc(scale, after)])
        value = formatting.percent(flip.candidate_share)
        rows.append(Row(name, value, joined([marks.span(scale, before, after), ends]), series_class(number)))
        said.append(f"{name} {change}")
    chart = row_chart(rows, scale, "% of the true class")
    caption = "Confusions that grew: true class → what it was taken for. Ring: baseline; dot: candidate."
    return picture("Confusions that grew", f"{listed(said, MAX_SAID)}.", caption, chart.height, chart.drawing)
