"""The table of arms by metrics, as a page, Markdown and a terminal show it."""

from __future__ import annotations

import io

from rich.console import Console

from api_schemas.reports.metrics import MetricValues
from api_schemas.reports.report import Report
from augury.cli.render.report import render
from augury.reporting.html import render_html
from augury.reporting.markdown import render_markdown
from augury.reporting.sections.metrics import metrics
from tests.augury.reporting.samples import full

VALUES = {"recall:rare": 0.25, "accuracy": 0.9, "log_loss": 0.4321}


def _report(metric: str = "recall:rare", *, undefined: str | None = None) -> Report:
    """A report whose arms all have these values."""

    def values(name: str) -> MetricValues:
        seeds = [0] if name == undefined else [0, 1]
        return MetricValues(mean=VALUES[name], seeds=seeds, per_seed=[VALUES[name]] * len(seeds))

    report = full()
    arms = [arm.model_copy(update={"metrics": {name: values(name) for name in VALUES}}) for arm in report.arms]
    return report.model_copy(
        update={"arms": arms, "method": report.method.model_copy(update={"metric": metric, "practical_effect": 1.0})}
    )


def test_every_arm_stands_by_every_metric_and_the_deciding_one_is_marked() -> None:
    """Shares in percent, log loss in nats."""
    report = _report()
    section = metrics(report)
    assert section is not None
    (table,) = section.tables
    assert table.headings == ("Arm", "Recall of “rare” (decides)", "Accuracy", "Log loss")
    assert [row[0] for row in table.rows] == [arm.name for arm in report.arms]
    assert {row[1:] for row in table.rows} == {("25.0%", "90.0%", "0.432")}
    assert section.sentences[0] == "Verdicts are by recall of “rare”; nothing is claimed of the other metrics."


def test_it_is_told_where_a_metric_is_undefined_on_a_seed() -> None:
    """And not where every seed has all."""
    said = [
        " ".join(section.sentences)
        for section in (metrics(_report()), metrics(_report(undefined="recall:rare")))
        if section
    ]
    assert ["is left out on seeds" in sentences for sentences in said] == [False, True]


def test_reports_of_earlier_versions_have_no_such_section() -> None:
    """Their arms have no metrics but their accuracy."""
    assert metrics(full()) is None


def test_page_markdown_and_terminal_name_the_metric_that_decided() -> None:
    """In the table of verdicts, in what counts as none, and in the section."""
    report, console = _report(), Console(file=io.StringIO(), width=200, record=True)
    console.print(render(report, 200))
    for told in (render_html(report, {}), render_markdown(report), console.export_text(clear=False)):
        assert "Recall of “rare” (decides)" in told
        assert "within 1 point of recall of “rare” count as none; above zero is better" in told
    assert "Differences in validation recall of “rare” against the baseline" in render_markdown(report)
    assert "points of recall of “rare” against the baseline" in console.export_text(clear=False)
