"""`augury doctor`: what is wrong with a service, or with what is installed here, and what to do about it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from api_schemas.service.doctor import Finding, fine, problem, warning
from augury.cli.checking.exit_codes import ExitCode
from augury.cli.follow import say
from augury.cli.options import Url
from augury.client.address import DEFAULT_DATA_DIR, given_url, running_url
from augury.client.client import Client
from augury.errors import AuguryError
from augury.local.examination import environment_of, examinations

_REMEDIES = {
    "database": "it is away, or has the schema of another version; jobs are refused",
    "broker": "Redis cannot be reached; jobs are accepted, and wait until it is back",
    "recovery": "no control worker has looked for lost work lately; run one: python -m workers control",
}
_OF_OTHERS = (
    "AUGURY_API_KEY",
    "AUGURY_MEMORY_API",
    "AUGURY_MEMORY_CPU",
    "AUGURY_MEMORY_GPU",
    "AUGURY_MEMORY_POSTGRES",
    "AUGURY_PUBLISH",
    "AUGURY_URL",
    "AUGURY_VERSION",
)
"""Variables of the command line and of Compose, which no part reads as a setting."""
_MARKS = {"fine": "fine", "warning": "WARNING", "problem": "PROBLEM"}


def doctor(
    url: Url = None,
    data_dir: Annotated[Path, typer.Option(help="Of what is installed here: where it keeps everything.")] = (
        DEFAULT_DATA_DIR
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")] = False,
) -> None:
    """Say what is wrong, one line each, and what to do about it.

    With --url or AUGURY_URL it is the service there that is looked at; else what is installed on this machine, with the
    settings of the environment, and the service that runs here. Exit code 1 if something does not work.
    """
    named = url or given_url()
    findings = list(_of_service(named) if named else _of_machine(data_dir))
    if as_json:
        typer.echo(json.dumps([finding.model_dump() for finding in findings], indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            remedy = f": {finding.remedy}" if finding.remedy else ""
            typer.echo(f"{finding.check:11} {_MARKS[finding.level]:7} {finding.says}{remedy}")
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(ExitCode.FAILED)


def _of_service(url: str) -> Iterator[Finding]:
    with Client(url) as client:
        readiness = client.readiness()
        say(f"{client.url} is {readiness.status}")
    for name, is_there in readiness.checks.items():
        if is_there:
            yield fine(name, "it is there")
        else:
            yield problem(name, "MISSING", _REMEDIES.get(name, "see the log of the service"))
    yield _version(readiness.version)


def _version(theirs: str | None) -> Finding:
    ours = version("augury")
    if theirs is None:
        return warning("version", f"the service is of a version before {ours}", "upgrade the service")
    if theirs == ours:
        return fine("version", f"the service and this command are of version {ours}")
    says = f"the service is of version {theirs}, and this command of {ours}"
    return warning("version", says, f"pip install 'augury[client]=={theirs}', or upgrade the service")


def _of_machine(data_dir: Path) -> Iterator[Finding]:
    found = examinations(environment_of(data_dir))
    for examination in found:
        yield from examination.findings
    known = {name for examination in found for name in examination.variables}
    if known:
        yield from _unknown_variables({*known, *_OF_OTHERS})
    running = running_url(data_dir)
    if running is None:
        yield fine("service", f"none runs in {data_dir}; augury up starts one")
        return
    try:
        yield from _of_service(running)
    except AuguryError as error:
        yield problem("service", f"{running} does not answer as it should: {error}", f"see {data_dir / 'logs'}")


def _unknown_variables(known: set[str]) -> Iterator[Finding]:
    for name in sorted(os.environ):
        if name.startswith("AUGURY_") and name not in known:
            close = get_close_matches(name, known, 1)
            remedy = f"did you mean {close[0]}?" if close else "unset it; docs/deployment.md has all settings"
            yield warning("settings", f"nothing reads {name}", remedy)
