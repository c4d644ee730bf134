"""`augury compare` and `augury run` as a check: exit codes and files, at a service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml
from typer.testing import CliRunner, Result

from api_schemas.jobs import JobState
from augury.cli.app import app
from augury.cli.checking.exit_codes import MEANINGS, OF_OUTCOMES, ExitCode
from augury.reporting.check.check import Outcome
from tests.augury.stand_in import Answer, StandIn
from tests.augury.wire import REQUEST, job

ROOT = Path(__file__).parents[4]


@pytest.fixture
def request_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A request for a comparison, in the folder that the command is used in."""
    monkeypatch.chdir(tmp_path)
    Path("request.json").write_text(json.dumps(REQUEST))
    return "request.json"


def _run(service: StandIn, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["run", *arguments, "--url", service.url])


def _ends(service: StandIn, report: dict[str, Any] | None, state: JobState = JobState.SUCCEEDED) -> None:
    over = Answer(200, job(state, 4, has_report=report is not None))
    service.will(Answer(202, job(JobState.QUEUED)), over, *([] if report is None else [Answer(200, report)]))


def _only(report: dict[str, Any], *verdicts: str) -> dict[str, Any]:
    return report | {"candidates": [each for each in report["candidates"] if each["verdict"] in verdicts]}


@pytest.mark.parametrize(
    ("fail_on", "verdicts", "code"),
    [
        ("hurts", ("hurts", "inconclusive", "helps"), 3),
        ("hurts", ("inconclusive", "helps", "equivalent"), 0),
        ("inconclusive", ("hurts", "inconclusive", "helps"), 3),
        ("inconclusive", ("inconclusive", "helps"), 4),
        ("inconclusive", ("helps", "equivalent"), 0),
        ("none", ("hurts", "inconclusive"), 0),
    ],
)
def test_the_exit_code_says_what_came_out(
    service: StandIn,
    request_file: str,
    standing_report: dict[str, Any],
    fail_on: str,
    verdicts: tuple[str, ...],
    code: int,
) -> None:
    """The graver where there are two; stderr says which candidates did it."""
    _ends(service, _only(standing_report, *verdicts))
    result = _run(service, request_file, "--fail-on", fail_on)
    assert result.exit_code == code, result.output
    assert ("over (hurts)" in result.stderr) == (code == 3)
    assert (f"with exit code {code}" in result.stderr) == (code != 0)


def test_without_the_option_verdicts_fail_nothing(
    service: StandIn, request_file: str, standing_report: dict[str, Any]
) -> None:
    """As ever."""
    _ends(service, standing_report)
    assert _run(service, request_file).exit_code == 0


def test_a_job_that_fails_exits_as_ever_and_is_told_in_the_files(service: StandIn, request_file: str) -> None:
    """Whatever may fail a check: one that did not take place has not passed."""
    _ends(service, None, JobState.FAILED)
    result = _run(service, request_file, "--fail-on", "none", "--junit", "here/j.xml", "--markdown", "here/check.md")
    assert result.exit_code == 1
    assert JUnitXml.fromfile("here/j.xml").errors == 1
    assert "Three workers were lost." in Path("here/check.md").read_text()


def test_the_files_say_what_the_report_says(
    service: StandIn, request_file: str, standing_report: dict[str, Any]
) -> None:
    """One case for each candidate, and a summary with the way to the job's page."""
    _ends(service, standing_report)
    _run(service, request_file, "--fail-on", "hurts", "--junit", "junit.xml", "--markdown", "check.md")
    document = JUnitXml.fromfile("junit.xml")
    assert (document.tests, document.failures) == (4, 1)
    assert f"(<{service.url}/jobs/job_1>)" in Path("check.md").read_text()


def test_a_dash_prints_the_summary_and_nothing_else(
    service: StandIn, request_file: str, standing_report: dict[str, Any]
) -> None:
    """So that it can be appended to what a pipeline shows."""
    _ends(service, standing_report)
    result = _run(service, request_file, "--markdown", "-")
    assert result.stdout.startswith("<!-- augury-check -->\n")
    assert result.stdout.rstrip().endswith("</details>")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--markdown", "-", "--json"], "both want stdout"),
        (["--fail-on", "hurts", "--detach"], "--detach does not wait for them"),
        (["--junit", "."], "is a folder"),
        (["--markdown", "."], "is a folder"),
        (["--fail-on", "helps"], "helps"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(
    service: StandIn, request_file: str, options: list[str], reason: str
) -> None:
    """With the reason, and the code of wrong usage."""
    service.will(Answer(500))
    result = _run(service, request_file, *options)
    assert result.exit_code == 2
    assert reason in " ".join(result.stderr.split())
    assert service.asked == []


def test_a_job_without_verdicts_cannot_be_a_check(service: StandIn, tmp_path: Path) -> None:
    """A training would pass whatever happens."""
    (tmp_path / "training.json").write_text(json.dumps(REQUEST | {"kind": "training"}))
    service.will(Answer(500))
    result = _run(service, str(tmp_path / "training.json"), "--fail-on", "hurts")
    assert result.exit_code == 2
    assert "only comparisons have them" in " ".join(result.stderr.split())
    assert service.asked == []


def test_a_plan_cannot_be_a_check() -> None:
    """It would pass whatever the plan is of."""
    result = CliRunner().invoke(app, ["compare", "digits", "--flip", "--plan", "--fail-on", "hurts"])
    assert result.exit_code == 2
    assert "--plan ends before there are any" in " ".join(result.stderr.split())


def test_every_code_and_every_outcome_is_in_the_tables() -> None:
    """And no two outcomes share one."""
    assert set(MEANINGS) == set(ExitCode)
    assert set(OF_OUTCOMES) == set(Outcome)
    assert len(set(OF_OUTCOMES.values())) == len(Outcome)


def test_help_and_guide_have_every_code_with_its_meaning() -> None:
    """As the table says it."""
    shown = " ".join(CliRunner().invoke(app, ["--help"]).stdout.split())
    guide = (ROOT / "docs" / "check-pull-requests.md").read_text()
    for code, meaning in MEANINGS.items():
        assert f"{code.value} {meaning}" in shown
        assert f"| {code.value} | {meaning} |" in guide
