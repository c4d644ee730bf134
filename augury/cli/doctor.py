"""`augury doctor`: has a service all that jobs need?"""

from __future__ import annotations

import typer

from augury.cli.follow import say
from augury.cli.options import Url
from augury.client.client import Client

MISSING = 1

_ADVICE = {
    "database": "it is away, or has the schema of another version; jobs are refused",
    "broker": "Redis cannot be reached; jobs are accepted, and wait until it is back",
    "recovery": "no control worker has looked for lost work lately; run one: python -m workers control",
}


def doctor(url: Url = None) -> None:
    """Say what a service has of all that jobs need, and what to do about the rest.

    Exit code 1 if something is missing.
    """
    with Client(url) as client:
        readiness = client.readiness()
        say(f"{client.url} is {readiness.status}")
    for name, is_there in readiness.checks.items():
        advice = "" if is_there else f": {_ADVICE.get(name, 'see the log of the service')}"
        typer.echo(f"{name:10} {'fine' if is_there else 'MISSING'}{advice}")
    if not all(readiness.checks.values()):
        raise typer.Exit(MISSING)
