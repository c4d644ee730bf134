"""Storing a report in every form in which it is served, side by side."""

from __future__ import annotations

from api_schemas.reports.report import Report
from store.files.artifacts import ArtifactMissingError, Artifacts
from store.files.names import report_name, sheet_name
from workers.context import Context


def store_report(context: Context, report: Report) -> str:
    """Store the report as JSON, as a page and as Markdown; the name of the first, which is stored last."""
    from augury.reporting.html import render_html
    from augury.reporting.markdown import render_markdown

    page = render_html(report, _contact_sheets(context.artifacts, report))
    context.artifacts.write(report_name(report.job_id, "html"), page.encode())
    context.artifacts.write(report_name(report.job_id, "md"), render_markdown(report).encode())
    name = report_name(report.job_id, "json")
    context.artifacts.write(name, report.model_dump_json(indent=2).encode())
    return name


def _contact_sheets(artifacts: Artifacts, report: Report) -> dict[str, bytes]:
    sheets = {}
    for candidate in report.candidates:
        try:
            sheets[candidate.name] = artifacts.read(sheet_name(report.job_id, candidate.name))
        except ArtifactMissingError:
            continue  # the probe that makes it was stopped or has failed
    return sheets
