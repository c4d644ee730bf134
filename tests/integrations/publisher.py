"""Says `augury …` as often as it is told to, in one process: MLflow's client takes seconds to import.

Each line of its input is an order, ``{"arguments": [...], "variables": {...}, "breaks_at": 3}``, where the last has the
connection break as that run is being ended; each line of its output is how the command ended.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlflow.tracking import MlflowClient
from typer.testing import CliRunner

from augury.cli.app import app


@contextmanager
def _breaking(at: int | None) -> Iterator[None]:
    finish, calls = MlflowClient.set_terminated, 0

    def broken(client: Any, *arguments: Any, **options: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == at:
            raise ConnectionError("the line is gone")
        finish(client, *arguments, **options)

    MlflowClient.set_terminated = broken
    try:
        yield
    finally:
        MlflowClient.set_terminated = finish


for line in sys.stdin:
    order = json.loads(line)
    with _breaking(order.get("breaks_at")):
        done = CliRunner().invoke(app, order["arguments"], env=order.get("variables", {}))
    said = {"code": done.exit_code, "out": done.stdout, "err": done.stderr, "raised": repr(done.exception)}
    sys.__stdout__.write(json.dumps(said) + "\n")
    sys.__stdout__.flush()
