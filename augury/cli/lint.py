"""`augury lint`: what can be said about a spec at once, without training anything."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from api_schemas.lint import Finding, LintResult, Severity
from augury.cli.follow import err, out
from augury.cli.guidance import completion
from augury.cli.offline import lint_here
from augury.cli.options import ImageSize, UrlOrHere, dataset_option, read_request, service_for
from augury.client.client import Client

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_COMPLAINTS = (Severity.ERROR, Severity.WARNING)
FOUND = 1

SpecFile = Annotated[
    str,
    typer.Argument(
        metavar="SPEC.json",
        help="A spec, or a job's request: then every spec in it is checked; - reads it from stdin.",
    ),
]


def lint(
    file: SpecFile,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A built-in dataset's name, a local file or folder, an id or any reference. Default: the request's.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    semantics: Annotated[str | None, typer.Option(help="keras (the default) or corrected.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON, and nothing else.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings and errors.")] = False,
    image_size: ImageSize = None,
    url: UrlOrHere = None,
) -> None:
    """Say what is wrong or surprising about a spec, with the dataset's facts where they are known.

    Without a service it is done here, and the dataset may be a local folder, archive or npz.
    """
    service = service_for(url, dataset)
    reference = None if dataset is None else dataset_option(dataset, is_here=service is None, image_size=image_size)
    requests = lint_requests(read_request(file), reference, semantics)
    if service is None:
        results = lint_here(requests, err())
    else:
        with Client(service) as client:
            results = {name: client.lint(request) for name, request in requests.items()}
    if as_json:
        bodies = {name: result.model_dump(mode="json") for name, result in results.items()}
        typer.echo(json.dumps(bodies.get("", bodies), indent=2))
    else:
        out().print(render(results))
    if strict and any(found.severity in _COMPLAINTS for result in results.values() for found in result.findings):
        raise typer.Exit(FOUND)


def lint_requests(
    content: dict[str, Any], dataset: dict[str, Any] | None, semantics: str | None
) -> dict[str, dict[str, Any]]:
    """The bodies to send, by candidate; a spec that stands alone has the name ''.

    Raises:
        typer.BadParameter: the candidates are not what candidates are.
    """
    shared: dict[str, Any] = {name: content[name] for name in ("dataset", "semantics") if name in content}
    if dataset is not None:
        shared["dataset"] = dataset
    if semantics is not None:
        shared["semantics"] = semantics
    if "candidates" not in content:
        return {"": {**shared, "spec": content.get("spec", content)}}
    candidates = content["candidates"]
    if not isinstance(candidates, list) or not all(isinstance(each, dict) and "spec" in each for each in candidates):
        raise typer.BadParameter("candidates: expected a list of objects with a name and a spec")
    return {str(each.get("name", index)): {**shared, "spec": each["spec"]} for index, each in enumerate(candidates)}


def render(results: dict[str, LintResult]) -> RenderableType:
    """The findings as paragraphs: severity and rule, what happens, what to do."""
    parts: list[RenderableType] = []
    for name, result in results.items():
        if name:
            parts.append(Text(f"{name}: {_count(result.findings)}", style="bold"))
        parts.extend(_paragraph(found) for found in result.findings)
        if not result.findings:
            parts.append(Text("Nothing to say." if not name else ""))
    bases = {result.basis for result in results.values()}
    return Group(*parts, *(Text(f"Basis: {basis}.") for basis in sorted(bases)))


def _count(findings: list[Finding]) -> str:
    counts = {severity: sum(found.severity is severity for found in findings) for severity in Severity}
    return ", ".join(f"{count} {severity}" for severity, count in counts.items() if count) or "no findings"


def _paragraph(found: Finding) -> RenderableType:
    head = Text.assemble((found.severity, _STYLES[found.severity]), f"  {found.rule}")
    lines = [Text(found.message), Text(f"→ {found.remedy}")]
    if found.reference:
        lines.append(Text(f"({found.reference})", style="dim"))
    return Group(head, *(Padding(line, (0, 0, 0, 4)) for line in lines), Text())
