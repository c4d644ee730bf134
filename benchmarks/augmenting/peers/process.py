"""This side of the other libraries: their environment, and the process that runs there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from benchmarks.augmenting.cases import Case
from benchmarks.augmenting.peers.libraries import LIBRARIES
from benchmarks.augmenting.turns import Runner, Turn

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv" / "peers" / "bin" / "python"
TARGETS = {"albumentations": "peers", "torchvision": "peers-torch"}
"""What the Makefile calls the installation of each."""


def install(libraries: list[str]) -> None:
    """Install libraries into their environment, from requirements with hashes, which makes the environment if need be.

    Raises:
        SystemExit: it cannot be done; what pip says of it is printed.
    """
    targets = [TARGETS[library] for library in libraries]
    made = subprocess.run(["make", "-C", ROOT, f"PYTHON={sys.executable}", *targets], check=False, stdout=sys.stderr)
    if made.returncode:
        sys.exit(f"{' and '.join(libraries)} could not be installed; --peer-python names an interpreter that has them")


class Peers:
    """The process of an interpreter that has other libraries; there until it is closed.

    Args:
        python: the interpreter; it may have either library or both.
    """

    def __init__(self, python: Path) -> None:
        environment = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1"}  # which else asks for its newest version
        serve = Path(__file__).with_name("serve.py")
        self._process = subprocess.Popen(
            [python, serve], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.versions: dict[str, str] = self._ask(ask="versions")

    def __enter__(self) -> Peers:
        """The process itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def runners(self, case: Case, images: np.ndarray) -> dict[str, Runner]:
        """Whatever is installed and takes such images, each after its first batch."""
        runners: dict[str, Runner] = {}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "images.npy"
            np.save(file, images)
            told = {"images": str(file), "spec": case.parameters, "batch": case.batch}
            for name in LIBRARIES:
                if name.partition(",")[0] not in self.versions:
                    continue
                made = self._ask(ask="open", engine=name, **told)
                if made:
                    require_batch(name, made, case)
                    runners[name] = partial(self.turn, name)
        return runners

    def turn(self, name: str, seconds: float) -> Turn:
        """A turn of one of the runners, by its name."""
        return Turn(**self._ask(ask="turn", engine=name, seconds=seconds))

    def _ask(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the process of the other libraries ended at {question}")
        found: dict[str, Any] = json.loads(answer)
        return found


def require_batch(name: str, made: dict[str, Any], case: Case) -> None:
    """An engine whose batch is another is not compared.

    Raises:
        ValueError: its batch has other values than a batch of the case's floats.
    """
    expected = sorted((case.batch, *case.shape))
    if sorted(made["shape"]) != expected or made["kind"] != "float32":
        raise ValueError(f"{name} makes {made['kind']} {made['shape']}, expected float32 of the lengths {expected}")
