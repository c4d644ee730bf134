"""The figures of a report. Each says its numbers in words, too; None where there is nothing to draw."""

from __future__ import annotations

from statistics import fmean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from api_schemas.plans import BASELINE, ArmRole
from api_schemas.reports.evidence import ParameterEffect, Why
from api_schemas.reports.report import Report
from augury.reporting import formatting
from augury.reporting.plots.curves import band_of
from augury.reporting.plots.style import (
    ACCENT,
    INK,
    MARK,
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
    short_name,
)
from augury.reporting.tables import most_changed
from augury.wording import listed

MAX_ROWS = 24
MAX_CLASSES = 15
MAX_PANELS = 12
MAX_SAID = 12
_ROW_INCHES = 0.26
_OTHER_LEVELS = (ArmRole.BUDGET, ArmRole.DATA, ArmRole.PILOT, ArmRole.EARLIER)
"""Arms with pictures of their own, in ``augury.reporting.plots.responses``, or with none."""
_FACTORS = ("brightness_range", "zoom_range")


def accuracy(report: Report) -> Picture | None:
    """Validation accuracy per arm: a dot for each seed, and the mean."""
    shown = [arm for arm in report.arms if arm.per_seed and arm.role not in _OTHER_LEVELS][:MAX_ROWS]
    if not shown:
        return None
    said = [f"{formatting.plain(arm.name)} {formatting.percent(arm.mean_validation_accuracy)}" for arm in shown]

    def paint(figure: Figure) -> None:
        labels = [short_name(arm.name) for arm in shown]
        axes = panel(figure, height, left=label_inches(labels), bottom=0.5)
        for row, arm in enumerate(shown):
            values = [100 * seed.validation_accuracy for seed in arm.per_seed]
            axes.scatter(values, [row] * len(values), s=22, facecolors="none", edgecolors=ACCENT, linewidths=1)
            axes.plot([fmean(values)] * 2, [row - 0.32, row + 0.32], color=INK, linewidth=2)
        name_rows(axes, labels, [formatting.percent(arm.mean_validation_accuracy) for arm in shown])
        axes.set_xlabel("validation accuracy in %")

    height = 0.7 + _ROW_INCHES * len(shown)
    alternative = f"Mean validation accuracy by arm: {listed(said, MAX_SAID)}."
    caption = "Validation accuracy of every arm. Rings: its seeds; bar: their mean."
    return Picture(draw("accuracy", alternative, height, paint), alternative, caption)


def learning(report: Report) -> Picture | None:
    """Validation accuracy over the epochs: each candidate against the baseline, the band spanning the seeds.

    Without candidates, every arm by itself.
    """
    arms = {arm.name: band_of(arm) for arm in report.arms}
    baseline = arms.get(BASELINE, band_of(None)) if report.candidates else band_of(None)
    named = [(each.name, each.arm) for each in report.candidates] or [(name, name) for name in arms]
    bands = {name: arms[arm] for name, arm in named if arm in arms and len(arms[arm].epochs) > 1}
    shown = dict(list(bands.items())[:MAX_PANELS])
    if not shown:
        return None
    reached = [value for band in (baseline, *shown.values()) for value in (*band.low, *band.high)]

    def paint(figure: Figure) -> None:
        for axes, (name, band) in zip(panels(figure, len(shown)), shown.items(), strict=True):
            for drawn, colour, dashes in ((baseline, REFERENCE, "--"), (band, ACCENT, "-")):
                axes.fill_between(drawn.epochs, drawn.low, drawn.high, color=colour, alpha=0.2, linewidth=0)
                axes.plot(drawn.epochs, drawn.mean, color=colour, linestyle=dashes)
            axes.set_title(short_name(name))
            axes.set_ylim(min(reached) - 3, max(reached) + 3)
            axes.set_xlabel("epoch")

    said = [f"{formatting.plain(name)} ends at {band.mean[-1]:.1f}%" for name, band in shown.items()]
    against = f" The baseline ends at {baseline.mean[-1]:.1f}%." if baseline.mean else ""
    alternative = f"Validation accuracy in % by epoch: {listed(said, MAX_SAID)}.{against}"
    compared = "; dashed: the baseline" if baseline.mean else ""
    caption = f"Validation accuracy in % by epoch{compared}. The bands span the seeds."
    return Picture(draw("learning", alternative, panels_height(len(shown)), paint), alternative, caption)


def dose_response(why: Why, identifier: str) -> Picture | None:
    """The baseline's models' accuracy as one parameter grows, with the safe value marked."""
    shown = [each for each in why.parameters if len(each.dose_response) > 1][:MAX_PANELS]
    if not shown:
        return None

    def paint(figure: Figure) -> None:
        for axes, effect in zip(panels(figure, len(shown)), shown, strict=True):
            _paint_dose(axes, effect)

    said = [
        f"{each.parameter} falls to {formatting.percent(each.affinity)} at {formatting.value(each.value)}, "
        f"{_safe(each)}"
        for each in shown
    ]
    alternative = f"Affinity as one parameter grows from nothing: {listed(said, MAX_SAID)}."
    caption = (
        "Affinity in % as one parameter grows; 1 is the spec's own value. Dashed: the largest value that is still safe."
    )
    return Picture(draw(identifier, alternative, panels_height(len(shown)), paint), alternative, caption)


def _paint_dose(axes: Axes, effect: ParameterEffect) -> None:
    doses = sorted(effect.dose_response, key=lambda point: point.fraction)
    axes.plot(
        [point.fraction for point in doses], [100 * point.affinity for point in doses],
        color=ACCENT, marker="o", markersize=3.5,
    )  # fmt: skip
    axes.axvline(1, color=MUTED, linewidth=1)
    safe = safe_fraction_of(effect)
    if safe is not None:
        axes.axvline(safe, color=MARK, linewidth=1.6, linestyle="--")
    axes.set_title(f"{effect.parameter}\n{formatting.value(effect.value)}, {_safe(effect)}", fontsize=8)
    axes.set_ylim(bottom=0, top=max(105, *(100 * point.affinity + 5 for point in doses)))
    axes.set_xlabel("× the spec's value", fontsize=8)


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


def classes(why: Why, identifier: str) -> Picture | None:
    """The difference of the classes that changed most, with intervals; filled where it is significant."""
    measured = [each for each in why.classes if each.difference is not None]
    shown = most_changed(measured, MAX_CLASSES)
    if not shown:
        return None

    def paint(figure: Figure) -> None:
        labels = [short_name(each.class_name) for each in shown]
        axes = panel(figure, height, left=label_inches(labels), bottom=0.5)
        axes.axvline(0, color=MUTED, linewidth=1)
        for row, each in enumerate(shown):
            assert each.difference is not None
            mark_interval(axes, row, each.difference, each.low, each.high, filled=each.significant)
        name_rows(axes, labels, [formatting.points(each.difference) for each in shown])
        axes.set_xlabel("points against the baseline")

    height = 0.7 + _ROW_INCHES * len(shown)
    said = [f"{formatting.plain(each.class_name)} {formatting.points(each.difference)}" for each in shown]
    alternative = f"Difference to the baseline by class, in points: {listed(said, MAX_SAID)}."
    caption = "Difference by class with its interval, most changed first. Filled: significant over all classes."
    if len(measured) > len(shown):
        caption += f" {len(measured) - len(shown)} classes that changed less are left out."
    return Picture(draw(identifier, alternative, height, paint), alternative, caption)


def confusions(why: Why, identifier: str) -> Picture | None:
    """From the baseline's share of a confusion to the candidate's."""
    if not why.flips:
        return None
    names = [f"{formatting.plain(flip.source, 12)} → {formatting.plain(flip.target, 12)}" for flip in why.flips]

    def paint(figure: Figure) -> None:
        axes = panel(figure, height, left=label_inches(names), bottom=0.5)
        for row, flip in enumerate(why.flips):
            before, after = 100 * flip.baseline_share, 100 * flip.candidate_share
            axes.plot([before, after], [row, row], color=MUTED, linewidth=1.2)
            axes.scatter([before], [row], s=26, facecolors="none", edgecolors=REFERENCE, linewidths=1.3)
            axes.scatter([after], [row], s=26, color=ACCENT)
        name_rows(axes, names, [formatting.percent(flip.candidate_share) for flip in why.flips])
        axes.set_xlim(left=-1)
        axes.set_xlabel("% of the true class")

    height = 0.7 + _ROW_INCHES * len(names)
    said = [
        f"{name} {formatting.percent(flip.baseline_share)} to {formatting.percent(flip.candidate_share)}"
        for name, flip in zip(names, why.flips, strict=True)
    ]
    alternative = f"Confusions that grew: {listed(said, MAX_SAID)}."
    caption = "Confusions that grew: true class → what it was taken for. Ring: baseline; dot: candidate."
    return Picture(draw(identifier, alternative, height, paint), alternative, caption)
