"""The ``report`` command: the report of a finished job, as a table, as JSON, as a page or as Markdown."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from augury.cli.follow import Output
from augury.cli.options import JobId, Url, check_output
from augury.client.client import Client
from augury.files import write_atomically


class Form(StrEnum):
    """How a report can be had."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"


_PAGES: dict[Form, Literal["html", "markdown"]] = {Form.HTML: "html", Form.MARKDOWN: "markdown"}


def report(
    job_id: JobId,
    url: Url = None,
    form: Annotated[
        Form, typer.Option("--format", help="html is one page with pictures; markdown has its tables.")
    ] = Form.TABLE,
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(help="Write to this file instead of stdout. The table is printed all the same: its file is JSON."),
    ] = None,
) -> None:
    """Print the report of a finished job, or write it to a file."""
    if as_json and form not in (Form.TABLE, Form.JSON):
        raise typer.BadParameter(f"--json and --format {form.value} exclude each other")
    check_output("--output", output)
    with Client(url) as client:
        if form in _PAGES:
            _write(client.report_page(job_id, _PAGES[form]), output)
        elif as_json or form is Form.JSON:
            _write(client.report(job_id).model_dump_json(indent=2, by_alias=True) + "\n", output)
        else:
            Output(file=output).show(client.report(job_id))


def _write(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_atomically(output, text)
