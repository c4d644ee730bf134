"""`augury preview`: look at what a spec does to a dataset's images before anything is trained on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from augury.cli.follow import err, say
from augury.cli.guidance import completion
from augury.cli.offline import preview_here
from augury.cli.options import ImageSize, UrlOrHere, dataset_option, read_request, service_for
from augury.client.client import Client
from augury.files import write_atomically

_DIGITS = {"kind": "builtin", "name": "digits"}

SpecFile = Annotated[
    str,
    typer.Argument(
        metavar="REQUEST_OR_SPEC.json",
        help="A spec, or a request with one in it: preview, augmentation, comparison; - reads it from stdin.",
    ),
]


def preview(
    file: SpecFile,
    output: Annotated[Path, typer.Option(help="Where to put the PNG.")] = Path("preview.png"),
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A built-in dataset's name, a local file or folder, an id or any reference. "
            "Default: the request's, else digits.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    candidate: Annotated[
        str | None,
        typer.Option(
            help="Which candidate of a comparison. Default: the first.",
            show_default=False,
            autocompletion=completion.candidates,
        ),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, max=64, help="Images to show.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, max=8, help="Augmentations of each.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed shows other images and draws.")] = None,
    scale: Annotated[int | None, typer.Option(min=1, max=64, help="Sheet pixels per image pixel.")] = None,
    semantics: Annotated[str | None, typer.Option(help="keras or corrected.")] = None,
    identity_probability: Annotated[float | None, typer.Option(help="Probability of leaving an image alone.")] = None,
    parameters: Annotated[bool, typer.Option("--parameters", help="Write under each image what was drawn.")] = False,
    worst_case: Annotated[bool, typer.Option("--worst-case", help="Show every transform at its limits.")] = False,
    image_size: ImageSize = None,
    url: UrlOrHere = None,
) -> None:
    """Show images of a dataset beside what a spec makes of them, as a PNG.

    Without a service it is done here, and the dataset may be a local folder, archive or npz.
    """
    service = service_for(url, dataset)
    reference = None if dataset is None else dataset_option(dataset, is_here=service is None, image_size=image_size)
    request = preview_request(read_request(file), candidate, reference)
    given = {
        "count": count,
        "rounds": rounds,
        "seed": seed,
        "scale": scale,
        "semantics": semantics,
        "identity_probability": identity_probability,
    }
    request |= {name: value for name, value in given.items() if value is not None}
    request |= {name: True for name, is_set in (("show_parameters", parameters), ("worst_case", worst_case)) if is_set}
    if output.is_dir():
        raise typer.BadParameter(f"--output: {output} is a folder")
    if service is None:
        sheet = preview_here(request, err())
    else:
        with Client(service) as client:
            sheet = client.preview(request, on_wait=lambda reason: say(f"Waiting: {reason}"))
    write_atomically(output, sheet)
    typer.echo(output)


def preview_request(content: dict[str, Any], candidate: str | None, dataset: dict[str, Any] | None) -> dict[str, Any]:
    """The body of a preview request, from whatever kind of file names a spec.

    Raises:
        typer.BadParameter: there is no such candidate, or candidates are asked for where there are none.
    """
    if "kind" in content:
        request = _shared_with_a_preview(content)
        if "candidates" in content:
            request |= _shared_with_a_preview(_candidate(content["candidates"], candidate))
    else:
        request = dict(content) if "spec" in content else {"spec": content}
    if candidate is not None and "candidates" not in content:
        raise typer.BadParameter("--candidate: the file has no candidates to choose from")
    if dataset is not None:
        request["dataset"] = dataset
    return request if "image" in request else {"dataset": _DIGITS, **request}


def _shared_with_a_preview(content: dict[str, Any]) -> dict[str, Any]:
    """The parts of a job's request, or of a candidate, that a preview knows too, or knew by a name that is refused."""
    shared = ("dataset", "spec", "semantics", "identity_probability", "p")
    return {name: content[name] for name in shared if name in content}


def _candidate(candidates: Any, name: str | None) -> dict[str, Any]:
    known = [entry for entry in candidates if isinstance(entry, dict)] if isinstance(candidates, list) else []
    for entry in known:
        if name is None or entry.get("name") == name:
            return entry
    names = ", ".join(str(entry.get("name")) for entry in known) or "none"
    raise typer.BadParameter(f"--candidate: there is no {name}; the file has: {names}")
