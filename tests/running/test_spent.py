"""What tests spend is told by file."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.running import spent


def _report(nodeid: str) -> pytest.TestReport:
    report = pytest.TestReport(nodeid, (nodeid, 0, ""), {}, "passed", None, "call")
    spent.note(report)
    return report


def _compute() -> None:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass


def test_the_file_that_computes_the_most_comes_first() -> None:
    """Whatever its tests are called; to sleep costs nothing."""
    _report("before.py::test")
    time.sleep(0.3)
    reports = [_report("sleeps.py::test")]
    for name in ("first", "second[a::b]"):
        _compute()
        reports.append(_report(f"computes.py::test_{name}"))
    found = spent.by_file(reports)
    assert found["computes.py"] >= 0.5
    assert found["computes.py"] > found["sleeps.py"]
    whole, first, *_ = spent.summary(reports)
    assert "into 2 files" in whole
    assert first.endswith(" computes.py")


def test_children_count_once_they_have_ended() -> None:
    """Those that a test has started and waited for."""
    _report("before.py::test")
    program = "import time\nwhile time.process_time() < 0.5: pass"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert spent.by_file([_report("starts.py::test")])["starts.py"] >= 0.4
