"""Publish what a job of a service came to, or what ``augury.compare`` returned."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api_schemas.jobs import Job, JobKind, JobState
from api_schemas.reports.report import Report
from augury.client.client import Client
from augury.errors import NothingToPublish, RequestRefused, ServiceFailed
from augury.publishing.card import DEFAULT_SECTION, write_card
from augury.publishing.mlflow_runs import DEFAULT_EXPERIMENT, Published, publish_runs
from augury.publishing.secrets import without_secrets

if TYPE_CHECKING:
    from augury.comparing.outcome import Outcome


@dataclass(frozen=True)
class Finished:
    """What is published.

    Attributes:
        report: the whole of it.
        page: the same for people, as HTML.
        project: whose job it was; None where no service made it.
    """

    report: Report
    page: str | None
    project: str | None


def publish_to_mlflow(
    job: str | Outcome,
    *,
    url: str | None = None,
    tracking_uri: str | None = None,
    experiment: str = DEFAULT_EXPERIMENT,
) -> Published:
    """Have MLflow keep what a job came to; a second time changes nothing, unless the job went on in between.

    Args:
        job: its id, or an outcome of `augury.compare`.
        url: of the service that has it; by default as of `augury.Client`.
        tracking_uri: of MLflow; by default ``MLFLOW_TRACKING_URI``.
        experiment: by name; it is made where there is none.

    Raises:
        NothingToPublish: the job is not over, or has no report.
        NotInstalled: the client of MLflow is missing: ``pip install 'augury[mlflow]'``.
        PublishingFailed: MLflow did not take it.
        RequestRefused: there is no such job.
    """
    finished = _finished(job, url, with_page=True)
    files = {"report.json": finished.report.model_dump_json(indent=2, by_alias=True)}
    if finished.page is not None:
        files["report.html"] = finished.page
    return publish_runs(
        finished.report, files=files, project=finished.project, tracking_uri=tracking_uri, experiment=experiment
    )


def publish_to_card(
    job: str | Outcome, file: str | Path, *, url: str | None = None, section: str = DEFAULT_SECTION
) -> bool:
    """Put what a job came to into the card of a dataset or a model; whether that changed the file.

    Args:
        job: its id, or an outcome of `augury.compare`.
        file: the card, such as ``README.md``; it is made where there is none.
        url: of the service that has the job.
        section: the name of the section, which is replaced where the card has it.

    Raises:
        NothingToPublish: the job is not over, has no report, or the card cannot take it.
        RequestRefused: there is no such job.
    """
    return write_card(Path(file).expanduser(), _finished(job, url, with_page=False).report, section)


def finished_job(client: Client, job_id: str, *, with_page: bool) -> Finished:
    """What a job of a service came to; its page only where that is asked for.

    Raises:
        NothingToPublish: it is not over, or has no report.
        RequestRefused: there is no such job.
    """
    job = client.job(job_id)
    _require_report(job)
    return _published(
        client.report(job_id), client.project().name, with_page, lambda: client.report_page(job_id, "html")
    )


def _finished(job: str | Outcome, url: str | None, *, with_page: bool) -> Finished:
    if not isinstance(job, str):
        return _published(job.report, None, with_page, job.page)
    with Client(url) as client:
        return finished_job(client, job, with_page=with_page)


def _published(report: Report, project: str | None, with_page: bool, page_of: Callable[[], str]) -> Finished:
    """The report without secrets; its page is made anew where it would have any, and where the service has none."""
    shown, page = without_secrets(report), None
    if with_page and shown is report:
        with suppress(RequestRefused, ServiceFailed):  # jobs of earlier versions have no page
            page = page_of()
    return Finished(shown, _page_without_pictures(shown) if with_page and page is None else page, project)


def _page_without_pictures(report: Report) -> str | None:
    try:
        from augury.reporting.html import render_html
    except ModuleNotFoundError:  # of the extra "reports": then there is report.json
        return None
    return render_html(report, {})


def _require_report(job: Job) -> None:
    if not job.is_terminal:
        raise NothingToPublish(f"{job.id} is {job.state}: there is a report once it is over")
    if job.kind is JobKind.AUGMENTATION:
        raise NothingToPublish(f"{job.id} is an augmentation, which has images and no report")
    if not job.has_report:
        why = f": {job.error.message}" if job.state is JobState.FAILED and job.error else ""
        raise NothingToPublish(f"{job.id} {job.state} without a report{why}")
