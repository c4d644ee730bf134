"""The first thing that a report shows: every difference on one axis, with its verdict in a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from api_schemas.reports.report import Difference, Report, Verdict
from augury.reporting import formatting
from augury.reporting.plots import marks
from augury.reporting.plots.markup import joined
from augury.reporting.plots.palette import verdict_class
from augury.reporting.plots.picture import Picture, picture
from augury.reporting.plots.rows import MAX_ROWS, Row, row_chart
from augury.reporting.plots.scales import Scale, covering
from augury.wording import listed

MAX_SAID = 12


class Judged(NamedTuple):
    """A difference to a baseline, with what it amounts to."""

    name: str
    difference: Difference
    verdict: Verdict
    is_fresh: bool
    """Trained and judged after all others, on seeds of its own."""

    def in_words(self) -> str:
        """For who does not see it."""
        badge = formatting.BADGES[self.verdict]
        return f"{formatting.plain(self.name)} {badge.word}, {formatting.difference(self.difference)}"


def forest(report: Report) -> Picture | None:
    """The difference of each candidate, and of the recommendation, with its interval and verdict.

    The band is the margin that counts as none. None where nothing was compared.
    """
    judged = list(_judged(report))[:MAX_ROWS]
    return forest_of(judged, report.method.practical_effect, formatting.unit(report)) if judged else None


def forest_of(judged: Sequence[Judged], margin: float, unit: str) -> Picture:
    """These differences, one at least and at most 24, on one axis.

    Args:
        judged: each against its own baseline.
        margin: how far from zero counts as none; 0 where that is not the same for all.
        unit: of differences and margin, in words.
    """
    ends = [end for each in judged for end in (each.difference.low, each.difference.high)]
    scale = covering([*ends, -margin, margin, 0.0])
    axis_title = f"{unit} against the baseline; right is better"
    drawn = row_chart([_row(each, scale) for each in judged], scale, axis_title, zero=True, none=margin)
    caption = "Difference to the baseline, with its interval."
    if margin:
        caption += f" Shaded: within {margin:g} {unit}, which counts as none."
    if any(each.is_fresh for each in judged):
        caption += " Hollow: on fresh seeds."
    said = f"{listed([each.in_words() for each in judged], MAX_SAID)}."
    return picture(f"Difference to the baseline in {unit}, with intervals", said, caption, drawn.height, drawn.drawing)


def _row(each: Judged, scale: Scale) -> Row:
    shown, badge = each.difference, formatting.BADGES[each.verdict]
    drawn = joined(
        [
            marks.interval(scale, shown.low, shown.high),
            marks.verdict_mark(scale, shown.mean, each.verdict, hollow=each.is_fresh),
        ]
    )
    value = f"{badge.sign} {badge.word} {formatting.points(shown.mean)}"
    return Row(each.name, value, drawn, verdict_class(each.verdict), each.in_words())


def _judged(report: Report) -> Iterator[Judged]:
    for each in report.candidates:
        if each.difference is not None:
            yield Judged(each.name, each.difference, each.verdict, is_fresh=False)
    advice = report.recommendation
    if advice is not None and advice.against_baseline is not None and advice.verdict is not None:
        yield Judged("recommended", advice.against_baseline, advice.verdict, is_fresh=True)
