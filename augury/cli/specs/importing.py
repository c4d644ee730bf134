"""`augury import`: an augmentation of another library as a spec, with what was lost."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from augury.cli.follow import say
from augury.imports import SOURCES, read_spec
from augury.imports.imported import MAX_CHARACTERS, ImportRefused
from augury.imports.keras_code import read_call

_MAX_BYTES = 4 * MAX_CHARACTERS


def import_spec(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Code or a configuration; - reads it from stdin. None of it is run.")
    ],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help=f"The library: {', '.join(SOURCES)}. Default: by what the file says.",
            show_default=False,
            autocompletion=lambda: list(SOURCES),
        ),
    ] = None,
    call: Annotated[
        int | None,
        typer.Option(
            min=1, help="Which ImageDataGenerator of a file with several, counted from 1.", show_default=False
        ),
    ] = None,
) -> None:
    """Print another library's augmentation as a spec; what the spec does not do is said beside it."""
    text = _text_of(file)
    imported = read_spec(text, source) if call is None else read_call(text, call)
    what = "nothing was lost" if not imported.lost else "what the spec does otherwise:"
    say("\n".join([f"{imported.source}: {what}", *(f"  {each}" for each in imported.lost)]))
    typer.echo(json.dumps(imported.spec.model_dump(mode="json", exclude_defaults=True), indent=2))


def _text_of(file: str) -> str:
    """The text of a file, or of stdin.

    Raises:
        ImportRefused: it is too long, or no text.
    """
    with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
        content = stream.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise ImportRefused(f"{file}: more than the {_MAX_BYTES} bytes that are read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ImportRefused(f"{file}: no text in UTF-8: {error.reason} at byte {error.start}") from None
