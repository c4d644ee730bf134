"""`augury doctor`: what is missing, and what to do about it."""

from __future__ import annotations

from typer.testing import CliRunner, Result

from augury.cli.app import app
from augury.local.ports import free_port
from tests.augury.stand_in import Answer, StandIn


def doctor(url: str) -> Result:
    """Ask a service."""
    return CliRunner().invoke(app, ["doctor", "--url", url])


def test_a_service_that_has_everything_is_fine(service: StandIn) -> None:
    """Exit code 0, a line for each."""
    service.will(Answer(200, {"status": "ready", "checks": {"database": True, "broker": True, "recovery": True}}))
    result = doctor(service.url)
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["database", "fine"],
        ["broker", "fine"],
        ["recovery", "fine"],
    ]


def test_what_is_missing_is_named_with_what_to_do(service: StandIn) -> None:
    """Exit code 1, as scripts look at nothing else."""
    service.will(Answer(200, {"status": "degraded", "checks": {"database": True, "broker": True, "recovery": False}}))
    result = doctor(service.url)
    assert result.exit_code == 1
    assert "MISSING: no control worker has looked for lost work lately" in result.stdout
    assert "python -m workers control" in result.stdout


def test_a_service_that_is_not_there_is_unreachable() -> None:
    """Like with every other command."""
    assert doctor(f"http://127.0.0.1:{free_port()}").exit_code == 3
