"""Every process is killed in turn while jobs come in: the short form of ``benchmarks/chaos.py``."""

from __future__ import annotations

from typing import Any

from benchmarks.chaos import measure


def test_whatever_is_killed_every_accepted_job_ends_and_nothing_is_done_twice() -> None:
    """Services, planners, workers, pool processes, the broker and a PostgreSQL, in the middle of what they do."""
    size: Any = {"apis": 1, "controls": 2, "cpus": 1}
    result = measure(12, is_postgres=True, **size, rest_seconds=1.0, max_blows=1, is_flaky=False)
    assert {"api0", "control0", "control1", "cpu0", "child of cpu0", "broker", "database"} <= set(result["dealt"])
    assert result["left"] == 0
    assert not any(result["faults"].values()), result["faults"]
