"""The libraries that specs are exported to, in an environment of their own (``make peers``)."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.servers import missing

PYTHON = Path(__file__).parents[3] / ".venv" / "peers" / "bin" / "python"
RUN = Path(__file__).with_name("run_exports.py")
Arrays = dict[str, npt.NDArray[Any]]


@dataclass
class Case:
    """Something to be run there: what, and the arrays that it takes."""

    kind: str
    code: Any
    arrays: Arrays = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)


@cache
def _has(library: str) -> bool:
    ask = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({library!r}) is None)"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", ask], check=False).returncode == 0


def require(library: str) -> None:
    """Skip where Albumentations or torchvision is not installed; the former has to be wherever CI runs."""
    if not _has(library) and library == "torchvision":
        import pytest

        pytest.skip("torchvision is not installed: make peers-torch")
    if not _has(library):
        missing(library, "make peers")


@cache
def _process() -> subprocess.Popen[str]:
    """One for all tests, as loading the libraries takes long; it ends when its input does."""
    environment = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [PYTHON, RUN], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def run(cases: list[Case]) -> list[Arrays]:
    """What comes out of each case."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        told = [{"kind": case.kind, "code": case.code, **case.more} for case in cases]
        (folder / "cases.json").write_text(json.dumps(told))
        arrays = {f"{number}/{key}": v for number, case in enumerate(cases) for key, v in case.arrays.items()}
        np.savez(folder / "arrays.npz", **arrays)
        process = _process()
        assert process.stdin
        assert process.stdout
        process.stdin.write(f"{folder}\n")
        answer = process.stdout.readline().strip()
        assert answer == "done", answer
        with np.load(folder / "results.npz") as stored:
            made = {key: stored[key] for key in stored.files}
    return [
        {key.partition("/")[2]: values for key, values in made.items() if key.startswith(f"{number}/")}
        for number in range(len(cases))
    ]
