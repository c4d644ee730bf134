"""The migrated schema is the one the code needs, however many processes migrate at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from store import migrate
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, idempotency, jobs, trials
from store.rows.access import projects
from store.rows.audit.tables import AuditRow
from store.rows.base import Base
from store.rows.quotas import stored
from store.rows.tables import DatasetRow, JobEventRow, JobRow, JobTrialRow, TrialRow
from store.rows.views import job_views
from tests.store.databases import claim, comparison, new_job, ready_dataset, running_job, succeed


def test_the_models_are_what_the_migrations_make(database: Database) -> None:
    """A column or index that is added to one and forgotten in the other is found here."""
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_comparison_would_notice_a_difference(database: Database) -> None:
    """The test above can fail: a dropped index and a dropped column are seen."""
    with database.engine.connect() as connection:
        connection.execute(text("drop index one_live_trial_per_key"))
        connection.execute(text("alter table jobs drop column stop_requested_at"))
        assert len(compare_metadata(MigrationContext.configure(connection), Base.metadata)) == 2


def test_the_audit_trail_cannot_be_changed(database: Database) -> None:
    """Not by any statement: the database itself refuses it."""
    with database.writing() as session:
        session.add(AuditRow(at=1.0, actor="operator", action="create_key", outcome="done"))
    with pytest.raises(IntegrityError, match="never changed"), database.writing() as session:
        session.execute(update(AuditRow).values(action="nothing"))


def test_what_is_stored_already_is_counted(database: Database) -> None:
    """As far as rows tell: images as they are stored, files of jobs; nothing of a dataset that was deleted."""
    with database.writing() as session:
        kept, gone = ready_dataset(session), ready_dataset(session, project="others")
        datasets.delete(session, gone.id, 1.0)
        job = running_job(session)
        assert jobs.succeed(session, job.id, None, 1.0, {"a.zip": {"bytes": 1000}})
    _migrate_to(database, "0021")
    migrate.upgrade(database)
    with database.reading() as session:
        assert session.get_one(DatasetRow, kept.id).stored_bytes == 100 * 8 * 8
        assert [stored.total(session, each) for each in (DEFAULT_PROJECT, "others")] == [7400, 0]


def test_threads_that_migrate_at_once_all_succeed(tmp_path: Path) -> None:
    """One does the work, the others wait and find it done."""
    together = Barrier(4)

    def upgrade(_: int) -> bool:
        database = Database(f"sqlite:///{tmp_path / 'new' / 'augury.db'}")
        together.wait()
        migrate.upgrade(database)
        is_current = migrate.is_current(database)
        database.close()
        return is_current

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(upgrade, range(4)))


def test_processes_that_migrate_at_once_all_succeed(tmp_path: Path) -> None:
    """The service and the worker start together on an empty folder."""
    environment = {**os.environ, "AUGURY_DATA_DIR": str(tmp_path)}
    environment.pop("AUGURY_DATABASE_URL", None)
    started = [
        subprocess.Popen([sys.executable, "-m", "store", "migrate"], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in started:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert said.endswith("is up to date\n")


def test_migrating_twice_changes_nothing(database: Database) -> None:
    """Every start may call it."""
    assert migrate.is_current(database)
    migrate.upgrade(database)
    migrate.make_ready(database)
    assert migrate.is_current(database)


def test_a_database_that_was_never_migrated_is_not_current(tmp_path: Path) -> None:
    """Readiness must not be claimed on an empty file."""
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert not migrate.is_current(database)
    database.close()


def test_a_migration_can_be_undone(database: Database) -> None:
    """Down and up again leaves the schema as it was."""
    with database.engine.connect() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    migrate.upgrade(database)
    assert migrate.is_current(database)


@pytest.mark.parametrize("stored", [{"p": 0.25, "kind": "augmentation"}, {"kind": "augmentation"}])
def test_stored_requests_follow_the_renamed_field(database: Database, stored: dict[str, Any]) -> None:
    """A job that waits while the service is brought up to date is carried out, with the probability it asked for."""
    renamed = {"identity_probability" if name == "p" else name: value for name, value in stored.items()}
    with database.writing() as session:
        job = new_job(session, comparison())
        session.execute(update(JobRow).where(JobRow.id == job.id).values(kind="augmentation", request=renamed))
    _migrate_to(database, "0003")
    assert _stored_request(database) == stored
    migrate.upgrade(database)
    assert _stored_request(database) == renamed


def test_a_job_that_waits_keeps_the_kind_of_worker_that_it_asked_for(database: Database) -> None:
    """Where that was in its request alone before."""
    with database.writing() as session:
        kept = {device: new_job(session, comparison(device=device)).id for device in ("cpu", "gpu")}
    _migrate_to(database, "0005")
    migrate.upgrade(database)
    with database.reading() as session:
        rows = {device: session.get_one(JobRow, job_id) for device, job_id in kept.items()}
    assert {device: (row.queue, row.priority) for device, row in rows.items()} == {
        "cpu": ("cpu", "normal"),
        "gpu": ("gpu", "normal"),
    }


def test_slots_get_the_states_of_the_trials_that_are_there(database: Database) -> None:
    """Jobs that go on while the service is brought up to date know how far they have come."""
    with database.writing() as session:
        slots = trials.of_job(session, running_job(session).id)
        claim(session, slots[0][1])
        succeed(session, slots[1][1])
    _migrate_to(database, "0007")
    migrate.upgrade(database)
    with database.reading() as session:
        states = session.execute(
            select(JobTrialRow.trial_state, TrialRow.state).join(TrialRow, TrialRow.id == JobTrialRow.trial_id)
        ).all()
    assert sorted(slot for slot, _ in states) == ["queued", "queued", "running", "succeeded"]
    assert all(slot == trial for slot, trial in states)


def test_datasets_that_are_there_are_found_by_kind_and_by_file(database: Database) -> None:
    """What was only in their references before is in columns, whichever kind they are of."""
    upload = {"kind": "upload", "sha256": "ab" * 32, "name": "digits.zip", "options": {}}
    with database.writing() as session:
        kept = [
            datasets.register(session, DEFAULT_PROJECT, each, 1.0).id
            for each in ({"kind": "builtin", "name": "digits"}, upload)
        ]
    _migrate_to(database, "0009")
    migrate.upgrade(database)
    with database.reading() as session:
        rows = [session.get_one(DatasetRow, each) for each in kept]
        assert [(row.kind, row.upload_sha256) for row in rows] == [("builtin", None), ("upload", "ab" * 32)]


def test_what_is_there_belongs_to_the_first_project(database: Database) -> None:
    """With its ids and addresses; a client that repeats a request across the upgrade gets its first answer again."""
    with database.writing() as session:
        job = running_job(session, comparison(labels={"team": "a"}))
        datasets.take_fresh_seeds(session, DEFAULT_PROJECT, "a" * 64, 5)
        idempotency.reserve(session, DEFAULT_PROJECT, "k", idempotency.Fingerprint("f", "sent"), 1.0)
        idempotency.remember(session, DEFAULT_PROJECT, "k", job.id, {"id": job.id})
        keys = {trial.key for _, trial in trials.of_job(session, job.id)}
    _migrate_to(database, "0012")
    migrate.upgrade(database)
    with database.writing() as session:
        assert jobs.find(session, DEFAULT_PROJECT, job.id) is not None
        assert {trial.key for _, trial in trials.of_job(session, job.id)} == keys
        narrowed = job_views.JobFilter(label=("team", "a"))
        page = job_views.page(session, DEFAULT_PROJECT, narrowed, limit=5, cursor=None)
        assert [each.id for each in page.items] == [job.id]
        assert datasets.take_fresh_seeds(session, DEFAULT_PROJECT, "a" * 64, 1) == 5
        same = idempotency.Fingerprint("meant now", "sent")
        assert idempotency.first_answer(session, DEFAULT_PROJECT, "k", same) == {"id": job.id}
        assert {event.project_id for event in session.scalars(select(JobEventRow))} == {DEFAULT_PROJECT}


def test_there_is_no_way_back_for_a_second_project(database: Database) -> None:
    """The version before would show everybody what is theirs."""
    with database.writing() as session:
        projects.create(session, "vision", 1.0)
    with pytest.raises(RuntimeError, match="show everybody"):
        _migrate_to(database, "0012")


def _stored_request(database: Database) -> dict[str, Any]:
    """Of the only job, whatever the schema."""
    with database.engine.connect() as connection:
        request: dict[str, Any] = json.loads(connection.execute(text("select request from jobs")).scalar_one())
    return request


def _migrate_to(database: Database, revision: str) -> None:
    with database.engine.connect() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()


def test_a_server_that_cannot_be_reached_is_given_up_on_in_time() -> None:
    """The error says what is wrong and no password."""
    database = Database("postgresql+psycopg://augury:secret@127.0.0.1:1/augury")
    with pytest.raises(migrate.SchemaNotReadyError, match="cannot be reached") as error:
        migrate.make_ready(database, patience_seconds=0)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("column", ["chunks.number", "job_trials.seed", "fresh_seeds.used"])
def test_columns_of_seeds_hold_more_than_32_bits(column: str, database: Database) -> None:
    """Seeds go beyond first_seed, which may be the last of 31 bits, and PostgreSQL would refuse the next."""
    table, name = column.split(".")
    (found,) = [each for each in inspect(database.engine).get_columns(table) if each["name"] == name]
    assert isinstance(found["type"], BigInteger)
