"""What several commands take: the service's address, and JSON from a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from augury.client.references import BUILTIN, SYNTAX, reference_of

Url = Annotated[
    str | None,
    typer.Option(
        help="The service. Default: AUGURY_URL, else the stack running in ./.augury, else port 8000 here.",
        show_default=False,
    ),
]

JobId = Annotated[str, typer.Argument(metavar="JOB_ID", help="As printed by `augury run` and `augury jobs`.")]


def check_output(option: str, file: Path | None) -> None:
    """Make the folder that *file* is to be in, before hours are spent on what is written there.

    Raises:
        typer.BadParameter: it cannot be a file.
    """
    if file is None:
        return
    if file.is_dir():
        raise typer.BadParameter(f"{option}: {file} is a folder")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{option}: {error}") from error


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


def dataset_option(text: str) -> dict[str, Any]:
    """The reference that ``--dataset`` names: a built-in set by its bare name, or whatever `reference_of` knows.

    Raises:
        typer.BadParameter: it names none.
    """
    if text in BUILTIN:
        return {"kind": "builtin", "name": text}
    try:
        reference = reference_of(text)
    except ValueError as error:
        raise typer.BadParameter(f"--dataset: {error}") from error
    if reference is None:
        known = f"known are {', '.join(BUILTIN)}; {SYNTAX}"
        raise typer.BadParameter(
            f"--dataset: there is no built-in {text}; {known}. A local file: `augury datasets add`"
        )
    return reference


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
