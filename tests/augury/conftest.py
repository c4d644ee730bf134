"""What the tests of the client, the command line and the local stack share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from augury.local.processes import Guard
from augury.local.supervisor import Restarts, Supervisor
from tests.augury.stand_in import StandIn, serving
from tests.augury.wire import arm, candidate, report_body


@pytest.fixture(autouse=True)
def no_real_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests away from whatever Augury the developer is running."""
    monkeypatch.setenv("AUGURY_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("AUGURY_BROKER_URL", raising=False)
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def service() -> Iterator[StandIn]:
    """A stand-in service."""
    with serving() as stand_in:
        yield stand_in


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor whose processes may die twice, quickly; it stops what a test leaves."""
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    guard = Guard(lock)
    supervisor = Supervisor(guard, tmp_path / "logs", lambda: Restarts(limit=2, first_delay_seconds=0.05))
    yield supervisor
    supervisor.stop_rest()
    guard.dismiss()
    os.close(lock)


@pytest.fixture
def standing_report() -> dict[str, Any]:
    """The report of the standing example, with the widest numbers that can occur."""
    candidates = [
        candidate("over", "hurts", -78.24, 21.76),
        candidate("appropriate", "inconclusive", -18.7, 1.2) | {"preprocessing_arm": "baseline"},
        candidate("targeted", "helps", 2.2, 0.9),
        candidate("scaled", "equivalent", -0.04, 0.2) | {"preprocessing_arm": "scaled"},
    ]
    arms = [
        arm("baseline", "baseline", 0.939),
        arm("over", "candidate", 0.157),
        arm("over:preprocessing", "preprocessing", 0.974),
        arm("appropriate", "candidate", 0.752),
        arm("targeted", "candidate", 0.961),
        arm("targeted:preprocessing", "preprocessing", 0.963),
    ]
    return report_body(candidates, arms)
