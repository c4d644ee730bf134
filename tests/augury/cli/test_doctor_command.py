"""`augury doctor`: what is wrong, and what to do about it."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from augury.cli.app import app
from augury.local.ports import free_port
from tests.augury.stand_in import Answer, StandIn
from tests.store.databases import migrated_copy


def doctor(url: str, *options: str) -> Result:
    """Ask a service."""
    return CliRunner().invoke(app, ["doctor", "--url", url, *options])


def readiness(**changes: Any) -> Answer:
    """What a service says of itself."""
    checks = {"database": True, "broker": True, "recovery": True} | changes.pop("checks", {})
    return Answer(200, {"status": "ready", "checks": checks, "version": version("augury")} | changes)


def test_a_service_that_has_everything_is_fine(service: StandIn) -> None:
    """Exit code 0, a line for each."""
    service.will(readiness())
    result = doctor(service.url)
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["database", "fine"],
        ["broker", "fine"],
        ["recovery", "fine"],
        ["version", "fine"],
    ]


def test_what_is_missing_is_named_with_what_to_do(service: StandIn) -> None:
    """Exit code 1, as scripts look at nothing else."""
    service.will(readiness(status="degraded", checks={"recovery": False}))
    result = doctor(service.url)
    assert result.exit_code == 1
    assert "MISSING: no control worker has looked for lost work lately" in result.stdout
    assert "python -m workers control" in result.stdout


@pytest.mark.parametrize("theirs", ["0.0.1", None])
def test_another_version_is_a_warning(service: StandIn, theirs: str | None) -> None:
    """It works, and the exit code is 0; the command may not know all that the service does."""
    service.will(readiness(version=theirs))
    result = doctor(service.url)
    assert result.exit_code == 0
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("version")]
    assert "WARNING" in line
    assert version("augury") in line


def test_programs_get_json(service: StandIn) -> None:
    """One object for each thing that was looked at, and nothing else."""
    service.will(readiness(checks={"broker": False}))
    result = doctor(service.url, "--json")
    assert result.exit_code == 1
    found = {each["check"]: each for each in json.loads(result.stdout)}
    assert found["database"] == {"check": "database", "level": "fine", "says": "it is there", "remedy": None}
    assert found["broker"]["level"] == "problem"
    assert found["broker"]["remedy"]


def test_a_service_that_is_not_there_is_unreachable() -> None:
    """Like with every other command."""
    assert doctor(f"http://127.0.0.1:{free_port()}").exit_code == 5


def test_without_a_service_it_looks_at_what_is_installed_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part in a process of its own, with what is wrong and what to do about it."""
    migrated_copy(tmp_path).close()
    monkeypatch.delenv("AUGURY_URL", raising=False)
    monkeypatch.setenv("AUGURY_BROKER_URL", "redis://:hunter2@127.0.0.1:1/0")
    monkeypatch.setenv("AUGURY_MAX_TRIAL_PER_JOB", "5")
    monkeypatch.setenv("AUGURY_HOST", "0.0.0.0")  # noqa: S104
    monkeypatch.setenv("AUGURY_LEASE_SECONDS", "2")
    result = CliRunner().invoke(app, ["doctor", "--data-dir", str(tmp_path), "--json"])
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    problems = {each["check"] for each in found if each["level"] == "problem"}
    assert problems == {"broker", "control", "keys", "workers"}
    said = {each["says"]: each["remedy"] for each in found}
    assert said["nothing reads AUGURY_MAX_TRIAL_PER_JOB"] == "did you mean AUGURY_MAX_TRIALS_PER_JOB?"
    assert any(says.startswith("AUGURY_SWEEP_SECONDS is 5 and AUGURY_LEASE_SECONDS 2") for says in said)
    assert all(each["remedy"] for each in found if each["level"] != "fine")
    assert not any("\n" in each["says"] for each in found)
    assert "hunter2" not in result.stdout
