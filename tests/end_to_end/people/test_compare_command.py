"""``augury compare``, as a person would use it: a folder of photographs to verdicts."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from api_schemas.reports.report import Report
from tests.end_to_end.stack import JOB_PATIENCE_SECONDS, Stack
from tests.end_to_end.test_local_stack import AUGURY

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
