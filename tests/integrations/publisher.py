"""Says `augury …` as often as it is told to, in one process: MLflow's client takes seconds to import, and so do we.

Each line of its input is an order, ``{"arguments": [...], "variables": {...}, "breaks_at": 3}``, where the last has the
connection break as that run is being ended; each line of its output is how the command ended. ``{"card": "README.md"}``
is an order, too: what the Hub's client finds in that file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.testing import CliRunner

from augury.cli.app import app


@contextmanager
def _breaking(at: int | None) -> Iterator[None]:
    if at is None:
        yield
        return
    from mlflow.tracking import MlflowClient  # which cards do without

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


def _said(order: dict[str, Any]) -> dict[str, Any]:
    with _breaking(order.get("breaks_at")):
        done = CliRunner().invoke(app, order["arguments"], env=order.get("variables", {}))
    return {"code": done.exit_code, "out": done.stdout, "err": done.stderr, "raised": repr(done.exception)}


def _card(file: str) -> dict[str, Any]:
    from huggingface_hub import DatasetCard

    card = DatasetCard.load(file)
    return {"data": card.data.to_dict(), "text": card.text}


for line in sys.stdin:
    asked = json.loads(line)
    sys.__stdout__.write(json.dumps(_card(asked["card"]) if "card" in asked else _said(asked)) + "\n")
    sys.__stdout__.flush()
