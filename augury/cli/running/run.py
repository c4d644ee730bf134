"""`augury run` and `augury watch`: a request from a file, or a job that was submitted before, to its report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from api_schemas.jobs import JobKind
from augury.cli.checking.options import Checked, FailOnOption, JunitFile, MarkdownFile
from augury.cli.follow import Output, conclude, follow_or_let_go
from augury.cli.options import JobId, RequestFile, Url, check_output, read_request
from augury.cli.running.carrying_out import carried_out
from augury.cli.running.place import given_service, own_stack
from augury.client.address import DEFAULT_DATA_DIR
from augury.reporting.check.check import FailOn

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on stdout.")]
OutputFile = Annotated[
    Path | None, typer.Option("--output", help="Write the report, as JSON, or the augmented images to this file.")
]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", help="Write the report as one HTML page, with its pictures, to this file.")
]


def run(
    request: RequestFile,
    url: Url = None,
    as_json: AsJson = False,
    output: OutputFile = None,
    html: HtmlFile = None,
    fail_on: FailOnOption = FailOn.NONE,
    junit: JunitFile = None,
    markdown: MarkdownFile = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="Sending the same request with the same key again gives the same job.")
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="Start a stack on this machine for this run only.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="With --local: where that stack keeps everything. Default: .augury.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Submit, print the job's id and do not wait.")] = False,
) -> None:
    """Submit a request, watch it, and print the report, or fetch the augmented images.

    Ctrl-C only ends the watching; the job goes on. With --local it ends the stack.
    """
    _check_options({"--output": output, "--html": html}, url=url, local=local, data_dir=data_dir, detach=detach)
    body = read_request(request)
    checked = Checked(fail_on, junit, markdown)
    checked.require_possible(as_json=as_json, no_verdicts=_no_verdicts(body, detach=detach))
    with own_stack(data_dir or DEFAULT_DATA_DIR) if local else given_service(url) as place:
        if detach:
            job = place.client.submit(body, idempotency_key)
            typer.echo(job.model_dump_json(indent=2, by_alias=True) if as_json else job.id)
            return
        code = carried_out(place, body, Output(as_json, output, html, checked=checked), idempotency_key=idempotency_key)
    raise typer.Exit(code)


def watch(
    job_id: JobId, url: Url = None, as_json: AsJson = False, output: OutputFile = None, html: HtmlFile = None
) -> None:
    """Watch a job that was submitted before, and print its report."""
    _check_options({"--output": output, "--html": html})
    with given_service(url) as place:
        job = follow_or_let_go(place.client, job_id, place.again)
        code = conclude(place.client, job, Output(as_json, output, html))
    raise typer.Exit(code)


def _no_verdicts(body: Mapping[str, Any], *, detach: bool) -> str:
    """Why there will be no verdicts to see; nothing where there will be."""
    if detach:
        return "--detach does not wait for them"
    return "" if body.get("kind") == JobKind.COMPARISON else "only comparisons have them"


def _check_options(
    files: Mapping[str, Path | None],
    *,
    url: str | None = None,
    local: bool = False,
    data_dir: Path | None = None,
    detach: bool = False,
) -> None:
    """Refuse what cannot work before hours are spent on it."""
    if local and url:
        raise typer.BadParameter("--local starts a service of its own; leave out --url")
    if local and detach:
        raise typer.BadParameter("--local stops with the command, so there is nothing to --detach from")
    if data_dir and not local:
        raise typer.BadParameter("--data-dir is for --local")
    for option, file in files.items():
        if file is not None and detach:
            raise typer.BadParameter(f"--detach does not wait for the report that {option} asks for")
        check_output(option, file)
