"""A project that is deleted is gone with all that it had, whatever breaks off on the way, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from api_schemas.access.keys import KeyRequest
from store.database import Database
from store.files.names import job_folder, predictions_name, snapshot_part_name, upload_name
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, idempotency, jobs, leases, trials
from store.rows.access import keys, projects
from store.rows.audit import trail
from store.rows.base import Base
from store.rows.idempotency import Fingerprint
from store.rows.models import registered
from store.rows.quotas import stored
from store.rows.tables import DatasetRow, JobRow, TrialRow
from store.rows.upkeep.tables import TombstoneRow
from tests.store.databases import claim, comparison, new_job, ready_dataset, running_job, succeed
from workers.context import Context
from workers.maintenance import dataset_files, model_files, needless_files, project_end
from workers.maintenance.sweep import sweep

GONE = "gone"
SNAPSHOT = snapshot_part_name("d" * 64, "images.npy")
CHECKSUM = "ab" * 32
_MAX_SWEEPS = 30


def _owned(database: Database, project: str) -> dict[str, int]:
    """How many rows of a project there are, by their table, where there are any."""
    counted = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            if "project_id" in table.columns:
                query = select(func.count()).where(table.columns["project_id"] == project)
                counted[table.name] = session.execute(query).scalar_one()
    return {name: count for name, count in counted.items() if count}


def _fill(context: Context, project: str) -> dict[str, str]:
    """Give a project some of everything; the names of files that are its alone."""
    with context.database.writing() as session:
        now = context.database.now(session)
        projects.create(session, project, now)
        keys.create(session, project, KeyRequest(name="k"), now)
        job = running_job(session, now=now, project=project)
        for _, trial in trials.of_job(session, job.id)[:2]:
            succeed(session, trial, now=now)
        done = running_job(session, comparison({"turn": {"rotation_range": 9, "rescale": 1 / 255}}), now, project)
        jobs.succeed(session, done.id, f"{job_folder(done.id)}/report.json", now, {"a.zip": {"bytes": 7}})
        session.refresh(done)
        stored.note(session, done, 7)
        upload: dict[str, Any] = {"kind": "upload", "sha256": CHECKSUM, "name": "x.zip"}
        datasets.register(session, project, upload, now)
        registered.register(session, project, {"kind": "path", "path": "/net.keras", "architecture": None}, now)
        idempotency.reserve(session, project, "once", Fingerprint("f" * 64), now)
        datasets.take_fresh_seeds(session, project, "d" * 64, 3)
        trail.append(session, project, trail.OPERATOR, "create_project", now, project)
        trial = trials.of_job(session, job.id)[0][1]
        names = {
            "report": f"{job_folder(done.id)}/report.json",
            "predictions": predictions_name(trial.id),
            "upload": upload_name(project, CHECKSUM),
        }
    for name in (*names.values(), SNAPSHOT):
        context.artifacts.write(name, b"x")
    return names


def _begin(context: Context) -> None:
    with context.database.writing() as session:
        assert projects.begin_deletion(session, GONE)


def _let_time_pass(context: Context) -> None:
    """What was begun and not ended, or failed, is tried again after a while."""
    with context.database.writing() as session:
        session.execute(update(TombstoneRow).values(due_at=0.0, held_until=None))


_PARTS = (project_end.go_on, dataset_files.bury, model_files.bury, needless_files.delete)
"""Of a sweep, those that have to do with it."""


def _sweep(context: Context) -> None:
    for part in _PARTS:
        part(context)


def _is_there(context: Context) -> bool:
    with context.database.reading() as session:
        return GONE in projects.names(session)


def _sweep_to_the_end(context: Context) -> None:
    for _ in range(_MAX_SWEEPS):
        if not _is_there(context):
            return
        _sweep(context)
    raise AssertionError(_owned(context.database, GONE))


def test_all_of_it_goes_and_nothing_of_others(context: Context) -> None:
    """Rows of every table that has a project, files, and at last the keys; what another project has, too, stays."""
    kept, gone = _fill(context, "kept"), _fill(context, GONE)
    before = _owned(context.database, "kept")
    assert len(before) > 10
    assert set(before) == set(_owned(context.database, GONE))
    _begin(context)
    _sweep_to_the_end(context)
    assert _owned(context.database, GONE) == {}
    assert _owned(context.database, "kept") == before
    assert [name for name in gone.values() if context.artifacts.exists(name)] == []
    assert [name for name in (*kept.values(), SNAPSHOT) if not context.artifacts.exists(name)] == []
    with context.database.reading() as session:
        told = trail.page(session, None, trail.AuditFilter(), limit=9, cursor=None).items
    assert [(each.action, each.object_id, each.actor) for each in told] == [("project_deleted", GONE, "service")]


class _BreakingError(RuntimeError):
    """What a worker dies of."""


class _Breaking(Database):
    """A database that breaks off at a transaction, as a process that is killed does: nothing of it is kept."""

    def __init__(self, url: str, transactions: int) -> None:
        super().__init__(url)
        self.left = transactions

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction; the last one of them fails."""
        with super().writing() as session:
            yield session
            self.left -= 1
            if self.left < 0:
                raise _BreakingError


def test_whatever_breaks_off_the_next_worker_goes_on(context: Context) -> None:
    """After any number of transactions, each time in another process: in the end the same is gone."""
    gone = _fill(context, GONE)
    _fill(context, "kept")
    before = _owned(context.database, "kept")
    _begin(context)
    for transactions in range(40):
        broken = _Breaking(context.database.url, transactions)
        for part in _PARTS:
            with suppress(_BreakingError):
                part(replace(context, database=broken))
        broken.close()
        _let_time_pass(context)
        if not _is_there(context):
            break
    _sweep_to_the_end(context)
    assert _owned(context.database, GONE) == {}
    assert _owned(context.database, "kept") == before
    assert [name for name in gone.values() if context.artifacts.exists(name)] == []


def test_work_that_runs_is_stopped_before_anything_under_it_goes(context: Context) -> None:
    """The trial stays, with its dataset, until its worker has heard of it."""
    with context.database.writing() as session:
        now = context.database.now(session)
        projects.create(session, GONE, now)
        job = running_job(session, now=now, project=GONE)
        running = trials.of_job(session, job.id)[0][1]
        lease = claim(session, running, now, seconds=1000)
    _begin(context)
    for _ in range(3):
        _sweep(context)
    with context.database.reading() as session:
        assert session.get_one(TrialRow, running.id).cancel_requested_at is not None
        assert session.get_one(DatasetRow, job.dataset_id).state == "ready"
        assert session.get_one(JobRow, job.id).state == "cancelling"
    with context.database.writing() as session:
        leases.finish(session, lease, "cancelled", now=now)
    _sweep_to_the_end(context)
    assert _owned(context.database, GONE) == {}


def test_a_sweep_has_it_in_it(context: Context) -> None:
    """By itself, with all else that it does."""
    with context.database.writing() as session:
        projects.create(session, GONE, 1.0)
    _begin(context)
    sweep(context)
    assert not _is_there(context)


def test_it_is_not_done_before_its_files_are_gone(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be deleted is tried again, and the project is there as long."""
    _fill(context, GONE)
    _begin(context)
    with monkeypatch.context() as patch:
        patch.setattr(type(context.artifacts), "delete", _fail)
        for _ in range(6):
            _sweep(context)
    assert set(_owned(context.database, GONE)) == {"api_keys", "tombstones"}
    _let_time_pass(context)
    _sweep_to_the_end(context)
    assert _owned(context.database, GONE) == {}


def _fail(*_arguments: Any) -> None:
    raise OSError("read-only file system")


def test_a_project_of_many_rows_goes_in_steps(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody waits long for the database; jobs that are not over are cancelled first."""
    monkeypatch.setattr(project_end, "_MAX_ROWS", 20)
    with context.database.writing() as session:
        now = context.database.now(session)
        projects.create(session, GONE, now)
        ready_dataset(session, now, GONE)
        for _ in range(45):
            new_job(session, comparison(), now, GONE)
    _begin(context)
    _sweep(context)
    with context.database.reading() as session:
        assert session.scalar(select(func.count()).where(JobRow.finished_at.is_(None))) == 25
    _sweep_to_the_end(context)
    assert _owned(context.database, GONE) == {}


def test_the_first_project_stays(context: Context) -> None:
    """What comes without a key belongs to it."""
    with context.database.writing() as session, pytest.raises(projects.ProjectStateError, match="without a key"):
        projects.begin_deletion(session, DEFAULT_PROJECT)


def test_a_name_is_free_again_and_tells_nothing_of_its_first_holder(context: Context) -> None:
    """Not even what somebody was refused while the first one went."""
    _fill(context, GONE)
    _begin(context)
    with context.database.writing() as session, pytest.raises(projects.ProjectStateError, match="being deleted"):
        projects.create(session, GONE, 1.0)
    _sweep_to_the_end(context)
    with context.database.writing() as session:
        doer, now = trail.Doer("key", "key_x"), context.database.now(session)
        trail.append_refused(session, GONE, doer, "submit_job", now, reason="project-deleting", count=3)
        assert projects.create(session, GONE, now + 1)
        assert trail.page(session, GONE, trail.AuditFilter(), limit=9, cursor=None).items == []
