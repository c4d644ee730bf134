"""What several commands take: the service's address, and JSON from a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

Url = Annotated[
    str | None,
    typer.Option(
        help="The service. Default: AUGURY_URL, else the stack running in ./.augury, else port 8000 here.",
        show_default=False,
    ),
]


def read_request(path: str) -> dict[str, Any]:
    """The JSON object in a file, or in stdin for ``-``.

    Raises:
        typer.BadParameter: there is none.
    """
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error}") from error
    return parse_object(content, path)


def parse_object(content: bytes | str, source: str) -> dict[str, Any]:
    """The JSON object that *content* is; *source* says in errors where it comes from.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        request = json.loads(content, parse_constant=_refuse_constant)
    except ValueError as error:
        raise typer.BadParameter(f"{source}: {error}") from error
    if not isinstance(request, dict):
        raise typer.BadParameter(f"{source}: a request is a JSON object")
    return request


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
