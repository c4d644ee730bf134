"""Storing a report in every form in which it is served, side by side."""

from __future__ import annotations

from api_schemas.reports.report import Report
from store.files.artifacts import ArtifactMissingError, Artifacts
from workers.context import Context


def store_report(context: Context, report: Report) -> str:
    """Store the report as JSON, as a page and as Markdown; the name of the first, which is stored last."""
    from augury.reporting.html import render_html  # imports the plotting library, which takes a second
    from augury.reporting.markdown import render_markdown

    folder = f"jobs/{report.job_id}"
    page = render_html(report, _contact_sheets(context.artifacts, report))
    context.artifacts.write(f"{folder}/report.html", page.encode())
    context.artifacts.write(f"{folder}/report.md", render_markdown(report).encode())
    context.artifacts.write(f"{folder}/report.json", report.model_dump_json(indent=2).encode())
    return f"{folder}/report.json"


def sheet_name(job_id: str, candidate: str) -> str:
    """Where a candidate's contact sheet is stored."""
    return f"jobs/{job_id}/sheets/{candidate}.png"


def _contact_sheets(artifacts: Artifacts, report: Report) -> dict[str, bytes]:
    sheets = {}
    for candidate in report.candidates:
        try:
            sheets[candidate.name] = artifacts.read(sheet_name(report.job_id, candidate.name))
        except ArtifactMissingError:
            continue  # the probe that makes it was stopped or has failed
    return sheets
