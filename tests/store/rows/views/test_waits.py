"""Why work waits, as the store knows it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkSpan
from api_schemas.webhooks.webhook import WebhookPatch
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import chunks, conclusions, datasets, handout
from store.rows.access import projects
from store.rows.outbox import messages
from store.rows.outbox.tables import WebhookRow
from store.rows.tables import JobRow
from store.rows.upkeep import workers_seen
from store.rows.views.at_work import at_work
from store.rows.views.waits import Reason, Wait, waits
from store.rows.webhooks import registered
from tests.store.databases import DIGITS, NOW, comparison, new_job, ready_dataset, running_job
from tests.store.rows.webhooks.telling import REFUSED, attempt, new_webhook

OTHERS = "others"


def _job(session: Session, first_seed: int, project: str = DEFAULT_PROJECT, **request: Any) -> JobRow:
    """A job with two arms on three seeds that no other job has."""
    asked = comparison(evaluation={"seeds": 3, "first_seed": first_seed}, **request)
    return running_job(session, asked, project=project)


def _are_there(session: Session) -> None:
    for kind in ("cpu", "control"):
        workers_seen.note(session, kind, NOW)


def _of(session: Session, about: str, project: str = DEFAULT_PROJECT) -> list[Wait]:
    return [each for each in waits(session, project, NOW) if each.about == about]


def test_where_nothing_waits_nothing_is_said(database: Database) -> None:
    """Of a project without work."""
    with database.writing() as session:
        assert waits(session, DEFAULT_PROJECT, NOW) == []


def test_without_a_worker_that_is_why(database: Database) -> None:
    """For whatever kind of work, with what to start."""
    with database.writing() as session:
        job = _job(session, 0)
        (wait,) = _of(session, job.id)
        assert (wait.kind, wait.count, wait.reason) == ("trial", 6, Reason.NO_WORKER)
        assert "python -m workers cpu" in wait.sentence


def test_what_is_next_waits_for_a_free_worker(database: Database) -> None:
    """And for nothing else; what is taken does not wait any more."""
    with database.writing() as session:
        _are_there(session)
        job = _job(session, 0)
        assert handout.claim_next(session, "cpu", owner="w", now=NOW, seconds=10) is not None
        (wait,) = _of(session, job.id)
        assert (wait.count, wait.reason) == (5, Reason.NEXT)


def test_an_urgent_job_of_the_project_comes_first(database: Database) -> None:
    """And the others say how many do."""
    with database.writing() as session:
        _are_there(session)
        patient = _job(session, 0, priority="low")
        assert handout.claim_next(session, "cpu", owner="w", now=NOW, seconds=10) is not None
        urgent = _job(session, 100, priority="high")
        assert [each.reason for each in _of(session, urgent.id)] == [Reason.NEXT]
        (wait,) = _of(session, patient.id)
        assert wait.reason == Reason.OTHER_JOB
        assert wait.sentence.startswith("1 other job of the project comes first")


def test_of_other_projects_nothing_is_said_but_that_it_is_their_turn(database: Database) -> None:
    """Neither which, nor how many there are."""
    with database.writing() as session:
        _are_there(session)
        projects.create(session, OTHERS, NOW)
        own = _job(session, 0)
        turn = handout.claim_next(session, "cpu", owner="w", now=NOW, seconds=10)
        assert turn is not None
        others = _job(session, 100, OTHERS)
        (wait,) = _of(session, own.id)
        assert wait.reason == Reason.OTHER_PROJECT
        assert OTHERS not in wait.sentence.replace("other projects", "")
        assert others.id not in str(waits(session, DEFAULT_PROJECT, NOW))


def test_what_is_said_is_what_happens(database: Database) -> None:
    """Whichever job is said to be next is handed out next."""
    with database.writing() as session:
        _are_there(session)
        for number in range(4):
            _job(session, 100 * number, priority=("low", "normal", "high", "normal")[number])
        for _ in range(8):
            next_ones = {each.about for each in waits(session, DEFAULT_PROJECT, NOW) if each.reason == Reason.NEXT}
            turn = handout.claim_next(session, "cpu", owner="w", now=NOW, seconds=10)
            assert turn is not None
            assert {turn.job_id} == next_ones


def test_a_probe_is_next_whoever_else_waits(database: Database) -> None:
    """As it is short, and others wait for it."""
    with database.writing() as session:
        _are_there(session)
        _job(session, 0, priority="high")
        job = _job(session, 100, priority="low")
        chunks.add(session, job.id, ChunkRole.PROBE, [ChunkSpan(number=0, first=0, images=1)], "cpu", NOW)
        assert {each.kind: each.reason for each in _of(session, job.id)} == {
            "probe": Reason.NEXT,
            "trial": Reason.OTHER_JOB,
        }


def test_a_job_waits_for_its_dataset_and_then_for_its_plan(database: Database) -> None:
    """The dataset itself for a worker."""
    with database.writing() as session:
        _are_there(session)
        job = new_job(session)
        (wait,) = _of(session, job.id)
        assert (wait.kind, wait.reason) == ("plan", Reason.DATASET)
        assert [each.reason for each in _of(session, job.dataset_id)] == [Reason.NEXT]
        ready_dataset(session)
        (wait,) = _of(session, job.id)
        assert (wait.kind, wait.queue, wait.reason) == ("plan", "control", Reason.NEXT)
        assert _of(session, job.dataset_id) == []


def test_datasets_of_others_are_not_shown(database: Database) -> None:
    """Nor anything else of theirs."""
    with database.writing() as session:
        projects.create(session, OTHERS, NOW)
        datasets.register(session, OTHERS, DIGITS, NOW)
        assert waits(session, DEFAULT_PROJECT, NOW) == []
        assert [each.kind for each in waits(session, OTHERS, NOW)] == ["dataset"]


def test_what_is_being_done_is_shown_with_its_worker(database: Database) -> None:
    """To the project that it is for, and to who may see all."""
    with database.writing() as session:
        projects.create(session, OTHERS, NOW)
        job = _job(session, 0)
        turn = handout.claim_next(session, "cpu", owner="host:1", now=NOW + 5, seconds=10)
        assert turn is not None
        (unit,) = at_work(session, DEFAULT_PROJECT)
        assert (unit.kind, unit.unit_id, unit.about, unit.worker) == ("trial", turn.lease.row_id, job.id, "host:1")
        assert (unit.started_at, unit.until, unit.attempt) == (NOW + 5, NOW + 15, 1)
        assert at_work(session, OTHERS) == []
        assert at_work(session, None) == [unit]


def test_a_probe_and_a_conclusion_are_shown_by_their_job(database: Database) -> None:
    """By what they are called."""
    with database.writing() as session:
        job = _job(session, 0)
        chunks.add(session, job.id, ChunkRole.PROBE, [ChunkSpan(number=0, first=0, images=1)], "cpu", NOW)
        conclusions.ask(session, job, NOW)
        for queue in ("cpu", "cpu"):
            assert handout.claim_next(session, queue, owner="w", now=NOW, seconds=10) is not None
        found = at_work(session, DEFAULT_PROJECT)
        assert {each.kind for each in found} == {"probe", "conclusion"}
        assert {each.about for each in found} == {job.id}


def test_a_message_waits_for_its_pause_or_for_its_webhook(database: Database) -> None:
    """After an attempt that failed not before a moment, and for ever where the webhook is paused."""
    with database.writing() as session:
        webhook = new_webhook(session)
        messages.ping(session, webhook, NOW)
        workers_seen.note(session, "control", NOW)
        assert [each.reason for each in _of(session, webhook.id)] == [Reason.NEXT]
    attempt(database, REFUSED, NOW)
    with database.writing() as session:
        (wait,) = _of(session, webhook.id)
        assert (wait.kind, wait.reason) == ("message", Reason.NOT_BEFORE)
        assert wait.sentence.startswith("not before 2027-01-15T08:0")
        registered.change(session, session.get_one(WebhookRow, webhook.id), WebhookPatch(state="paused"), NOW)
        session.flush()
        (wait,) = _of(session, webhook.id)
        assert (wait.reason, wait.sentence) == (Reason.PAUSED, "the webhook is paused")
