"""What `augury` says when nobody has said anything, and below every error."""

from __future__ import annotations

import inspect
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from api_schemas.service.problems import PROBLEM_TYPE_PREFIX, Problem
from augury import errors
from augury.cli.app import app
from augury.cli.guidance import next_steps
from augury.cli.guidance.first_steps import first_steps
from augury.cli.guidance.next_steps import next_step
from augury.client.address import PAGE, page_of_job
from augury.errors import AuguryError, RequestRefused
from augury.local.data_directory import DataDirectory
from service.http.problem_types import PROBLEM_TYPES
from service.web.answers import routes as answers
from service.web.job import routes as job_page
from tests.augury.stand_in import StandIn, problem

KINDS = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and issubclass(kind, AuguryError) and kind not in (AuguryError, RequestRefused)
]
COMMANDS: Any = typer.main.get_command(app)


def _refused(slug: str) -> RequestRefused:
    body = {"title": "No", "status": 409, "detail": "", "instance": "", "request_id": None, "errors": []}
    return RequestRefused(Problem.model_validate({"type": f"{PROBLEM_TYPE_PREFIX}{slug}", **body}))


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_says_what_to_do_next(kind: type[AuguryError]) -> None:
    """A new kind of error without a next step is noticed here."""
    assert next_step(kind("x"))


def test_what_to_do_about_a_refusal_depends_on_the_problem() -> None:
    """Whoever lacks a key is not told to correct the request."""
    assert "AUGURY_API_KEY" in next_step(_refused("key-required"))
    assert "Correct" in next_step(_refused("invalid-request"))
    assert "Correct" in next_step(_refused("of-a-later-version"))


def test_next_steps_are_of_problems_that_there_are() -> None:
    """A problem that is renamed leaves no step behind."""
    assert set(next_steps._OF_PROBLEMS) <= {each.slug for each in PROBLEM_TYPES}


@pytest.mark.parametrize("text", [first_steps(), *next_steps._STEPS.values(), *next_steps._OF_PROBLEMS.values()])
def test_commands_that_are_advised_exist(text: str) -> None:
    """With the options that are named."""
    for line in re.findall(r"`augury ([^`]+)`|^  augury (.+?)   ", text, re.MULTILINE):
        words = shlex.split("".join(line))
        if words[0] == "COMMAND":
            continue
        command = COMMANDS.commands[words.pop(0)]
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= options


def test_augury_alone_says_what_to_do_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Three commands, and where the page of a service is that is there."""
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, [])
    assert shown.exit_code == 0
    assert sum(line.startswith("  augury ") for line in shown.stdout.splitlines()) == 3
    assert "http://127.0.0.1:9/" in shown.stdout
    monkeypatch.delenv("AUGURY_URL")
    assert "No service runs in this folder" in CliRunner().invoke(app, []).stdout
    directory = DataDirectory(tmp_path / ".augury")
    directory.announce("http://127.0.0.1:4711", {})
    assert "http://127.0.0.1:4711/" in CliRunner().invoke(app, []).stdout
    directory.release()


def test_pages_that_are_named_are_pages_of_the_service() -> None:
    """The first one, and that of a job."""
    paths = {getattr(route, "path", "") for page in (answers, job_page) for route in page.router.routes}
    assert {PAGE, page_of_job("job_1").replace("job_1", "{job_id}")} <= paths


def test_an_error_is_followed_by_the_next_step(service: StandIn, tmp_path: Path) -> None:
    """On stderr, after the reason."""
    absent = CliRunner().invoke(app, ["jobs"])
    assert absent.exit_code == 5
    assert "`augury up` starts a service here" in absent.stderr.splitlines()[-1]
    service.will(problem(422, "no"))
    refused = CliRunner().invoke(app, ["jobs", "--url", service.url])
    assert "→ Correct that" in refused.stderr.splitlines()[-1]
