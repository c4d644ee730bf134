"""What the doctors of all parts have in common: settings, versions, and how they answer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TypeVar

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings

from api_schemas.service.doctor import Examination, Finding, fine, problem

Settings = TypeVar("Settings", bound=BaseSettings)

_PROJECT = "augury"


def read_settings(kind: type[Settings]) -> tuple[Settings | None, list[Finding]]:
    """The settings of the environment, or what is wrong with them."""
    try:
        return kind(), []
    except ValidationError as error:
        prefix = kind.model_config.get("env_prefix", "")
        lines = error.errors(include_url=False, include_input=False)  # a setting may be a password
        return None, [
            problem(
                "settings",
                f"{prefix}{'.'.join(map(str, line['loc'])).upper()}: {line['msg']}".replace("\n", " "),
                "correct it in the environment; docs/deployment.md has all settings",
            )
            for line in lines
        ]


def variables_of(*kinds: type[BaseSettings]) -> list[str]:
    """Names of the environment variables that these settings are read from."""
    return sorted({_variable(kind, name) for kind in kinds for name in kind.model_fields})


def _variable(kind: type[BaseSettings], name: str) -> str:
    alias = kind.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return f"{kind.model_config.get('env_prefix', '')}{name}".upper()


def versions(extra: str) -> Iterator[Finding]:
    """Whether what an extra asks for is installed, in the versions that it asks for."""
    wrong = list(_unsatisfied(extra, set()))
    if not wrong:
        python = ".".join(map(str, sys.version_info[:3]))
        yield fine(
            "versions", f"Augury {version(_PROJECT)} on Python {python} has all that its part {extra!r} asks for"
        )
    for says in wrong:
        yield problem("versions", says, f"pip install 'augury[{extra}]', or install the lock file again")


def _unsatisfied(extra: str, seen: set[str]) -> Iterator[str]:
    seen.add(extra)
    for line in requires(_PROJECT) or []:
        needed = Requirement(line)
        if needed.marker is not None and not needed.marker.evaluate({"extra": extra}):
            continue
        if canonicalize_name(needed.name) == _PROJECT:
            for inner in needed.extras - seen:
                yield from _unsatisfied(inner, seen)
            continue
        try:
            found = version(needed.name)
        except PackageNotFoundError:
            yield f"{needed.name} is not installed"
            continue
        if not needed.specifier.contains(found, prereleases=True):
            yield f"{needed.name} is {found}, and needed is {needed.specifier}"


def answer(examine: Callable[[], Iterable[Finding]], *kinds: type[BaseSettings]) -> int:
    """Print an examination as JSON, for `augury doctor`; what breaks it off is found, too."""
    findings: list[Finding] = []
    try:
        findings.extend(examine())
    except Exception as error:  # a doctor that falls over says nothing of the rest
        says = f"the examination broke off: {type(error).__name__}"
        findings.append(problem("doctor", says, "this is a fault of Augury: please report it"))
    examination = Examination(findings=findings, variables=variables_of(*kinds))
    sys.stdout.write(json.dumps(examination.model_dump()) + "\n")
    return 0
