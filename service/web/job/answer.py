"""What a job has found out: its report as a part of its page, and whether more seeds could decide more."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from pydantic import ValidationError

from api_schemas.reports.report import Report
from augury.reporting.html import render_body
from service.jobs.extension import obstacle_to_extending, seeds_of, undecided_in
from service.resources import Resources
from service.web.compare.chosen import MAX_CANDIDATES
from store.files.artifacts import ArtifactMissingError
from store.files.names import sheet_name
from store.rows.tables import JobRow


@dataclass(frozen=True)
class Extension:
    """What more seeds could decide: the candidates that are undecided, and how many seeds there are."""

    undecided: list[str]
    seeds: int


@dataclass(frozen=True)
class Found:
    """The answer.

    Attributes:
        markup: the report, as HTML that was made of escaped text.
        extension: None where more seeds would decide nothing, or may not be asked for.
        problem: why there is no report to be seen, in a sentence; empty where there is one.
        compared: its candidates, as many as can be shown beside each other.
    """

    markup: str
    extension: Extension | None
    problem: str
    compared: list[str]


def read_report(resources: Resources, row: JobRow) -> Report | None:
    """A job's report; None where it has none, or its file is missing or cannot be read."""
    if row.report_artifact is None:
        return None
    try:
        return Report.model_validate_json(resources.artifacts.read(row.report_artifact))
    except (ArtifactMissingError, ValidationError):
        return None


def found(resources: Resources, row: JobRow) -> Found:
    """What a job that is over has found out."""
    report = read_report(resources, row)
    if report is None:
        missing = "The file of its report is missing or cannot be read." if row.report_artifact is not None else ""
        return Found("", None, missing, [])
    compared = [each.name for each in report.candidates][:MAX_CANDIDATES]
    return Found(render_body(report, _sheets(resources, row.id, report)), _extension(row, report), "", compared)


def _sheets(resources: Resources, job_id: str, report: Report) -> dict[str, str]:
    """Where the contact sheets are that there are, by candidate."""
    return {
        each.name: f"/jobs/{job_id}/sheet?candidate={quote(each.name, safe='')}"
        for each in report.candidates
        if resources.artifacts.exists(sheet_name(job_id, each.name))
    }


def _extension(row: JobRow, report: Report) -> Extension | None:
    undecided = undecided_in(report)
    return None if obstacle_to_extending(row, undecided) is not None else Extension(undecided, seeds_of(row))
