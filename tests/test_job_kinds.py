"""A kind of job is a row in every table of kinds."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from api_schemas.jobs import JobKind, JobRequest
from api_schemas.plans import AugmentationPlan, Plan
from tests.test_architecture import ROOT

PACKAGES = ("api_schemas", "augury", "service", "store", "workers")


def _tables() -> Iterator[tuple[str, str]]:
    """Module and name of whatever is annotated as ``dict[JobKind, …]`` at the top of a module."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text()
            if "dict[JobKind, " in text:
                yield from ((_module(path), name) for name in _annotated(ast.parse(text)))


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _annotated(module: ast.Module) -> Iterator[str]:
    for statement in module.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=of) if ast.unparse(of).startswith("dict[JobKind, "):
                yield name


TABLES = list(_tables())


def test_the_tables_are_found() -> None:
    """Those of the service, the rows, the planner, the client and the command line, which this test is about."""
    assert set(TABLES) >= {
        ("service.jobs.kinds", "_KINDS"),
        ("store.rows.jobs", "_REQUESTS"),
        ("store.rows.views.progress", "_TALLIES"),
        ("workers.planner.advance", "_NEXT_STEPS"),
        ("augury.client.client", "_PLANS"),
        ("augury.cli.render.progress", "_CHUNKS_ARE"),
        ("augury.cli.render.tables", "_PLANS"),
    }


@pytest.mark.parametrize(("module", "name"), TABLES, ids=".".join)
def test_every_table_of_kinds_has_a_row_for_each(module: str, name: str) -> None:
    """Whoever adds a kind is told where it is missing, before a job of it comes to that place."""
    table = getattr(importlib.import_module(module), name)
    assert set(table) == set(JobKind)


def _kinds_of(*models: Any) -> list[str]:
    return [kind for model in models for kind in get_args(model.model_fields["kind"].annotation)]


def test_every_kind_can_be_asked_for_and_planned() -> None:
    """By exactly one request and one plan."""
    assert sorted(_kinds_of(*get_args(get_args(JobRequest)[0]))) == sorted(JobKind)
    assert sorted(_kinds_of(Plan, AugmentationPlan)) == sorted(JobKind)
