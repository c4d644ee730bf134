"""The rules that the code is held to and that no linter knows."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("api_schemas", "augury", "service", "store", "workers")
MAX_MODULE_LINES = 250
MAX_FUNCTION_LINES = 60
ROAD = ROOT / "docs" / "life-of-a-job.md"
PUBLIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
WRITTEN_BY_HAND = [path for path in MODULES if "migrations/versions" not in path.as_posix()]
of_every_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _public(node: ast.AST, name: str) -> Iterator[tuple[str, ast.AST]]:
    """The node itself and the public classes and functions in it, which are not inside a function."""
    yield name, node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, PUBLIC) and not inner.name.startswith("_"):
            yield from _public(inner, f"{name}.{inner.name}")


def test_the_packages_are_where_these_rules_look_for_them() -> None:
    """A package that moves does not silently escape."""
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("path", WRITTEN_BY_HAND, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_and_its_functions_fit_on_a_few_screens(path: Path) -> None:
    """At most 250 lines a module and 60 a function."""
    assert len(path.read_text().splitlines()) <= MAX_MODULE_LINES
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, node.name


@of_every_module
def test_whatever_is_public_says_what_it_is(path: Path) -> None:
    """Modules, classes and functions without an underscore have a docstring."""
    assert [
        name
        for name, node in _public(_tree(path), path.stem)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not ast.get_docstring(node)
    ] == []


@of_every_module
def test_no_module_points_to_another_machine(path: Path) -> None:
    """Code names no host but this one's loopback, and no folder of the machine that it was written on."""
    text = path.read_text()
    hosts = set(re.findall(r"\b(?:https?|rediss?|postgresql(?:\+\w+)?|ftp)://(?:[^\s/@\"']*@)?([\w.-]+)", text))
    assert hosts <= {"127.0.0.1", "localhost", "www.w3.org"}  # the last is in the name of SVG, which nobody asks
    assert not re.search(r"[\"'`(\s](?:/home/|/root/|/Users/)", text)


@pytest.mark.parametrize("top", [*PACKAGES, "tests", "benchmarks"])
def test_a_folder_can_be_taken_in_at_a_glance(top: str) -> None:
    """At most 16 modules each."""
    sizes = Counter(path.parent for path in (ROOT / top).rglob("*.py") if "versions" not in path.parts)
    assert {folder.relative_to(ROOT).as_posix(): size for folder, size in sizes.items() if size > 16} == {}


def _lines_below(*folders: Path) -> int:
    return sum(len(path.read_text().splitlines()) for folder in folders for path in folder.rglob("*.py"))


def test_no_room_is_the_whole_house() -> None:
    """The workers hand work round and do little themselves; of the library no package is the larger part."""
    whole = _lines_below(*(ROOT / package for package in PACKAGES))
    assert _lines_below(ROOT / "workers") <= 0.15 * whole
    library = _lines_below(ROOT / "augury")
    rooms = [path for path in (ROOT / "augury").iterdir() if path.is_dir()]
    assert [room.name for room in rooms if _lines_below(room) > 0.4 * library] == []


def test_every_path_on_the_road_of_a_job_exists() -> None:
    """``docs/life-of-a-job.md`` names files and folders, and in some of them a name."""
    named = re.findall(r"`((?:api_schemas|augury|service|store|tests|workers)/[\w./]*)(?:::(\w+))?`", ROAD.read_text())
    assert len(named) > 50
    assert [path for path, _ in named if not (ROOT / path).exists()] == []
    assert [name for path, name in named if name and name not in (ROOT / path).read_text()] == []
