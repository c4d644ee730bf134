"""The last score, on images that nothing was decided by."""

from __future__ import annotations

from api_schemas.reports.final_scores import FinalScore
from api_schemas.reports.report import Report
from api_schemas.training.metrics import metric_choice
from augury.reporting import formatting
from augury.reporting.sections.metrics import written
from augury.reporting.sections.section import Section
from augury.reporting.tables import Table

_STANDS_FOR = {
    "baseline": "baseline",
    "best": "best candidate",
    "recommendation": "recommendation",
    "trained": "trained",
}
_HOW_COMPARED = (
    "The recommendation is compared on the seeds that confirmed it, the best candidate on those of the comparison."
)


def final_scores(report: Report) -> Section | None:
    """The arms that were scored; None where that was not asked for."""
    scores = report.final_scores
    if scores is None:
        return None
    metric = report.method.metric
    title = formatting.plain(metric_choice(metric).title)
    is_other = scores.dataset is not None
    whose = f"images of dataset {formatting.plain(scores.dataset or '')}" if is_other else "test images"
    is_compared = any(each.stands_for == "best" for each in scores.arms)
    is_recommended = any(each.stands_for == "recommendation" for each in scores.arms)
    columns: tuple[str, ...] = (
        "Arm", "Stands for", title[:1].upper() + title[1:], "Difference to the baseline", "Seeds",
    )  # fmt: skip
    rows = [_row(each, metric) for each in scores.arms]
    if not is_compared:
        columns, rows = (*columns[:3], columns[4]), [(*row[:3], row[4]) for row in rows]
    table = Table(
        f"On the {scores.images:,} {whose}, means over seeds",
        columns,
        rows,
        frozenset({2, 3, 4}) if is_compared else frozenset({2, 3}),
        _HOW_COMPARED if is_recommended else "",
    )
    heading = "On the images of another dataset" if is_other else "On the untouched test images"
    return Section("final-scores", heading, [scores.sentence], [table] if scores.arms else [])


def _row(score: FinalScore, metric: str) -> tuple[str, ...]:
    values = score.metrics.get(metric)
    return (
        formatting.plain(score.arm),
        _STANDS_FOR[score.stands_for],
        written(metric, values),
        formatting.difference(score.difference),
        "0" if values is None else str(len(values.seeds)),
    )
