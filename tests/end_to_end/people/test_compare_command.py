"""``augury compare``, as a person would use it: a folder of photographs to verdicts, and stopping in between."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from api_schemas.reports.report import Report
from tests.end_to_end.stack import JOB_PATIENCE_SECONDS, Stack
from tests.end_to_end.test_local_stack import AUGURY, processes_of
from tests.servers import PATIENCE_SECONDS, wait_for

UNDER_WAY = re.compile(r"^(waiting|training)", re.MULTILINE)
QUICK = ["--model", "linear", "--epochs", "2", "--seeds", "2", "--no-recommend"]


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Twelve dark and twelve bright ones, in a folder each."""
    for name, value in (("night", 20), ("day", 200)):
        (tmp_path / "photographs" / name).mkdir(parents=True)
        for number in range(12):
            colour = (value + number, value, value)
            Image.new("RGB", (9, 9), colour).save(tmp_path / "photographs" / name / f"{number}.png")
    return tmp_path / "photographs"


def test_a_folder_of_photographs_becomes_verdicts_in_one_line(stack: Stack, photographs: Path, tmp_path: Path) -> None:
    """With a service that is there: candidates proposed, the report as a table, as files and as a page."""
    command = [*AUGURY, "compare", str(photographs), *QUICK, "--out", "report"]
    environment = {**os.environ, "AUGURY_URL": f"http://127.0.0.1:{stack.port}"}
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
        timeout=JOB_PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert "24 images of 9×9×3" in done.stderr
    assert "No candidate was named" in done.stderr
    report = Report.model_validate_json((tmp_path / "report" / "report.json").read_text())
    assert [each.name for each in report.candidates] == ["flip", "rotation", "shift", "zoom", "brightness"]
    assert {arm.role for arm in report.arms} == {"baseline", "candidate"}  # the baseline's preprocessing is everyone's
    assert "<svg" in (tmp_path / "report" / "report.html").read_text()
    assert json.loads((tmp_path / "report" / "request.json").read_text())["kind"] == "comparison"
    assert "against the baseline" in done.stdout


def test_a_stack_of_the_commands_own_ends_with_ctrl_c_and_leaves_no_work_behind(tmp_path: Path) -> None:
    """The job is cancelled, so that the next service in this folder does not go on with it."""
    command = [*AUGURY, "compare", "digits", "--flip", "--local", "--data-dir", str(tmp_path / "data")]
    log = tmp_path / "log"
    with log.open("wb") as file:
        running = subprocess.Popen(command, stdout=file, stderr=file, cwd=tmp_path)
    try:
        wait_for(lambda: UNDER_WAY.search(log.read_text()), "the job to be watched", 4 * PATIENCE_SECONDS)
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_SECONDS) == 130, log.read_text()
    finally:
        running.kill()
    assert "The same command goes on from there." in log.read_text()
    with sqlite3.connect(tmp_path / "data" / "augury.db") as database:
        assert [state for (state,) in database.execute("SELECT state FROM jobs")] == ["cancelled"]
    wait_for(lambda: not processes_of(tmp_path), "all processes to be gone")
