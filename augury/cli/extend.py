"""The ``extend`` command: more seeds for a finished comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from augury.cli.follow import Output, conclude, follow_or_let_go, say
from augury.cli.options import JobId, Url, check_output
from augury.client.client import Client


def extend(
    job_id: JobId,
    seeds: Annotated[int, typer.Option(min=3, help="Per arm in all, those that are trained included.")],
    url: Url = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, and nothing else.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write the report, as JSON, to this file.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Do not wait for the report.")] = False,
) -> None:
    """Train a finished comparison's undecided candidates on more seeds, and print the new report.

    One more look at the evidence, which the stated confidence covers, unlike sending the request again and again.
    """
    if detach and output is not None:
        raise typer.BadParameter("--detach does not wait for the report that --output asks for")
    check_output("--output", output)
    with Client(url) as client:
        job = client.extend(job_id, seeds)
        say(f"{job.id} goes on to {seeds} seeds")
        if detach:
            return
        again = f" --url {url}" if url else ""
        code = conclude(client, follow_or_let_go(client, job.id, again), Output(as_json, output))
    raise typer.Exit(code)
