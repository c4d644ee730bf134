"""JAX, which is an optional backend: in the environment of the tests, or beside it (``make jax``)."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.servers import missing

ROOT = Path(__file__).parents[2]
BESIDE = ROOT / ".venv" / "jax"
QUICKLY_COMPILED = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
"""The same operations in the same order, in machine code that is made in half of the time and run a few times."""


def require_jax() -> None:
    """Skip where JAX is not installed; it has to be wherever CI runs."""
    if find_spec("jax") is None and not (BESIDE / "jax").exists():
        missing("JAX", "make jax")


def with_jax() -> dict[str, str]:
    """What the environment of a process says that is to find JAX, and compute on processors with it."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")]), str(BESIDE)]
    return {"JAX_PLATFORMS": "cpu", "PYTHONPATH": os.pathsep.join(paths)}


def run_on_jax(*arguments: str) -> str:
    """The last line that Python prints with these arguments and with Keras on JAX, on processors."""
    quick = {"XLA_FLAGS": os.environ.get("XLA_FLAGS", QUICKLY_COMPILED)}
    environment = {**os.environ, **with_jax(), **quick, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()[-1]
