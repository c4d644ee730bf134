"""Watch a job to its end and show what came out: what `run`, `watch` and `report` share."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from api_schemas.artifacts import ArtifactList
from api_schemas.jobs import Job, JobState
from api_schemas.reports.report import Report
from augury.cli.checking.exit_codes import OF_OUTCOMES
from augury.cli.checking.options import Checked
from augury.cli.render.progress import JobProgress
from augury.cli.render.report import render
from augury.client.client import Client
from augury.errors import ServiceUnreachable
from augury.files import write_atomically
from augury.reporting.check.check import Check
from augury.wording import joined

COLUMNS_ELSEWHERE = 100
"""Of a table that goes into a file or a pipe."""


@dataclass(frozen=True)
class Output:
    """Where a report or an archive goes besides, or instead of, the terminal.

    Attributes:
        as_json: whether stdout gets it as JSON and nothing else.
        file: for it as JSON, or for the archive.
        page: for it as an HTML page.
        markdown: for it as Markdown.
        checked: what is to be made of its verdicts.
        link: where people find the job once the command is over; empty where its service ends with the command.
    """

    as_json: bool = False
    file: Path | None = None
    page: Path | None = None
    markdown: Path | None = None
    checked: Checked = field(default_factory=Checked)
    link: str = ""

    def show(self, report: Report) -> None:
        """Write and print the report."""
        text = report.model_dump_json(indent=2, by_alias=True)
        if self.file is not None:
            write_atomically(self.file, text + "\n")
        if self.as_json:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        elif not self.checked.is_on_stdout:
            console = out()
            console.print(render(report, console.width))

    def save_pages(self, client: Client, job_id: str) -> None:
        """Write the report as Markdown and as an HTML page where that was asked for, and say where the page is."""
        if self.markdown is not None:
            write_atomically(self.markdown, client.report_page(job_id, "markdown"))
        if self.page is not None:
            write_atomically(self.page, client.report_page(job_id, "html"))
            say(f"The report as a page, with its pictures: {self.page}")

    def fetch(self, client: Client, job: Job) -> None:
        """Download the first of the job's files where that was asked for, or else say where they are."""
        if self.file is not None:
            client.download(job.id, job.artifacts[0].name, self.file)
            say(f"{job.artifacts[0].name} written to {self.file}")
        if self.as_json:
            sys.stdout.write(ArtifactList(items=job.artifacts).model_dump_json(indent=2) + "\n")
        elif self.file is None:
            for each in job.artifacts:
                sys.stdout.write(f"{client.url}{client.artifact_path(job.id, each.name)}  {each.bytes} bytes\n")
        sys.stdout.flush()


def out() -> Console:
    """The console for results."""
    return _console(stderr=False)


def err() -> Console:
    """The console for progress and errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, markup=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = COLUMNS_ELSEWHERE
    return console


def follow(client: Client, job_id: str) -> Job:
    """Show a job's progress until it is over; the job as it ended."""
    with JobProgress(err()) as display:
        for job in client.watch(job_id):
            display.show(job)
    return job


def follow_or_let_go(client: Client, job_id: str, url_option: str = "") -> Job:
    """The same, but whoever stops watching is told how to go on."""
    try:
        return follow(client, job_id)
    except (KeyboardInterrupt, ServiceUnreachable):
        say(f"No longer watching {job_id}, which goes on without us.")
        say(f"  Continue with `augury watch {job_id}{url_option}`, drop it with `augury cancel {job_id}{url_option}`.")
        raise


def conclude(client: Client, job: Job, output: Output) -> int:
    """Show what came out of a job that is over; the exit code."""
    report = client.report(job.id) if job.has_report else None
    if report is not None:
        output.show(report)
        output.save_pages(client, job.id)
    if job.artifacts:
        output.fetch(client, job)
    problem = "" if job.state is JobState.SUCCEEDED else _problem(job)
    check = Check(output.checked.fail_on, job.id, report, problem, output.link)
    output.checked.write(check)
    if problem:
        say(f"{job.id} {problem}")
        if job.error and job.error.retryable:
            say("The same request may succeed when it is sent again; finished trials will be reused.")
    elif check.failing:
        _say_what_fails(check)
    return OF_OUTCOMES[check.outcome]


def _problem(job: Job) -> str:
    """How a job ended that did not succeed, and why."""
    return f"{job.state}: {job.error.message} ({job.error.failure_class})" if job.error else str(job.state)


def _say_what_fails(check: Check) -> None:
    names = joined([f"{each.name} ({each.verdict})" for each in check.failing])
    say(f"The check fails under --fail-on {check.fail_on}, with exit code {OF_OUTCOMES[check.outcome]}: {names}.")


def say(line: str) -> None:
    """Tell a person something that is not a result."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
