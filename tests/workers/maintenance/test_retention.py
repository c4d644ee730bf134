"""What a project keeps for so many days only goes after them, and never what an unfinished job needs."""

from __future__ import annotations

import pytest

from store.database import Database
from store.files.names import job_folder, trial_folder
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, jobs, leases, trials
from store.rows.access import projects
from store.rows.audit import trail
from store.rows.models import registered
from store.rows.needs import use
from store.rows.quotas import stored
from store.rows.tables import DatasetRow, JobRow, RegisteredModelRow, TrialRow
from store.rows.upkeep.tables import TombstoneRow
from store.rows.views import job_views
from store.rows.views.versions import versions_of
from store.settings import SECONDS_PER_DAY
from tests.store.databases import ready_dataset, running_job, succeed
from workers.context import Context
from workers.maintenance import old_rows, retention


def _keep(database: Database, **days: float | None) -> float:
    """Have the first project keep things for so long; the time."""
    with database.writing() as session:
        projects.keep(projects.require_known(session, DEFAULT_PROJECT), days)
        return database.now(session)


def _ended_job(database: Database, ended_at: float, project: str = DEFAULT_PROJECT) -> str:
    with database.writing() as session:
        job = running_job(session, now=ended_at, project=project)
        for _, trial in trials.of_job(session, job.id):
            if trial.state == "queued":
                succeed(session, trial, now=ended_at)
        assert jobs.succeed(session, job.id, None, ended_at, {"a.zip": {"bytes": 9, "sha256": "0", "media_type": "x"}})
        session.refresh(job)
        stored.note(session, job, 9)
        return job.id


def test_nothing_goes_unless_somebody_has_said_so(context: Context) -> None:
    """The service's own days for all jobs hold as before."""
    job_id = _ended_job(context.database, 1_000.0)
    assert retention.carry_out(context)
    with context.database.reading() as session:
        assert session.get(JobRow, job_id) is not None


def test_old_jobs_go_with_their_trials_files_and_bytes(context: Context) -> None:
    """Of the project that has said so; those that ended later, or are of another project, stay."""
    now = _keep(context.database, jobs_days=10)
    with context.database.writing() as session:
        projects.create(session, "others", now)
    old = _ended_job(context.database, now - 11 * SECONDS_PER_DAY)
    theirs = _ended_job(context.database, now - 11 * SECONDS_PER_DAY, "others")
    with context.database.reading() as session:
        trial_id = trials.of_job(session, old)[0][1].id
        assert stored.total(session, DEFAULT_PROJECT) > 9
        before = stored.total(session, DEFAULT_PROJECT)
    assert retention.carry_out(context)
    with context.database.reading() as session:
        assert session.get(JobRow, old) is None
        assert session.get(TrialRow, trial_id) is None
        assert session.get(JobRow, theirs) is not None
        assert stored.total(session, DEFAULT_PROJECT) == before - 9
        for name in (job_folder(old), trial_folder(trial_id)):
            assert session.get_one(TombstoneRow, name).project_id == DEFAULT_PROJECT


def test_a_trial_that_a_younger_job_has_stays(context: Context) -> None:
    """It is the job's, whoever has trained it first."""
    now = _keep(context.database, jobs_days=10)
    _ended_job(context.database, now - 11 * SECONDS_PER_DAY)
    with context.database.writing() as session:
        young = running_job(session, now=now)
        shared = [trial.id for _, trial in trials.of_job(session, young.id)]
    assert retention.carry_out(context)
    with context.database.reading() as session:
        assert [trial.id for _, trial in trials.of_job(session, young.id)] == shared


def test_a_dataset_that_is_not_asked_for_goes(context: Context) -> None:
    """So long after the last job on it was submitted, or it was registered; not while one is not over."""
    now = _keep(context.database, datasets_days=10)
    with context.database.writing() as session:
        row = ready_dataset(session, now - 11 * SECONDS_PER_DAY)
        use.note(session, DEFAULT_PROJECT, [row.id], now - 9 * SECONDS_PER_DAY)
    assert retention.carry_out(context)
    assert _state(context, row.id) == "ready"
    with context.database.writing() as session:
        session.get_one(DatasetRow, row.id).used_at = now - 11 * SECONDS_PER_DAY
        job = running_job(session, now=now - 11 * SECONDS_PER_DAY)
    assert retention.carry_out(context)
    assert _state(context, row.id) == "ready"
    with context.database.writing() as session:
        jobs.cancel(session, session.get_one(JobRow, job.id), now)
    assert retention.carry_out(context)
    assert _state(context, row.id) == "deleted"


def _state(context: Context, dataset_id: str) -> str:
    with context.database.reading() as session:
        return session.get_one(DatasetRow, dataset_id).state


def test_a_model_that_is_not_asked_for_goes(context: Context) -> None:
    """By its id or by the digest of its content a job has asked for it."""
    now = _keep(context.database, models_days=10)
    old = now - 11 * SECONDS_PER_DAY
    with context.database.writing() as session:
        ids = []
        for number in range(3):
            reference: dict[str, object] = {"kind": "path", "path": f"/{number}.keras", "architecture": None}
            row = registered.register(session, DEFAULT_PROJECT, reference, old)
            lease = leases.claim(session, leases.MODELS, row.id, owner="w", now=old, seconds=9)
            assert lease is not None
            assert leases.finish(session, lease, "ready", now=old, digest=str(number) * 64)
            ids.append(row.id)
        use.note(session, DEFAULT_PROJECT, [ids[0], "1" * 64], now)
    assert retention.carry_out(context)
    with context.database.reading() as session:
        states = [session.get_one(RegisteredModelRow, each).state for each in ids]
    assert states == ["ready", "ready", "deleted"]


def test_a_job_says_when_it_goes(context: Context) -> None:
    """Once it is over: by what its project keeps, or the service, whichever is sooner; a new limit is news."""
    now = _keep(context.database, jobs_days=None)
    job_id = _ended_job(context.database, now)
    with context.database.reading() as session:
        job = session.get_one(JobRow, job_id)
        assert job_views.to_wire(session, job, now).expires_at is None
        by_service = job_views.to_wire(session, job, now, 90).expires_at
        before = versions_of(session, [job_id], now)
    _keep(context.database, jobs_days=10)
    with context.database.reading() as session:
        job = session.get_one(JobRow, job_id)
        sooner = job_views.to_wire(session, job, now, 90).expires_at
        assert versions_of(session, [job_id], now) != before
    assert by_service is not None
    assert sooner is not None
    assert sooner < by_service
    with context.database.writing() as session:
        live = running_job(session, now=now)
        assert job_views.to_wire(session, live, now, 90).expires_at is None


def test_what_is_too_much_for_one_step_goes_in_the_next(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hourly duty is done when there is no more."""
    monkeypatch.setattr(retention, "_MAX_AT_ONCE", 2)
    now = _keep(context.database, jobs_days=10)
    for _ in range(3):
        _ended_job(context.database, now - 11 * SECONDS_PER_DAY)
    done = [retention.carry_out(context) for _ in range(4)]
    assert done[0] is False
    assert done[-1] is True
    with context.database.reading() as session:
        assert session.query(JobRow).count() == 0
        assert session.query(TrialRow).count() == 0


def test_the_audit_trail_is_forgotten_after_its_own_time(context: Context) -> None:
    """Whatever projects keep; what is younger stays."""
    with context.database.writing() as session:
        now = context.database.now(session)
        for days, action in ((366, "old_thing"), (364, "young_thing")):
            trail.append(session, DEFAULT_PROJECT, trail.OPERATOR, action, now - days * SECONDS_PER_DAY)
        session.connection().exec_driver_sql("update projects set created_at = 0")
    old_rows.forget_if_due(context)
    with context.database.reading() as session:
        found = trail.page(session, DEFAULT_PROJECT, trail.AuditFilter(), limit=9, cursor=None).items
    assert [each.action for each in found] == ["young_thing"]


@pytest.mark.parametrize("days", [0, -1, 1e9])
def test_a_time_that_is_none_is_refused(context: Context, days: float) -> None:
    """So that a slip does not delete everything."""
    with pytest.raises(ValueError, match="jobs_days"):
        _keep(context.database, jobs_days=days)


def test_a_dataset_is_counted_until_its_files_are_given_up(context: Context) -> None:
    """What was deleted still lies there for a moment, and then not."""
    from workers.maintenance import dataset_files

    with context.database.writing() as session:
        now = context.database.now(session)
        row = ready_dataset(session, now)
        size = stored.total(session, DEFAULT_PROJECT)
        datasets.delete(session, row.id, now)
        assert stored.total(session, DEFAULT_PROJECT) == size > 0
    dataset_files.bury(context)
    with context.database.reading() as session:
        assert stored.total(session, DEFAULT_PROJECT) == 0
