"""Findings in files and folders: what was asked for, file by file, and how it is printed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.lint import Semantics, Severity
from augury.reading.found import FoundSpec, Note, Position
from augury.reading.paths import files_of, read_file

if TYPE_CHECKING:
    from augury.linting.files.findings import PlacedFinding

Form = Literal["text", "json", "github"]

_GITHUB = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_CODE = frozenset({".py", ".ipynb"})


@dataclass(frozen=True)
class LintedSpec:
    """One spec of a file, with what there is to say about it."""

    found: FoundSpec
    findings: list[PlacedFinding]


@dataclass(frozen=True)
class LintedFile:
    """One file in which there was something."""

    path: str
    specs: list[LintedSpec] = field(default_factory=list)
    notes: tuple[Note, ...] = ()

    @property
    def findings(self) -> Iterator[PlacedFinding]:
        """Of all its specs, as they stand in the file."""
        yield from sorted((each for spec in self.specs for each in spec.findings), key=lambda each: each.position)


def linted_files(
    paths: list[Path], facts: DatasetFacts | None, semantics: Semantics, ignored: frozenset[str]
) -> Iterator[LintedFile]:
    """Every file in which there is a spec, or something that could not be looked at."""
    from augury.linting.files.findings import findings_of  # takes NumPy, which other commands do without
    from augury.linting.files.usage import usage_findings

    for path in files_of(paths):
        contents = read_file(path)
        specs = [
            LintedSpec(found, _kept([*findings_of(found, facts, semantics), *used], ignored))
            for found, used in zip(contents.specs, usage_findings(contents), strict=True)
        ]
        # Of documents nobody knows whether they were meant: a folder is full of JSON that is none.
        notes = contents.notes if path.suffix.lower() in _CODE or path in paths else ()
        if specs or notes:
            yield LintedFile(path.as_posix(), specs, notes)


def _kept(findings: list[PlacedFinding], ignored: frozenset[str]) -> list[PlacedFinding]:
    return [each for each in findings if each.rule not in ignored]


def show(files: list[LintedFile], form: Form) -> None:
    """Print the findings, and on stderr what was not looked at and the sum of it all."""
    _FORMS[form](files)
    if form == "json":
        return
    for file in files:
        for note in file.notes:
            typer.echo(f"{file.path}:{note.position}: note: {note.message}", err=True)
        for spec in file.specs:
            if spec.found.unread:
                typer.echo(f"{file.path}:{spec.found.position}: note: {_unread(spec.found.unread)}", err=True)
    typer.echo(_sum(files), err=True)


def _unread(unread: Mapping[str, str]) -> str:
    """What is no literal: by its name, or all that an unpacked dictionary may have at once."""
    by_text: dict[str, list[str]] = {}
    for name, text in unread.items():
        by_text.setdefault(text, []).append(name)
    parts = [
        text if text.startswith("*") else " and ".join(f"{name}={text}" for name in names)
        for text, names in by_text.items()
    ]
    return f"not a literal, so not looked at: {', '.join(parts)}"


def _sum(files: list[LintedFile]) -> str:
    specs = [spec for file in files for spec in file.specs]
    counts = {
        severity: sum(each.severity is severity for spec in specs for each in spec.findings) for severity in Severity
    }
    said = ", ".join(f"{count} {severity}" for severity, count in counts.items() if count) or "nothing to say"
    count, places = len(specs), sum(bool(file.specs) for file in files)
    return f"{count} spec{'s' * (count != 1)} in {places} file{'s' * (places != 1)}: {said}"


def _as_text(files: list[LintedFile]) -> None:
    for file in files:
        for each in file.findings:
            where = f"{file.path}:{each.position}"
            typer.echo(f"{where}: {each.severity} {each.rule}: {each.message} {each.remedy}")


def _as_json(files: list[LintedFile]) -> None:
    typer.echo(json.dumps([_file(file) for file in files], indent=2, allow_nan=False))


def _file(file: LintedFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "specs": [
            {
                **_position(spec.found.position),
                "name": spec.found.name,
                "known": _as_json_has_it(spec.found.arguments),
                "not_literal": spec.found.unread,
                "findings": [
                    {
                        **_position(each.position),
                        "severity": each.severity,
                        "rule": each.rule,
                        "message": each.message,
                        "remedy": each.remedy,
                    }
                    for each in spec.findings
                ],
            }
            for spec in file.specs
        ],
        "notes": [{**_position(note.position), "message": note.message} for note in file.notes],
    }


def _as_json_has_it(arguments: Mapping[str, Any]) -> Any:
    """What files may say and JSON may not, such as dates and infinities, as text."""
    return json.loads(json.dumps(dict(arguments), default=str), parse_constant=str)


def _position(position: Position) -> dict[str, int]:
    here = {"line": position.line, "column": position.column}
    return {"cell": position.cell, **here} if position.cell else here


def _as_github(files: list[LintedFile]) -> None:
    """Commands of a workflow, which become annotations; those in notebooks are about the file, whose lines are JSON."""
    for file in files:
        for each in file.findings:
            line, column, cell = each.position.line, each.position.column, each.position.cell
            where = f",line={line},col={column}" if not cell else ""
            title = f"augury {each.rule}" + (f" (cell {cell}, line {line})" if cell else "")
            told = f"{each.message} {each.remedy}"
            typer.echo(
                f"::{_GITHUB[each.severity]} file={_property(file.path)}{where},title={_property(title)}::{_data(told)}"
            )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_FORMS: dict[Form, Callable[[list[LintedFile]], None]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
}
