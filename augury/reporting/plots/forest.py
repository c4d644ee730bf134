"""The first thing that a report shows: every difference on one axis, with its verdict in a word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from matplotlib.figure import Figure

from api_schemas.reports.report import Difference, Report, Verdict
from augury.reporting import formatting
from augury.reporting.plots.style import (
    EQUIVALENT,
    GRID,
    HELPS,
    HURTS,
    INCONCLUSIVE,
    MUTED,
    Picture,
    draw,
    label_inches,
    mark_interval,
    name_rows,
    panel,
    short_name,
)
from augury.wording import listed

MAX_ROWS = 24
MAX_SAID = 12
_ROW_INCHES = 0.26
_VERDICT_INCHES = 1.25
_COLOURS = {
    Verdict.HELPS: HELPS,
    Verdict.HURTS: HURTS,
    Verdict.EQUIVALENT: EQUIVALENT,
    Verdict.INCONCLUSIVE: INCONCLUSIVE,
}
"""Those of the verdicts' badges."""


class _Row(NamedTuple):
    name: str
    difference: Difference
    verdict: Verdict
    is_fresh: bool
    """Trained and judged after all others, on seeds of its own."""


def forest(report: Report) -> Picture | None:
    """The difference of each candidate, and of the recommendation, with its interval and verdict.

    The band is the margin that counts as none. None where nothing was compared.
    """
    rows = list(_rows(report))[:MAX_ROWS]
    if not rows:
        return None
    margin, unit = report.method.practical_effect, formatting.unit(report)
    verdicts = [f"{formatting.points(row.difference.mean)} {formatting.BADGES[row.verdict].word}" for row in rows]

    def paint(figure: Figure) -> None:
        labels = [short_name(row.name) for row in rows]
        axes = panel(figure, height, left=label_inches(labels), bottom=0.5, right=_VERDICT_INCHES)
        axes.axvspan(-margin, margin, color=GRID, linewidth=0)
        axes.axvline(0, color=MUTED, linewidth=1)
        for at, row in enumerate(rows):
            shown = row.difference
            colour = _COLOURS[row.verdict]
            mark_interval(axes, at, shown.mean, shown.low, shown.high, filled=not row.is_fresh, colour=colour)
        name_rows(axes, labels, verdicts)
        for label, row in zip(axes.texts, rows, strict=True):
            label.set_color(_COLOURS[row.verdict])
        axes.set_xlabel(f"{unit} against the baseline")

    height = 0.7 + _ROW_INCHES * len(rows)
    said = [
        f"{formatting.plain(row.name)} {formatting.BADGES[row.verdict].word}, {formatting.difference(row.difference)}"
        for row in rows
    ]
    alternative = f"Difference to the baseline in {unit}, with intervals: {listed(said, MAX_SAID)}."
    caption = f"Difference to the baseline, with its interval. Shaded: within {margin:g} {unit}, which counts as none."
    if any(row.is_fresh for row in rows):
        caption += " Ring: on fresh seeds."
    return Picture(draw("forest", alternative, height, paint), alternative, caption)


def _rows(report: Report) -> Iterator[_Row]:
    for each in report.candidates:
        if each.difference is not None:
            yield _Row(each.name, each.difference, each.verdict, is_fresh=False)
    advice = report.recommendation
    if advice is not None and advice.against_baseline is not None and advice.verdict is not None:
        yield _Row("recommended", advice.against_baseline, advice.verdict, is_fresh=True)
