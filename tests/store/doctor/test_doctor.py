"""What the doctor of the shared parts finds: each thing that can be wrong, made wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api_schemas.service.doctor import Finding
from store.database import Database
from store.doctor import examining, places, rows
from store.doctor.__main__ import contradictions
from store.rows.upkeep import duties, tombstones, workers_seen
from store.settings import StoreSettings
from tests.store.databases import claim, comparison, migrated_copy, new_trial, running_job

UNREACHABLE = "redis://127.0.0.1:1/0"


def settings_for(database: Database, folder: Path, **changes: Any) -> StoreSettings:
    """Of an installation over this database; its broker is away."""
    return StoreSettings(data_dir=folder, database_url=database.url, broker_url=UNREACHABLE, **changes)


def by_check(findings: Any) -> dict[str, Finding]:
    """The worst finding of each check."""
    worst: dict[str, Finding] = {}
    order = ["fine", "warning", "problem"]
    for each in findings:
        if each.check not in worst or order.index(each.level) > order.index(worst[each.check].level):
            worst[each.check] = each
    return worst


def levels(findings: Any) -> dict[str, str]:
    """How each check came out."""
    return {check: each.level for check, each in by_check(findings).items()}


def note_workers(database: Database, *kinds: str) -> None:
    """Have workers of these kinds, and a sweep, been there just now."""
    with database.writing() as session:
        now = database.now(session)
        for kind in kinds:
            workers_seen.note(session, kind, now)
        assert duties.take(session, duties.SWEEP, owner="w", now=now, seconds=10)
        duties.note_done(session, duties.SWEEP, now)


def test_a_database_that_has_all_is_fine(tmp_path: Path) -> None:
    """Nothing is said of GPU workers where nothing waits for one."""
    database = migrated_copy(tmp_path)
    note_workers(database, "cpu")
    found = levels(rows.examine_rows(settings_for(database, tmp_path)))
    assert found == dict.fromkeys(("database", "clock", "control", "workers", "leases", "files"), "fine") | {
        "broker": "problem"
    }


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """Whoever looks leaves things as they are."""
    settings = StoreSettings(data_dir=tmp_path / "new", broker_url=UNREACHABLE)
    assert levels(rows.examine_rows(settings)) == {"database": "fine", "broker": "problem"}
    assert levels(places.examine_places(settings))["data folder"] == "fine"
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_reached_is_said_without_its_password() -> None:
    """And the rest is looked at all the same."""
    url = "postgresql+psycopg://augury:hunter2@127.0.0.1:1/augury"
    found = by_check(rows.examine_rows(StoreSettings(database_url=url, broker_url=UNREACHABLE)))
    assert found["database"].level == found["broker"].level == "problem"
    assert "hunter2" not in found["database"].says


def test_another_schema_is_a_problem_and_its_remedy_a_command(tmp_path: Path) -> None:
    """No row of it is looked at: it may be anything."""
    database = Database(f"sqlite:///{tmp_path / 'augury.db'}")
    with database.writing() as session:
        new_table = "create table x (y integer)"
        session.connection().exec_driver_sql(new_table)
    found = by_check(rows.examine_rows(settings_for(database, tmp_path)))
    assert set(found) == {"database", "broker"}
    assert found["database"].remedy is not None
    assert found["database"].remedy.startswith("python -m store migrate")


def test_work_that_nobody_is_there_for_is_a_problem(tmp_path: Path) -> None:
    """How much waits, and the command that helps."""
    database = migrated_copy(tmp_path)
    with database.writing() as session:
        new_trial(session, now=database.now(session))
    found = by_check(rows.examine_rows(settings_for(database, tmp_path)))
    assert found["control"].level == found["workers"].level == "problem"
    assert found["workers"].says == "no cpu worker has been seen for a minute, and 1 units of work wait for one"
    assert found["workers"].remedy == "run one: python -m workers cpu"


def test_a_job_on_jax_that_nobody_is_there_for_is_a_problem(tmp_path: Path) -> None:
    """Where nothing waits for such a worker, none is missed."""
    database = migrated_copy(tmp_path)
    note_workers(database, "cpu")
    with database.writing() as session:
        request = comparison(training={"epochs": 1, "backend": "jax"})
        running_job(session, request, now=database.now(session))
    found = by_check(rows.examine_rows(settings_for(database, tmp_path)))
    assert found["workers"].says == "no cpu-jax worker has been seen for a minute, and 4 units of work wait for one"
    assert found["workers"].remedy == "run one: python -m workers cpu-jax"


def test_workers_that_take_nothing_up_are_a_warning(tmp_path: Path) -> None:
    """An hour is long for work that somebody is there for."""
    database = migrated_copy(tmp_path)
    note_workers(database, "cpu")
    with database.writing() as session:
        new_trial(session, now=database.now(session) - 4_000)
    assert levels(rows.examine_rows(settings_for(database, tmp_path)))["queues"] == "warning"


def test_work_that_a_lost_worker_still_holds_is_a_problem(tmp_path: Path) -> None:
    """A sweep would have taken it back long ago."""
    database = migrated_copy(tmp_path)
    note_workers(database, "cpu")
    with database.writing() as session:
        now = database.now(session)
        claim(session, new_trial(session, now=now), now - 100)
    assert levels(rows.examine_rows(settings_for(database, tmp_path)))["leases"] == "problem"


def test_files_that_cannot_be_deleted_are_a_warning(tmp_path: Path) -> None:
    """They take room, and nothing else."""
    database = migrated_copy(tmp_path)
    with database.writing() as session:
        tombstones.bury(session, ["jobs/1"], 0.0)
        for _ in range(rows.MAX_DELETIONS_TRIED):
            tombstones.postpone(session, "jobs/1", 0.0)
    assert levels(rows.examine_rows(settings_for(database, tmp_path)))["files"] == "warning"


@pytest.mark.parametrize(("apart", "level"), [(0.0, "fine"), (-4.0, "fine"), (60.0, "warning"), (-3_600.0, "warning")])
def test_clocks_that_differ_are_a_warning(apart: float, level: str) -> None:
    """Leases go by the database's; times in logs and reports do not."""
    import time

    assert rows._clock(time.time() + apart).level == level


@pytest.mark.parametrize(("mode", "level"), [(0o700, "fine"), (0o750, "warning"), (0o755, "warning")])
def test_a_data_folder_that_others_can_look_into_is_a_warning(tmp_path: Path, mode: int, level: str) -> None:
    """As all that Augury keeps is its user's alone."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    found = by_check(places.examine_places(StoreSettings(data_dir=folder)))
    assert found["data folder"].level == level
    assert (found["data folder"].remedy is None) == (level == "fine")


@pytest.mark.parametrize(("free", "level"), [(2**29, "problem"), (2**31, "warning"), (2**40, "fine")])
def test_a_disk_without_room_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str) -> None:
    """With how much there is, and where."""
    monkeypatch.setattr(places.shutil, "disk_usage", lambda _: type("Usage", (), {"free": free}))
    found = by_check(places.examine_places(StoreSettings(data_dir=tmp_path)))["disk"]
    assert found.level == level
    assert str(tmp_path) in found.says


def test_settings_that_do_not_go_together_are_warnings() -> None:
    """Each of them is allowed."""
    assert list(contradictions(StoreSettings())) == []
    assert len(list(contradictions(StoreSettings(sweep_seconds=60, republish_seconds=10)))) == 2


def test_settings_that_cannot_be_read_are_all_named_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """One may be a password."""
    monkeypatch.setenv("AUGURY_LEASE_SECONDS", "hunter2")
    monkeypatch.setenv("AUGURY_MAX_ATTEMPTS", "0")
    settings, faults = examining.read_settings(StoreSettings)
    assert settings is None
    assert sorted(fault.says.partition(":")[0] for fault in faults) == ["AUGURY_LEASE_SECONDS", "AUGURY_MAX_ATTEMPTS"]
    assert not any("hunter2" in fault.says for fault in faults)


def test_what_breaks_an_examination_off_is_found_beside_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    """What was found until then is not lost."""

    def examine() -> Any:
        yield Finding(check="a", level="fine", says="b")
        raise RuntimeError("hunter2")

    assert examining.answer(examine, StoreSettings) == 0
    printed = json.loads(capsys.readouterr().out)
    assert [(each["check"], each["level"]) for each in printed["findings"]] == [("a", "fine"), ("doctor", "problem")]
    assert "hunter2" not in json.dumps(printed)
    assert "AUGURY_LEASE_SECONDS" in printed["variables"]


def test_projects_of_groups_that_nobody_has_created_are_named(tmp_path: Path) -> None:
    """Whoever is in such a group is refused, and sees that their group is in the table."""
    migrated_copy(tmp_path).close()
    variables = {
        "AUGURY_DATA_DIR": str(tmp_path),
        "AUGURY_AUTH": "proxy",
        "AUGURY_GROUPS": "lab=vision:read,heads=default",
    }
    command = [sys.executable, "-m", "service.doctor"]
    done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True)
    found = [each for each in json.loads(done.stdout)["findings"] if "vision" in each["says"]]
    assert [(each["check"], each["level"]) for each in found] == [("keys", "warning")]
    assert "default" not in found[0]["says"]


@pytest.mark.parametrize("part", ["service", "workers"])
def test_the_other_parts_answer_alike(tmp_path: Path, part: str) -> None:
    """A line of JSON, whatever is wrong: here who may come in, and more processes than cores."""
    environment = {
        **os.environ,
        "AUGURY_DATA_DIR": str(tmp_path),
        "AUGURY_AUTH": "proxy",
        "AUGURY_PROXY_ADDRESSES": "0.0.0.0/0",
        "AUGURY_TRACES": "true",
        "AUGURY_WORKER_CONCURRENCY": "1000",
    }
    command = [sys.executable, "-m", f"{part}.doctor"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = {(each["check"], each["level"]) for each in json.loads(done.stdout)["findings"]}
    expected = {
        "service": {("keys", "problem"), ("traces", "warning")},
        "workers": {("workers", "warning"), ("memory", "warning")},
    }
    assert found >= expected[part]
