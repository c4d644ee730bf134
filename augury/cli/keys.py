"""`augury keys`: make keys to one's own project, look at them, revoke them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from api_schemas.access.keys import SCOPES, Scope
from augury.cli.follow import out, say
from augury.cli.options import Url
from augury.cli.render.keys import render_keys
from augury.client.client import Client

KeyId = Annotated[str, typer.Argument(metavar="KEY_ID", help="As printed by `augury keys list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]


def create(
    name: Annotated[str, typer.Argument(help="To know it again by: who or what uses it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"What it may: {', '.join(SCOPES)}. May be given several times. Default: read and submit."),
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0, help="After which it ends. Default: never, or with your own key.")
    ] = None,
    replaces: Annotated[
        str | None, typer.Option(metavar="KEY_ID", help="The key whose work it is for, and which ends soon.")
    ] = None,
    overlap_hours: Annotated[float | None, typer.Option(min=0, help="With --replaces: how soon. Default: 24.")] = None,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """Make a key to your project. It is printed once, alone on stdout, and kept nowhere."""
    scopes = None if scope is None else [_scope(each) for each in scope]
    with Client(url) as client:
        made = client.create_key(
            name, scopes=scopes, expires_in_days=days, replaces=replaces, overlap_hours=overlap_hours
        )
    if as_json:
        typer.echo(made.model_dump_json(indent=2, by_alias=True))
        return
    say(f"{made.id} of project {made.project} may {', '.join(made.scopes)}; it ends {made.expires_at or 'never'}")
    typer.echo(made.key)


def list_(
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many to show.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
) -> None:
    """List the keys to your project, newest first, without what it takes to use them."""
    with Client(url) as client:
        found = client.keys(limit=limit)
    if as_json:
        typer.echo(found.model_dump_json(indent=2, by_alias=True))
    else:
        out().print(render_keys(found))


def revoke(key_id: KeyId, url: Url = None) -> None:
    """Have a key work no more."""
    with Client(url) as client:
        client.revoke_key(key_id)
    typer.echo(f"{key_id}: revoked")


COMMANDS: dict[str, Callable[..., None]] = {"create": create, "list": list_, "revoke": revoke}


def _scope(text: str) -> Scope:
    if text not in SCOPES:
        raise typer.BadParameter(f"--scope: got {text}, expected one of {', '.join(SCOPES)}")
    return text
