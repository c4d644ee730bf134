"""Every arm by every metric, and which of them decided."""

from __future__ import annotations

from api_schemas.reports.metrics import MetricValues
from api_schemas.reports.report import ArmReport, Report
from api_schemas.training.metrics import metric_choice
from augury.reporting import formatting
from augury.reporting.sections.section import Section
from augury.reporting.tables import MAX_ARMS, Table
from augury.wording import count

MAX_METRICS = 10
DECIDES = "decides"


def metrics(report: Report) -> Section | None:
    """The arms by their metrics; None for reports of earlier versions, which have accuracy alone."""
    names = list(dict.fromkeys(name for arm in report.arms for name in arm.metrics))[:MAX_METRICS]
    if not names:
        return None
    shown = report.arms[:MAX_ARMS]
    rows = [(formatting.plain(arm.name), *(written(name, arm.metrics.get(name)) for name in names)) for arm in shown]
    left_out = len(report.arms) - len(shown)
    table = Table(
        "Every arm by every metric, means over its seeds",
        ("Arm", *(_heading(name, report) for name in names)),
        rows,
        frozenset(range(1, len(names) + 1)),
        f"{count(left_out, 'more arm')} in the JSON report." if left_out else "",
    )
    return Section("metrics", "By other metrics", _sentences(report, names), [table])


def _sentences(report: Report, names: list[str]) -> list[str]:
    deciding = metric_choice(report.method.metric)
    said = []
    if report.candidates:
        said.append(f"Verdicts are by {formatting.plain(deciding.title)}; nothing is claimed of the other metrics.")
    less = [formatting.plain(metric_choice(name).title) for name in names if metric_choice(name).traits.is_better_lower]
    if less:
        said.append(f"Of {' and '.join(less)}, less is better; log loss is in nats, all others are shares.")
    partly = [arm for arm in report.arms if _has_undefined(arm)]
    if partly:
        said.append(
            "A metric of a class is left out on seeds without an image that is of the class, or is taken for it; the "
            "JSON report has its seeds."
        )
    return said


def _has_undefined(arm: ArmReport) -> bool:
    return len({len(values.seeds) for values in arm.metrics.values()}) > 1


def _heading(name: str, report: Report) -> str:
    title = formatting.plain(metric_choice(name).title)
    title = title[:1].upper() + title[1:]
    return f"{title} ({DECIDES})" if report.candidates and name == report.method.metric else title


def written(name: str, values: MetricValues | None) -> str:
    """A metric's mean: shares in percent, log loss in nats."""
    if values is None:
        return formatting.UNKNOWN
    return f"{values.mean:.3f}" if metric_choice(name).kind == "log_loss" else formatting.percent(values.mean)
