"""Whatever the service asks of the store says whose it is: forgetting it is found here, not by another project."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SERVICE = Path(__file__).parents[3] / "service"
MODULES = sorted(SERVICE.rglob("*.py"))
QUERIES = {"execute", "scalar", "scalars", "get", "query", "delete", "merge"}
"""What a session is asked by; ``get_one`` is for what a row that is one's own refers to."""
SAYING_WHOSE = {"project", "dataset", "row", "job", "caller", "resolved"}
"""Parameters that are a project, or something that was found in one."""
OF_NOBODY = {
    "store.rows.access.keys.belonging_to",
    "store.rows.access.keys.of_session",
    "store.rows.access.keys.ended_among",
    "store.rows.access.keys.is_any_active",
    "store.rows.access.keys.note_used",
    "store.rows.access.projects.names",
    "store.rows.access.sessions.begin",
    "store.rows.access.sessions.begin_by_key",
    "store.rows.access.sessions.end",
    "store.rows.access.sessions.find",
    "store.rows.audit.trail.append_all",
    "store.rows.counters.counting.add",
    "store.rows.counters.sums.read",
    "store.rows.datasets.delete",
    "store.rows.datasets.jobs_in_need",
    "store.rows.events.of_all",
    "store.rows.idempotency.first_rows",
    "store.rows.told.changes.mark",
    "store.rows.trials.definition_of",
    "store.rows.trials.of_job",
    "store.rows.uploads.begun.known_among",
    "store.rows.upkeep.duties.is_swept",
    "store.rows.upkeep.workers_seen.absence",
    "store.rows.views.standing.standing",
    "store.rows.views.versions.versions_of",
}
"""What is asked before it is known who asks, about the service itself, or about the id of a row that was found."""


class Call(NamedTuple):
    """A call of a function of the store with a session."""

    line: int
    name: str
    parameters: set[str]


def _calls(path: Path) -> Iterator[Call]:
    tree = ast.parse(path.read_text())
    imported = dict(_imported(tree))
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "session"):
            continue
        head, _, rest = ast.unparse(node.func).partition(".")
        name = ".".join(filter(None, (imported.get(head, head), rest)))
        if name.startswith("store.rows"):
            module, _, function = name.rpartition(".")
            signature = inspect.signature(getattr(importlib.import_module(module), function))
            yield Call(node.lineno, name, set(signature.parameters))


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def test_modules_ask_the_store_for_a_projects_own() -> None:
    """Every function that they call takes a project or a row of one, and they write no query by themselves."""
    assert [
        f"{path.relative_to(SERVICE)}:{each.line}: {each.name}"
        for path in MODULES
        for each in _calls(path)
        if each.name not in OF_NOBODY and not each.parameters & SAYING_WHOSE
    ] == []
    assert [
        f"{path.relative_to(SERVICE)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in QUERIES and ast.unparse(node.value) == "session"
    ] == []


def test_the_calls_are_found() -> None:
    """Else the test above would find nothing wrong with anything."""
    found = {each.name for path in MODULES for each in _calls(path)}
    assert {"store.rows.jobs.find", "store.rows.datasets.page", "store.rows.models.registered.get"} <= found
    assert found >= OF_NOBODY
