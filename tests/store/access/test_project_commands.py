"""``python -m store projects limit``, ``keep``, ``delete`` and ``audit``: what only who has the database may do."""

from __future__ import annotations

import argparse

import pytest

from api_schemas.access.limits import LIMIT_NAMES, Limits
from api_schemas.access.usage import LimitName
from service.quotas.usage import LIMIT_ORDER
from service.settings import ServiceSettings
from store import access_commands
from store.database import Database
from store.rows.access import projects


def _run(database: Database, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    access_commands.add_to(parser.add_subparsers())
    return access_commands.run(database, parser.parse_args(arguments))


@pytest.fixture(autouse=True)
def _made(database: Database) -> None:
    """A project to give limits to."""
    assert _run(database, "projects", "create", "vision") == 0


def _limits(database: Database, of_all: Limits | None = None) -> Limits:
    with database.reading() as session:
        return projects.limits_of(projects.require_known(session, "vision"), of_all or Limits())


def test_a_limit_is_set_lifted_and_left_to_the_service(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """A number, none at all, or as it is for all; what is not named stays as it is."""
    assert _run(database, "projects", "limit", "vision", "--jobs-waiting", "100", "--stored-bytes", "5e9") == 0
    assert _limits(database) == Limits(jobs_waiting=100, stored_bytes=5_000_000_000)
    assert _run(database, "projects", "limit", "vision", "--jobs-waiting", "none") == 0
    of_all = Limits(jobs_waiting=7, datasets=8)
    assert _limits(database, of_all) == Limits(stored_bytes=5_000_000_000, datasets=8)
    assert _run(database, "projects", "limit", "vision", "--jobs-waiting", "default") == 0
    assert _limits(database, of_all).jobs_waiting == 7
    capsys.readouterr()
    assert _run(database, "projects", "limit", "vision") == 0
    assert capsys.readouterr().out == "vision  stored_bytes=5e+09\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("limit", "vision", "--jobs-waiting", "-1"), "jobs_waiting"),
        (("limit", "vision", "--jobs-waiting", "1.5"), "jobs_waiting"),
        (("limit", "vision", "--requests-per-minute", "0"), "requests_per_minute"),
        (("limit", "vision", "--jobs-waiting", "many"), "--jobs-waiting: got 'many'"),
        (("limit", "nobodys", "--jobs-waiting", "1"), "projects create"),
        (("keep", "vision", "--jobs-days", "0"), "jobs_days"),
        (("delete", "nobodys"), "nobodys"),
        (("delete", "default"), "without a key"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    database: Database, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """With the exit code of wrong usage, and nothing is changed."""
    assert _run(database, "projects", *arguments) == 2
    assert said in capsys.readouterr().err
    assert _limits(database) == Limits()


def test_how_long_things_are_kept_is_said_and_unsaid(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """By days, of each by itself."""
    assert _run(database, "projects", "keep", "vision", "--jobs-days", "30", "--models-days", "90") == 0
    assert _run(database, "projects", "keep", "vision", "--jobs-days", "none") == 0
    capsys.readouterr()
    assert _run(database, "projects", "list") == 0
    assert capsys.readouterr().out == "default\nvision  models_days=90\n"


def test_a_project_that_is_deleted_is_listed_until_it_is_gone(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes no limits and no keys any more; saying it again changes nothing."""
    assert [_run(database, "projects", "delete", "vision") for _ in range(2)] == [0, 0]
    assert "is being deleted already" in capsys.readouterr().out
    assert _run(database, "projects", "limit", "vision", "--jobs-waiting", "1") == 2
    assert _run(database, "keys", "create", "late", "--project", "vision") == 2
    capsys.readouterr()
    assert _run(database, "projects", "list") == 0
    assert capsys.readouterr().out == "default\nvision  deleting\n"


def test_what_the_operator_does_is_in_the_trail(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the project, and of none where the project may soon be gone; a key is not shown in it."""
    assert _run(database, "keys", "create", "first", "--project", "vision") == 0
    key = capsys.readouterr().out.splitlines()[-1]
    assert _run(database, "projects", "limit", "vision", "--jobs-waiting", "1") == 0
    assert _run(database, "projects", "keep", "vision", "--jobs-days", "1") == 0
    capsys.readouterr()
    assert _run(database, "audit", "--project", "vision") == 0
    shown = capsys.readouterr().out
    assert [line.split("  ")[2] for line in shown.splitlines()] == [
        "keep_project",
        "limit_project",
        "create_key",
        "create_project",
    ]
    assert key not in shown
    assert _run(database, "projects", "delete", "vision") == 0
    capsys.readouterr()
    assert _run(database, "audit") == 0
    assert "operator  delete_project  vision  done" in capsys.readouterr().out
    assert _run(database, "audit", "--project", "nobodys") == 2


def test_every_limit_has_a_setting_and_a_place_in_the_usage() -> None:
    """One name for each, everywhere."""
    assert {f"quota_{name}" for name in LIMIT_NAMES} <= set(ServiceSettings.model_fields)
    assert set(LIMIT_ORDER) == set(LIMIT_NAMES) == set(LimitName.__args__)  # type: ignore[attr-defined]
