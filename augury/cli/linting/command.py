"""`augury lint`: what can be said about a spec at once, without training anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from api_schemas.lint import Finding, LintResult, Semantics, Severity
from augury.cli.checking.exit_codes import ExitCode
from augury.cli.follow import err, out
from augury.cli.guidance import completion
from augury.cli.linting.files import Form, linted_files, show
from augury.cli.offline import facts_here, installed, lint_here
from augury.cli.options import ImageSize, UrlOrHere, dataset_option, read_request, service_for
from augury.client.client import Client
from augury.reading.paths import TooManyFilesError

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}

Threshold = Literal["error", "warning", "info", "none"]
_FAILING: dict[Threshold, tuple[Severity, ...]] = {
    "error": (Severity.ERROR,),
    "warning": (Severity.ERROR, Severity.WARNING),
    "info": tuple(Severity),
    "none": (),
}

_CODE = (".py", ".ipynb", ".yaml", ".yml")

Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH...",
        help="One spec or request as JSON, - for stdin: shown in full. Or Python files, notebooks, YAML, JSON and "
        "folders with such: every ImageDataGenerator and every spec in them, line by line.",
    ),
]

Format = Annotated[
    Form | None,
    typer.Option(
        "--format",
        help="Of the lines about files: path:line:column and the finding; JSON; or GitHub's annotations.",
        show_default=False,
    ),
]

FailOn = Annotated[
    Threshold,
    typer.Option(help="Exit with 1 on findings that are as grave as that, or graver."),
]


def lint(
    paths: Paths,
    dataset: Annotated[
        str | None,
        typer.Option(
            help="A built-in dataset's name, a local file or folder, an id or any reference. Default: the request's.",
            autocompletion=completion.datasets,
        ),
    ] = None,
    semantics: Annotated[str | None, typer.Option(help="keras (the default) or corrected.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON, and nothing else.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="The same as --fail-on warning.")] = False,
    form: Format = None,
    fail_on: FailOn = "none",
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="RULE", help="Leave out a rule; may be given several times.")
    ] = None,
    image_size: ImageSize = None,
    url: UrlOrHere = None,
) -> None:
    """Say what is wrong or surprising about specs, with the dataset's facts where they are known.

    Without a service it is done here, and the dataset may be a local folder, archive or npz. Files and folders are
    always read here, and nothing in them is run.
    """
    threshold: Threshold = "warning" if strict and fail_on == "none" else fail_on
    ignored = frozenset(ignore or ())
    if form is None and _is_one_spec(paths):
        service = service_for(url, dataset)
        reference = None if dataset is None else dataset_option(dataset, is_here=service is None, image_size=image_size)
        results = _one(read_request(paths[0]), service, reference, semantics, ignored)
        _show(results, as_json=as_json)
        severities = [found.severity for result in results.values() for found in result.findings]
    else:
        reference = None if dataset is None else dataset_option(dataset, is_here=True, image_size=image_size)
        shown: Form = "json" if as_json else form or "text"
        severities = _files([Path(path) for path in paths], reference, semantics, ignored, shown)
    if any(severity in _FAILING[threshold] for severity in severities):
        raise typer.Exit(ExitCode.FAILED)


def _is_one_spec(paths: list[str]) -> bool:
    """Whether it is a spec or request to be shown in full, as anything is that is alone and no code."""
    return len(paths) == 1 and not (Path(paths[0]).is_dir() or Path(paths[0]).suffix.lower() in _CODE)


def _one(
    content: dict[str, Any],
    service: str | None,
    reference: dict[str, Any] | None,
    semantics: str | None,
    ignored: frozenset[str],
) -> dict[str, LintResult]:
    requests = lint_requests(content, reference, semantics)
    if service is None:
        results = lint_here(requests, err())
    else:
        with Client(service) as client:
            results = {name: client.lint(request) for name, request in requests.items()}
    return {
        name: result.model_copy(update={"findings": [each for each in result.findings if each.rule not in ignored]})
        for name, result in results.items()
    }


def _show(results: dict[str, LintResult], *, as_json: bool) -> None:
    if as_json:
        bodies = {name: result.model_dump(mode="json") for name, result in results.items()}
        typer.echo(json.dumps(bodies.get("", bodies), indent=2))
    else:
        out().print(render(results))


def _files(
    paths: list[Path], reference: dict[str, Any] | None, semantics: str | None, ignored: frozenset[str], form: Form
) -> list[Severity]:
    """Print what there is to say about files, and hand on how grave each finding is."""
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise typer.BadParameter(f"there is no {missing[0]}")
    if semantics not in (None, *get_args(Semantics)):
        raise typer.BadParameter(f"--semantics: got {semantics}, expected one of {', '.join(get_args(Semantics))}")
    facts = None if reference is None else facts_here(reference, err())
    judged: Semantics = "corrected" if semantics == "corrected" else "keras"
    try:
        with installed("lint"):
            files = list(linted_files(paths, facts, judged, ignored))
    except TooManyFilesError as error:
        raise typer.BadParameter(str(error)) from None
    show(files, form)
    return [found.severity for file in files for found in file.findings]


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
