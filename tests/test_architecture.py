"""The rules that the code is held to and that no linter knows."""

from __future__ import annotations

import ast
import math
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
of_every_package = pytest.mark.parametrize("package", PACKAGES)
HOST = re.compile(r"\b(?:https?|rediss?|postgresql(?:\+\w+)?|ftp)://(?:[^\s/@\"']*@)?([\w.-]+)")
OWN_HOSTS = {"127.0.0.1", "localhost", "www.w3.org"}
"""The last is in the name of SVG, which nobody asks."""
PERSONAL_FOLDER = re.compile(r"[\"'`(\s](?:/home/|/root/|/Users/)")


@cache
def _modules_of(package: str) -> dict[str, str]:
    """What is written in the modules of a package, by their paths: a test looks at all of them and names all faults."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text() for path in MODULES if path.is_relative_to(ROOT / package)
    }


@cache
def _trees_of(package: str) -> dict[str, ast.Module]:
    return {path: ast.parse(text) for path, text in _modules_of(package).items()}


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


def _written_by_hand(path: str) -> bool:
    return "migrations/versions" not in path


@of_every_package
def test_modules_and_their_functions_fit_on_a_few_screens(package: str) -> None:
    """At most 250 lines a module and 60 a function."""
    lengths = {path: len(text.splitlines()) for path, text in _modules_of(package).items() if _written_by_hand(path)}
    assert {path: lines for path, lines in lengths.items() if lines > MAX_MODULE_LINES} == {}
    assert [
        f"{path}::{node.name}"
        for path, tree in _trees_of(package).items()
        if _written_by_hand(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or math.inf) - node.lineno >= MAX_FUNCTION_LINES
    ] == []


@of_every_package
def test_whatever_is_public_says_what_it_is(package: str) -> None:
    """Modules, classes and functions without an underscore have a docstring."""
    assert [
        f"{path}::{name}"
        for path, tree in _trees_of(package).items()
        for name, node in _public(tree, Path(path).stem)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not ast.get_docstring(node)
    ] == []


@of_every_package
def test_no_module_points_to_another_machine(package: str) -> None:
    """Code names no host but this one's loopback, and no folder of the machine that it was written on."""
    hosts = {path: set(HOST.findall(text)) - OWN_HOSTS for path, text in _modules_of(package).items()}
    assert {path: others for path, others in hosts.items() if others} == {}
    assert [path for path, text in _modules_of(package).items() if PERSONAL_FOLDER.search(text)] == []


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
