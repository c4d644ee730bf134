"""Clients that others' tools make of the OpenAPI document, in Python and TypeScript, asking a running service.

The tools have an environment of their own (``make clients``), as their dependencies are not ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.servers import missing
from tests.service.contract.conftest import Served

CLIENTS = Path(__file__).parents[3] / ".venv" / "clients"
SOURCES = Path(__file__).with_name("clients")


@pytest.fixture(scope="module")
def tools() -> Path:
    """The folder of the generators' programs."""
    if not (CLIENTS / ".installed").exists():
        missing("what generates clients", "make clients")
    return CLIENTS / "bin"


def _done(tools: Path, folder: Path, *command: str | Path, **variables: str) -> str:
    environment = {**os.environ, "PATH": os.pathsep.join([str(tools), os.environ["PATH"]]), **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-10_000:]
    return done.stdout


def _assert_round_trip(seen: dict[str, Any]) -> None:
    assert seen["findings"] > 0
    assert seen["statuses"] == [202, 202, 422, 404]
    assert seen["same"] is True
    assert (seen["state"], seen["trials"], seen["uploaded"]) == ("queued", 0, "queued")
    assert seen["id"] in seen["jobs"]
    assert seen["faults"] == ["body.evaluation.seeds"]
    assert seen["problem"] == "urn:augury:problem:not-found"


def test_a_generated_python_client_does_a_round_trip(served: Served, tools: Path, tmp_path: Path) -> None:
    """Made without a warning; every module of it can be imported, and answers are of the documented types."""
    generate = [tools / "openapi-python-client", "generate", "--path", served.document, "--meta", "none"]
    package = tmp_path / "augury_client"
    said = _done(tools, tmp_path, *generate, "--output-path", package, "--fail-on-warning")
    assert "WARNING" not in said
    modules = [
        ".".join(path.relative_to(tmp_path).with_suffix("").parts).removesuffix(".__init__")
        for path in package.rglob("*.py")
    ]
    asked = {path.stem for path in package.glob("api/*/*.py")}
    assert {"submit_job", "get_job", "stream_job", "add_dataset", "register_webhook"} <= asked
    _done(tools, tmp_path, tools / "python", "-c", "\n".join(f"import {module}" for module in modules))
    script = SOURCES / "round_trip.py"
    out = _done(tools, tmp_path, tools / "python", script, served.url, served.key, PYTHONPATH=str(tmp_path))
    _assert_round_trip(json.loads(out))


def test_generated_typescript_types_hold_for_a_round_trip(served: Served, tools: Path, tmp_path: Path) -> None:
    """A program that is checked against them, strictly, does with the service what it says."""
    programs = CLIENTS / "node_modules" / ".bin"
    (tmp_path / "node_modules").symlink_to(CLIENTS / "node_modules")
    for source in ("package.json", "tsconfig.json", "round_trip.ts"):
        shutil.copy(SOURCES / source, tmp_path)
    generate = [programs / "openapi-typescript", served.document, "--output", "augury.d.ts"]
    _done(tools, tmp_path, *generate, "--default-non-nullable=false")
    assert re.search(r"^ +submit_job: \{$", (tmp_path / "augury.d.ts").read_text(), re.MULTILINE)
    _done(tools, tmp_path, programs / "tsc", "--project", ".")
    _assert_round_trip(json.loads(_done(tools, tmp_path, tools / "node", "round_trip.ts", served.url, served.key)))
