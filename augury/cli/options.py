"""What several commands take: the service's address, and JSON from a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from augury.cli.guidance import completion
from augury.client.address import DEFAULT_DATA_DIR, given_url, running_url
from augury.client.references import BUILTIN, SYNTAX, reference_of

Url = Annotated[
    str | None,
    typer.Option(
        help="The service. Default: AUGURY_URL, else the stack running in ./.augury, else port 8000 here.",
        show_default=False,
    ),
]

UrlOrHere = Annotated[
    str | None,
    typer.Option(
        help="A service to ask. Default: AUGURY_URL, else the stack running in ./.augury, else none: it is done here.",
        show_default=False,
    ),
]

ImageSize = Annotated[
    str | None,
    typer.Option(
        metavar="HEIGHTxWIDTH",
        help="To bring images to, e.g. 64x64; 64 says the same. Default: as they are.",
        show_default=False,
    ),
]

RequestFile = Annotated[str, typer.Argument(metavar="REQUEST.json", help="The request as JSON; - reads it from stdin.")]

JobId = Annotated[
    str,
    typer.Argument(
        metavar="JOB_ID", help="As printed by `augury run` and `augury jobs`.", autocompletion=completion.jobs
    ),
]


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
        request = json.loads(content, parse_constant=_raise_for_constant)
    except ValueError as error:
        raise typer.BadParameter(f"{source}: {error}") from error
    if not isinstance(request, dict):
        raise typer.BadParameter(f"{source}: a request is a JSON object")
    return request


def service_for(url: str | None, dataset: str | None) -> str | None:
    """The service that is to be asked; None where it is done here.

    A service that was named is asked, whatever the dataset. One that merely runs in this folder is, unless the dataset
    is a file or folder of this machine, which it would have to be sent first.
    """
    named = url or given_url()
    if named is not None or (dataset is not None and _is_local(dataset)):
        return named
    return running_url(DEFAULT_DATA_DIR)


def dataset_option(text: str, *, is_here: bool = False, image_size: str | None = None) -> dict[str, Any]:
    """The reference that ``--dataset`` names: a built-in set by its bare name, or whatever `reference_of` knows.

    Where the dataset is read on this machine (*is_here*), it may be a file or folder, too, and *image_size* is that of
    its images.

    Raises:
        typer.BadParameter: it names none.
    """
    if text in BUILTIN:
        return {"kind": "builtin", "name": text}
    if is_here and _is_local(text):
        size = image_size_of(image_size)
        path = {"kind": "path", "path": str(Path(text).resolve())}
        return path if size is None else {**path, "image_size": list(size)}
    try:
        reference = reference_of(text)
    except ValueError as error:
        raise typer.BadParameter(f"--dataset: {error}") from error
    if reference is None:
        known = f"known are {', '.join(BUILTIN)}; {SYNTAX}"
        where = "There is no such file here, either" if is_here else "A local file: `augury datasets add`"
        raise typer.BadParameter(f"--dataset: there is no built-in {text}; {known}. {where}")
    return reference


def image_size_of(text: str | None) -> tuple[int, int] | None:
    """Height and width of ``64x96``; one number says both.

    Raises:
        typer.BadParameter: it is not two numbers.
    """
    if text is None:
        return None
    sides = text.lower().replace(",", "x").split("x")
    if len(sides) > 2 or not all(side.strip().isdecimal() for side in sides):
        raise typer.BadParameter(f"--image-size: got {text}, expected HEIGHTxWIDTH such as 64x64")
    return int(sides[0]), int(sides[-1])


def _is_local(text: str) -> bool:
    """Whether it names a file or folder of this machine; a built-in set's name never does."""
    return text not in BUILTIN and not text.lstrip().startswith("{") and Path(text).exists()


def _raise_for_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
