"""`augury export`: a spec in the words of another library, with what is different there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from api_schemas.exports.export import Export, ExportRequest, Target
from augury.cli.follow import say
from augury.cli.guidance import completion
from augury.cli.offline import validated
from augury.cli.options import ImageSize, Url, check_output, image_size_of, parse_object, read_request
from augury.cli.preview import preview_request
from augury.client.client import Client
from augury.exports import export as written
from augury.exports.options import ExportOptions
from augury.files import write_atomically

TARGETS: tuple[str, ...] = get_args(Target)
_JOB = "job_"


def export(
    spec: Annotated[
        str,
        typer.Argument(
            metavar="SPEC",
            help="A file with a spec or a job's request, - for stdin, the spec itself as JSON, or a job's id.",
        ),
    ],
    to: Annotated[
        str, typer.Option("--to", help=f"The library: {', '.join(TARGETS)}.", autocompletion=lambda: list(TARGETS))
    ],
    candidate: Annotated[
        str | None,
        typer.Option(
            help="Which candidate of a comparison. Default: the first.",
            show_default=False,
            autocompletion=completion.candidates,
        ),
    ] = None,
    semantics: Annotated[str | None, typer.Option(help="keras (the default) or corrected.")] = None,
    image_size: ImageSize = None,
    out: Annotated[Path | None, typer.Option(help="Where to put it. Default: it is printed.")] = None,
    url: Url = None,
) -> None:
    """Write a spec down for another library; what is different there is said beside it."""
    check_output("--out", out)
    content = preview_request(_content_of(spec, url), candidate, None)
    body: dict[str, Any] = {"target": to, **{name: content[name] for name in ("spec", "semantics") if name in content}}
    if semantics is not None:
        body["semantics"] = semantics
    size = image_size_of(image_size)
    if size is not None:
        body["image_size"] = list(size)
    request = validated(ExportRequest, body)
    made = written(request.spec, request.target, ExportOptions.of(request))
    say("\n".join([*_said_of(made), *_left_out(content)]))
    if out is None:
        typer.echo(made.content, nl=False)
    else:
        write_atomically(out, made.content.encode())
        typer.echo(out)


def _content_of(spec: str, url: str | None) -> dict[str, Any]:
    """The JSON object that an argument names: itself, a job's request, or a file's content."""
    if spec.lstrip().startswith("{"):
        return parse_object(spec, "SPEC")
    if spec.startswith(_JOB) and not Path(spec).exists():
        with Client(url) as client:
            return dict(client.job(spec).request)
    return read_request(spec)


def _left_out(content: dict[str, Any]) -> list[str]:
    """What a request has beside its spec that changes images, and that no export carries."""
    probability = content.get("identity_probability", 0)
    return [f"  left out: the request leaves images alone with probability {probability}"] if probability else []


def _said_of(made: Export) -> list[str]:
    """The class of an export, and a line for every difference."""
    lines = [f"{made.target}: {made.fidelity.replace('_', ' ')}"]
    return lines + [f"  {each.fidelity.replace('_', ' ')}: {each.message}" for each in made.differences]
