"""On PostgreSQL, where many write at once: who counts to see whether there is room does so alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from store.database import Database
from store.rows import leases, trials
from store.rows.access import projects
from store.rows.audit import trail
from store.rows.audit.tables import AuditRow
from store.rows.ending import old_jobs, project_end
from store.rows.quotas import counting, stored, usage
from store.rows.tables import JobRow
from tests.store.databases import NOW, claim, new_job, running_job

PLACES, COMERS = 3, 8


@pytest.fixture(scope="module")
def server(new_postgres: Callable[[], str]) -> Iterator[Database]:
    """A PostgreSQL with the newest schema."""
    database = Database(new_postgres())
    yield database
    database.close()


def _project(server: Database, name: str) -> str:
    with server.writing() as session:
        projects.create(session, name, NOW)
    return name


def test_of_many_that_count_at_once_no_more_pass_than_there_are_places(server: Database) -> None:
    """Each counts, finds room and takes it, in a transaction of its own."""
    project, together = _project(server, "counted"), Barrier(COMERS)

    def come(_: int) -> bool:
        together.wait(timeout=30)
        with server.writing() as session:
            session.execute(text("set local lock_timeout = '20s'"))
            assert projects.held(session, project) is not None
            counting.lock(session, project)
            if counting.live_jobs(session, project)[0] >= PLACES:
                return False
            new_job(session, project=project)
            return True

    with server.writing() as session:
        first = new_job(session, project=project)  # so that they do not all make the dataset
        first.finished_at = NOW
    with ThreadPoolExecutor(COMERS) as pool:
        assert sorted(pool.map(come, range(COMERS))) == [False] * (COMERS - PLACES) + [True] * PLACES


def test_a_project_does_not_end_under_who_is_just_given_something(server: Database) -> None:
    """Its end waits for the transaction, and then finds what that has made; whoever comes later is refused."""
    project = _project(server, "ending")
    with server.writing() as session:
        assert projects.held(session, project) is not None
        with ThreadPoolExecutor(1) as pool, server.writing() as other:
            other.execute(text("set local lock_timeout = '300ms'"))
            with pytest.raises(DBAPIError, match="lock timeout"):
                pool.submit(projects.begin_deletion, other, project).result()
            other.rollback()
        new_job(session, project=project)
    with server.writing() as session:
        assert projects.begin_deletion(session, project)
    with server.writing() as session:
        held = projects.held(session, project)
        assert held is not None
        assert held.state == "deleting"
        assert not project_end.finish(session, project)


def test_trainings_that_end_at_once_are_all_counted(server: Database) -> None:
    """To one row, which each holds for the rest of its transaction only."""
    project = _project(server, "trained")
    with server.writing() as session:
        job = running_job(session, project=project)
        claims = [claim(session, trial) for _, trial in trials.of_job(session, job.id)]
    together = Barrier(len(claims))

    def end(lease: leases.Lease) -> bool:
        together.wait(timeout=30)
        with server.writing() as session:
            return leases.finish(session, lease, "succeeded", now=NOW + 5)

    with ThreadPoolExecutor(len(claims)) as pool:
        assert all(pool.map(end, claims))
    with server.reading() as session:
        assert usage.of_day(session, project, usage.day_of(NOW)) == (len(claims), 5.0 * len(claims))


def test_jobs_are_forgotten_with_their_bytes(server: Database) -> None:
    """In one statement, which says what is gone."""
    project = _project(server, "forgotten")
    with server.writing() as session:
        job = new_job(session, project=project)
        job.finished_at = NOW
        session.flush()
        stored.note(session, job, 70)
    with server.writing() as session:
        found = old_jobs.forget(session, float("inf"), 9, JobRow.project_id == project)
        assert [each.job_id for each in found] == [job.id]
        assert stored.total(session, project) == 0


def test_the_trail_cannot_be_changed(server: Database) -> None:
    """By no statement; it can be added to, and grow old."""
    with server.writing() as session:
        trail.append(session, None, trail.OPERATOR, "delete_project", 1.0, "x")
    with pytest.raises(DBAPIError, match="never changed"), server.writing() as session:
        session.execute(update(AuditRow).values(action="nothing"))
    with server.writing() as session:
        assert trail.forget(session, 2.0, 9) == 1
        assert session.scalars(select(AuditRow)).all() == []


def test_a_whole_project_goes(server: Database) -> None:
    """Every step of it, in this dialect, too."""
    project = _project(server, "whole")
    with server.writing() as session:
        job = running_job(session, project=project)
        trail.append(session, project, trail.OPERATOR, "create_project", NOW, project)
        assert projects.begin_deletion(session, project)
        session.execute(update(JobRow).where(JobRow.id == job.id).values(state="cancelled", finished_at=NOW))
    with server.writing() as session:
        assert old_jobs.forget(session, float("inf"), 9, JobRow.project_id == project)
        assert len(project_end.forget_trials(session, project, 9)) == 4
        assert project_end.give_up(session, project, NOW, 9) == 1
        session.execute(text("update datasets set purged_at = 1 where project_id = :project"), {"project": project})
        assert project_end.forget_purged(session, project, 9) == 1
        assert project_end.forget_rest(session, project, 9) == 2  # what was counted, and the trail
        assert project_end.finish(session, project)
