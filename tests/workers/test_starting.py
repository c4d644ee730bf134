"""A worker is loaded without looking for garbage, and looks for it from then on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import gc, sys
import workers.starting
is_loading = gc.isenabled()
from celery import signals
import workers.app
getattr(signals, sys.argv[1]).send(sender=None)
print(is_loading, gc.isenabled())
"""


@pytest.mark.parametrize(
    ("signal", "kind"), [("worker_ready", "cpu"), ("worker_process_init", "control")], ids=["parent", "pool process"]
)
def test_garbage_is_looked_for_once_a_process_works(signal: str, kind: str, tmp_path: Path) -> None:
    """The parent of a pool, and each of its processes, which inherit from it that nothing is looked for."""
    environment = {**os.environ, "AUGURY_DATA_DIR": str(tmp_path), "AUGURY_WORKER_KIND": kind}
    command = [sys.executable, "-c", PROGRAM, signal]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.stdout.splitlines()[-1:] == ["False True"], done.stderr
