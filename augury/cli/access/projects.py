"""`augury project`, `augury usage` and `augury audit`: one's own project, what it takes, and who did what."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from pydantic import BaseModel

from augury.cli.follow import out
from augury.cli.options import Url
from augury.cli.render.projects import render_audit, render_project, render_usage
from augury.client.client import Client

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]


def project(
    delete: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Delete the project of this name, yours, with all that it has, for ever."),
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show the project that your key is to: what it may take, and what there is of it."""
    with Client(url) as client:
        found = client.project() if delete is None else client.delete_project(delete)
    _show(found, render_project(found), as_json)


def usage(
    days: Annotated[int, typer.Option(min=1, max=90, help="How many of the last days to list.")] = 14,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show what your project has taken of the service, and what it may."""
    with Client(url) as client:
        found = client.usage(days)
    _show(found, render_usage(found), as_json)


def audit(
    action: Annotated[str | None, typer.Option(help="Only this operation, e.g. submit_job.")] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY_ID", help="Only what was done with this key.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", metavar="ID", help="Only what was done to this.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only what was refused.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Show who did what in your project, newest first."""
    with Client(url) as client:
        found = client.audit(
            action=action, key=key, object_id=object_id, outcome="refused" if refused else None, limit=limit
        )
    _show(found, render_audit(found), as_json)


def _show(found: BaseModel, rendered: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(rendered)
