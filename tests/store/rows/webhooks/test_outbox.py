"""What is written down for webhooks: in the transaction of what it tells of, for those alone that are to hear of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetState
from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import JobState
from api_schemas.webhooks.webhook import EVENT_TYPES, WebhookPatch
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, events, jobs, leases
from store.rows.models import registered as models
from store.rows.outbox import messages
from store.rows.outbox.tables import DeliveryRow, JobWebhookRow, WebhookRow
from store.rows.webhooks import registered
from tests.store.databases import FACTS, NOW, new_job, running_job
from tests.store.rows.webhooks.telling import new_webhook, told
from tests.store.statements import statements

FAILURE = Failure.of(FailureClass.INTERNAL, "it broke")


def _types(session: Session, webhook: WebhookRow) -> list[str]:
    return [each.type for each in told(session, webhook)]


def test_a_webhook_is_told_of_the_life_of_a_job(database: Database) -> None:
    """Once of each thing, with ids, the state and a path, and with nothing of the request."""
    with database.writing() as session:
        webhook = new_webhook(session)
        job = running_job(session)
        assert jobs.succeed(session, job.id, "jobs/report.json", NOW + 1)
        assert _types(session, webhook) == ["dataset.ready", "job.started", "job.succeeded"]
        last = told(session, webhook)[-1]
        assert json.loads(last.body) == {
            "type": "job.succeeded",
            "timestamp": "2027-01-15T08:00:01.000Z",
            "data": {
                "object": "job",
                "id": job.id,
                "state": "succeeded",
                "url": f"/v1/jobs/{job.id}",
                "kind": "comparison",
                "project": DEFAULT_PROJECT,
            },
        }


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.CANCELLED])
def test_a_webhook_is_told_of_a_bad_end(database: Database, end: JobState) -> None:
    """A failure as well as a cancel."""
    with database.writing() as session:
        webhook = new_webhook(session)
        job = new_job(session)
        if end == JobState.FAILED:
            jobs.fail(session, job.id, FAILURE, NOW)
        else:
            jobs.cancel(session, job, NOW)
        assert _types(session, webhook) == [f"job.{end}"]


def test_a_look_is_told_and_the_first_plan_is_not(database: Database) -> None:
    """With the number of rounds that were looked at, and without a verdict."""
    with database.writing() as session:
        webhook = new_webhook(session, types=["job.looked"])
        job = running_job(session)
        assert _types(session, webhook) == []
        events.append(session, job.id, "looked", NOW, round=2, verdicts={"helps": 1})
        [look] = told(session, webhook)
        assert json.loads(look.body)["data"]["round"] == 2
        assert "helps" not in look.body


def test_what_is_undone_is_not_told(database: Database) -> None:
    """The message is a part of the transaction: it is there if, and only if, what it tells of has happened."""
    with database.writing() as session:
        webhook = new_webhook(session)
        job = running_job(session)
    with pytest.raises(RuntimeError):
        _succeed_and_break(database, webhook, job.id)
    with database.reading() as session:
        assert "job.succeeded" not in _types(session, webhook)


def _succeed_and_break(database: Database, webhook: WebhookRow, job_id: str) -> None:
    with database.writing() as session:
        assert jobs.succeed(session, job_id, None, NOW)
        assert "job.succeeded" in _types(session, webhook)
        raise RuntimeError


def _dataset(session: Session, how: str) -> str:
    row = datasets.register(session, DEFAULT_PROJECT, {"kind": "path", "path": "/x"}, NOW)
    lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=NOW, seconds=10)
    assert lease is not None
    if how == "ready":
        datasets.finish_ingestion(session, lease, "d" * 64, FACTS, NOW)
    elif how == "failed":
        datasets.fail_ingestion(session, lease, FAILURE, NOW)
    else:
        leases.expire(session, leases.INGESTIONS, now=NOW + 60, max_attempts=1)
    return row.id


@pytest.mark.parametrize(("how", "state"), [("ready", "ready"), ("failed", "failed"), ("its workers lost", "failed")])
def test_a_webhook_is_told_how_reading_a_dataset_ends(database: Database, how: str, state: str) -> None:
    """Wherever that is decided."""
    with database.writing() as session:
        webhook = new_webhook(session)
        dataset_id = _dataset(session, how)
        [message] = told(session, webhook)
        assert message.type == f"dataset.{state}"
        data = json.loads(message.body)["data"]
        assert (data["id"], data["state"], data["url"]) == (dataset_id, state, f"/v1/datasets/{dataset_id}")


def test_a_webhook_is_told_how_reading_a_model_ends(database: Database) -> None:
    """As of a dataset; a model that is deleted has come to no end of that kind."""
    with database.writing() as session:
        webhook = new_webhook(session)
        row = models.register(session, DEFAULT_PROJECT, {"kind": "path", "path": "/net.keras"}, NOW)
        lease = leases.claim(session, leases.MODELS, row.id, owner="w", now=NOW, seconds=10)
        assert lease is not None
        models.fail_reading(session, lease, FAILURE, NOW)
        models.delete(session, row, NOW)
        assert _types(session, webhook) == ["model.failed"]


def test_a_webhook_is_told_what_it_is_registered_for(database: Database) -> None:
    """And one that says nothing of types, everything."""
    with database.writing() as session:
        some, everything = new_webhook(session, types=["job.succeeded", "model.ready"]), new_webhook(session)
        jobs.succeed(session, running_job(session).id, None, NOW)
        assert _types(session, some) == ["job.succeeded"]
        assert set(_types(session, everything)) <= set(EVENT_TYPES)
        assert len(_types(session, everything)) == 3


def test_nobody_is_told_of_another_project(database: Database) -> None:
    """Neither of its jobs nor of its datasets; not even a webhook that such a job names."""
    with database.writing() as session:
        own, others = new_webhook(session), new_webhook(session, project="others")
        named = new_webhook(session, project="others", jobs="named")
        job = running_job(session)
        session.add(JobWebhookRow(job_id=job.id, webhook_id=named.id))
        jobs.succeed(session, job.id, None, NOW)
        assert len(_types(session, own)) == 3
        assert _types(session, others) == _types(session, named) == []


def test_a_webhook_for_named_jobs_hears_of_those_alone(database: Database) -> None:
    """Once of each event, and of no dataset."""
    with database.writing() as session:
        webhook = new_webhook(session, jobs="named")
        named, other = running_job(session), running_job(session)
        session.add(JobWebhookRow(job_id=named.id, webhook_id=webhook.id))
        session.flush()
        for job in (named, other):
            jobs.succeed(session, job.id, None, NOW)
        [message] = told(session, webhook)
        assert json.loads(message.body)["data"]["id"] == named.id


def test_a_webhook_that_hears_everything_is_told_once_of_a_job_that_names_it(database: Database) -> None:
    """It is one webhook."""
    with database.writing() as session:
        webhook, job = new_webhook(session, types=["job.succeeded"]), running_job(session)
        session.add(JobWebhookRow(job_id=job.id, webhook_id=webhook.id))
        jobs.succeed(session, job.id, None, NOW)
        assert _types(session, webhook) == ["job.succeeded"]


@pytest.mark.parametrize(("state", "count"), [("active", 1), ("paused", 1), ("disabled", 0), ("deleted", 0)])
def test_what_happens_is_kept_for_a_paused_webhook_and_for_no_other_that_rests(
    database: Database, state: str, count: int
) -> None:
    """A pause is for a while; a webhook that was disabled or deleted may never come back."""
    with database.writing() as session:
        webhook, job = new_webhook(session, types=["job.succeeded"]), running_job(session)
        if state == "paused":
            registered.change(session, webhook, WebhookPatch(state="paused"), NOW)
        elif state == "disabled":
            registered.disable(session, webhook, "for a test", NOW)
        elif state == "deleted":
            registered.delete(session, webhook, NOW)
        jobs.succeed(session, job.id, None, NOW)
        assert len(told(session, webhook)) == count


def test_a_job_without_webhooks_costs_one_look_at_an_index(database: Database) -> None:
    """Of events that are told; of others nothing at all is asked, and nothing is ever written."""
    with database.writing() as session:
        job = running_job(session)
        with statements(database) as asked:
            messages.tell_of_job(session, job.id, "queued", NOW, {})
            messages.tell_of_job(session, job.id, "phase", NOW, {"phase": "training"})
        assert asked == []
        with statements(database) as asked:
            messages.tell_of_job(session, job.id, "succeeded", NOW, {})
        assert len(asked) == 1
        assert session.scalar(select(func.count()).select_from(DeliveryRow)) == 0


def test_datasets_that_are_being_read_are_not_told_of(database: Database) -> None:
    """Only ends are."""
    with database.writing() as session:
        webhook = new_webhook(session)
        states: Any = (DatasetState.QUEUED, DatasetState.INGESTING, DatasetState.DELETED)
        row = datasets.register(session, DEFAULT_PROJECT, {"kind": "path", "path": "/x"}, NOW)
        for state in states:
            messages.tell_of_units(session, type(row), [row.id], state, NOW)
        assert told(session, webhook) == []
