"""One's own project by the client and the command line, against a real service."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from augury import Client, RequestRefused
from augury.cli.app import app
from store.database import Database
from store.rows.access import projects
from store.rows.quotas.tables import UsageDayRow
from store.rows.quotas.usage import day_of
from tests.augury.cli.real import Real
from tests.service.auth.conftest import OTHERS, new_key
from tests.service.conftest import application, listening
from tests.store.databases import comparison_body, migrated_copy


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """One for the module's tests, with a limit and a day of training."""
    folder = tmp_path_factory.mktemp("service")
    database: Database = migrated_copy(folder)
    key = new_key(database, project=OTHERS)
    with database.writing() as session:
        row = projects.require_known(session, OTHERS)
        projects.limit(row, {"jobs_waiting": 1, "stored_bytes": 1_000_000})
        projects.keep(row, {"jobs_days": 30})
        today = day_of(database.now(session))
        session.add(UsageDayRow(project_id=OTHERS, day=today, trials=1_234, training_seconds=60.5))
    database.close()
    with listening(application(folder, auth="keys")) as (host, port):
        yield Real(f"http://{host}:{port}", key)


def augury(real: Real, *arguments: str) -> Result:
    """Run a command against the service, without a terminal."""
    return CliRunner().invoke(
        app, ["--api-key", real.key, *arguments, "--url", real.url], env={"COLUMNS": "200", "AUGURY_API_KEY": ""}
    )


def test_usage_shows_what_is_taken_beside_what_may_be(real: Real) -> None:
    """As a table, and as JSON; the client has the same."""
    shown = augury(real, "usage")
    assert shown.exit_code == 0, shown.output
    assert "1,234" in shown.stdout
    assert "1,000,000" in shown.stdout
    parsed = json.loads(augury(real, "usage", "--json").stdout)
    with Client(real.url, key=real.key) as client:
        assert parsed["days"] == [each.model_dump() for each in client.usage().days]


def test_the_trail_is_shown_and_can_be_narrowed(real: Real) -> None:
    """What was done, and what was refused, by whom."""
    with Client(real.url, key=real.key) as client:
        job = client.submit(comparison_body())
        assert [each.object_id for each in client.audit(action="submit_job").items] == [job.id]
        shown = augury(real, "audit", "--object", job.id)
        assert job.id in shown.stdout, shown.output
        with pytest.raises(RequestRefused) as refused:
            client.submit(comparison_body())
        assert refused.value.problem.status == 429
        client.cancel(job.id)
    assert "too-many-jobs" in augury(real, "audit", "--refused").stdout


def test_a_project_is_shown_and_deleted_by_its_name_alone(real: Real) -> None:
    """A slip is refused; from then on it takes nothing new, and says so."""
    shown = augury(real, "project")
    assert shown.exit_code == 0, shown.output
    assert "others: active" in shown.stdout
    assert "jobs days: 30" in shown.stdout
    slip = augury(real, "project", "--delete", "other")
    assert slip.exit_code == 2
    assert "others: deleting" in augury(real, "project", "--delete", OTHERS).stdout
    with Client(real.url, key=real.key) as client, pytest.raises(RequestRefused, match="being deleted"):
        client.submit(comparison_body())
