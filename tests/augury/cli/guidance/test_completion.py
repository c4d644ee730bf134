"""What the shell offers while a command is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from augury.cli.app import app
from augury.cli.guidance import completion
from tests.augury.stand_in import Answer, StandIn
from tests.augury.wire import dataset, job

ID = "ds_" + "1" * 32


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In a folder with a folder and a file in it."""
    (tmp_path / "daisies").mkdir()
    (tmp_path / "data.zip").touch()
    (tmp_path / ".hidden").touch()
    monkeypatch.chdir(tmp_path)


def _words(offered: list[tuple[str, str]]) -> list[str]:
    return [word for word, _ in offered]


def test_datasets_are_those_that_come_with_augury_those_of_the_service_and_files(
    service: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that begin with what was typed; what is hidden only if it was begun."""
    monkeypatch.setenv("AUGURY_URL", service.url)
    service.will(Answer(200, {"items": [dataset()], "next_cursor": None}))
    assert set(_words(completion.datasets("d"))) == {"digits", "daisies/", "data.zip", ID}
    assert _words(completion.datasets("ds_")) == [ID]
    assert _words(completion.datasets(".h")) == [".hidden"]
    assert set(_words(completion.datasets("./da"))) == {"./daisies/", "./data.zip"}


def test_a_service_that_is_away_or_slow_is_not_waited_for(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is less to offer then, and nothing is said."""
    assert _words(completion.dataset_ids("")) == []
    monkeypatch.setenv("AUGURY_URL", service.url)
    monkeypatch.setattr(completion, "MAX_SECONDS", 0.01)
    service.will(Answer(200, {"items": [dataset()], "next_cursor": None}, hold_seconds=0.5))
    assert _words(completion.datasets("di")) == ["digits"]
    assert _words(completion.dataset_ids("")) == []


def test_jobs_are_offered_by_their_ids(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what they are."""
    monkeypatch.setenv("AUGURY_URL", service.url)
    fields = ("id", "kind", "state", "is_terminal", "labels", "dataset_id", "has_report", "created_at", "finished_at")
    service.will(Answer(200, {"items": [{name: job()[name] for name in fields}], "next_cursor": None}))
    assert completion.jobs("job_") == [("job_1", "comparison, running")]


def test_models_and_metrics_are_offered_by_name() -> None:
    """Metrics that take a class are offered with the colon that it comes after; those that decide nothing are not."""
    assert _words(completion.models("res")) == ["resnet8"]
    assert _words(completion.metrics("rec")) == ["recall:"]
    assert _words(completion.metrics("cal")) == []


@pytest.mark.parametrize("content", [{"candidates": [{"name": "mild"}, {"name": "strong"}]}, [], {"candidates": 3}])
def test_candidates_are_those_of_the_request_that_was_named(content: Any, tmp_path: Path) -> None:
    """And none where it is no request."""
    (tmp_path / "request.json").write_text(json.dumps(content))
    context: Any = typer.main.get_command(app).make_context("augury", [], resilient_parsing=True)
    context.params = {"file": "request.json"}
    expected = ["mild"] if isinstance(content, dict) and isinstance(content["candidates"], list) else []
    assert _words(completion.candidates(context, "m")) == expected


def test_a_shell_is_answered_by_the_command_itself() -> None:
    """As the script that --install-completion leaves in bash asks for it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "_AUGURY_COMPLETE": "complete_bash"}
    environment |= {"COMP_WORDS": "augury compare di", "COMP_CWORD": "2"}
    command = [sys.executable, "-c", "from augury.cli.app import app; app(prog_name='augury')"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    assert done.stdout.split() == ["digits"], done.stderr[-2000:]
