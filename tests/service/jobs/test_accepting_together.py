"""Requests that come together share a transaction, and nothing else: each is accepted or refused by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from sqlalchemy import event, func, select, update

from api_schemas.jobs import JobRequest
from augury.datasets.settings import IngestSettings
from service.http.bodies import SentBody
from service.http.idempotency import Accepted
from service.http.problem import ProblemError
from service.http.problem_types import INVALID_REQUEST
from service.jobs import checks, creation, submission
from service.jobs.checks import Considered
from service.jobs.preparing import Submission
from service.resources import Resources
from store.database import Database
from store.ids import DEFAULT_PROJECT
from store.rows.access.tables import IdempotencyRow
from store.rows.tables import DatasetRow, JobRow
from tests.service.conftest import serving
from tests.store.databases import comparison_body

_REQUEST: TypeAdapter[JobRequest] = TypeAdapter(JobRequest)
UNKNOWN = {"kind": "dataset", "id": f"ds_{0:032x}"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A client of a service that reads datasets from a folder."""
    with serving(tmp_path, IngestSettings(roots=[tmp_path])) as client:
        yield client


@pytest.fixture
def resources(client: TestClient) -> Resources:
    """Those of the client's service."""
    assert isinstance(client.app, FastAPI)
    resources: Resources = client.app.state.resources
    return resources


def _submission(key: str | None = None, **changes: Any) -> Submission:
    body = comparison_body(**changes)
    return Submission(DEFAULT_PROJECT, _REQUEST.validate_python(body), SentBody(json.dumps(body).encode()), key)


def _count(database: Database, row: type[Any]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(row)) or 0


def test_each_gets_a_job_of_its_own_with_what_it_has_asked_for(client: TestClient, resources: Resources) -> None:
    """The answers come in the order of the requests, and are what the jobs are shown as."""
    outcomes = submission.accept_all(resources, [_submission(labels={"number": str(number)}) for number in range(5)])
    bodies = [outcome.body for outcome in outcomes if isinstance(outcome, Accepted)]
    assert [body["labels"]["number"] for body in bodies] == list("01234")
    assert all(client.get(f"/v1/jobs/{body['id']}").json() == body for body in bodies)
    assert len({body["dataset_id"] for body in bodies}) == 1


def test_one_that_is_refused_takes_nobody_with_it(database: Database, resources: Resources) -> None:
    """Nor leaves it anything behind: neither a dataset nor its key."""
    group = [_submission("a"), _submission("b", dataset=UNKNOWN), _submission("c")]
    first, refused, last = submission.accept_all(resources, group)
    assert isinstance(first, Accepted)
    assert isinstance(last, Accepted)
    assert isinstance(refused, ProblemError)
    assert "there is no such dataset" in refused.errors[0].message
    assert [_count(database, row) for row in (JobRow, DatasetRow, IdempotencyRow)] == [2, 1, 2]


def test_a_check_within_the_transaction_refuses_one_and_registers_no_dataset_for_it(
    database: Database, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It knows how many of a project have passed before in the same transaction, which no query finds."""

    def allow_two(considered: Considered) -> None:
        if considered.accepted_before[considered.project] >= 2:
            raise INVALID_REQUEST.error("no more than two")

    monkeypatch.setattr(creation, "CHECKS", (*checks.CHECKS, allow_two))
    others = [_submission(dataset={"kind": "path", "path": f"{resources.settings.data_dir}/{name}"}) for name in "abc"]
    outcomes = submission.accept_all(resources, others)
    assert sum(isinstance(outcome, Accepted) for outcome in outcomes) == 2
    assert (_count(database, JobRow), _count(database, DatasetRow)) == (2, 2)


def test_the_same_key_twice_at_once_makes_one_job(database: Database, resources: Resources) -> None:
    """The second gets the answer to the first, and one with another request is refused."""
    first, again, other = submission.accept_all(
        resources, [_submission("k"), _submission("k"), _submission("k", labels={"a": "b"})]
    )
    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert (again.body, again.replayed, first.replayed) == (first.body, True, False)
    assert isinstance(other, ProblemError)
    assert other.type.slug == "idempotency-key-reused"
    assert _count(database, JobRow) == 1


def test_where_one_breaks_the_transaction_the_others_are_accepted_without_it(
    database: Database, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of the service over one request is no mistake over those that happened to come with it."""

    def break_down(considered: Considered) -> None:
        if considered.request.labels:
            raise ZeroDivisionError

    monkeypatch.setattr(creation, "CHECKS", (*checks.CHECKS, break_down))
    outcomes = submission.accept_all(resources, [_submission(), _submission(labels={"a": "b"}), _submission()])
    assert [type(outcome) for outcome in outcomes] == [Accepted, ZeroDivisionError, Accepted]
    assert _count(database, JobRow) == 2


def test_what_is_remembered_of_a_dataset_is_not_believed_where_it_is_another_one_now(
    database: Database, resources: Resources
) -> None:
    """It has failed since the last request that named it: the next one has it read anew."""
    first = [submission.accept_all(resources, [_submission()])[0] for _ in range(2)][-1]
    with database.writing() as session:
        session.execute(update(DatasetRow).values(state="failed"))
    second = submission.accept_all(resources, [_submission()])[0]
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert second.body["dataset_id"] != first.body["dataset_id"]


def test_a_dataset_that_the_last_requests_named_is_looked_at_once_more_and_no_more(
    database: Database, resources: Resources
) -> None:
    """In the transaction that accepts what names it; whether it can be used was found out by what is remembered."""
    for _ in range(2):
        submission.accept_all(resources, [_submission()])
    said: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *about: said.append(about[2]))
    submission.accept_all(resources, [_submission() for _ in range(5)])
    assert sum("FROM datasets" in statement for statement in said) == 1


def _statements(database: Database, resources: Resources, requests: int, keys: str) -> int:
    """How many are sent to accept so many requests, whose dataset is there already."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    group = [_submission(f"{keys}{number}", labels={"number": str(number)}) for number in range(requests)]
    event.listen(database.engine, "before_cursor_execute", note)
    outcomes = submission.accept_all(resources, group)
    event.remove(database.engine, "before_cursor_execute", note)
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    return len(said)


def test_twenty_requests_take_as_many_statements_as_one(database: Database, resources: Resources) -> None:
    """And one commit, which costs more than all of these."""
    for _ in range(2):  # the dataset is registered, and then it is noted that it is used
        assert isinstance(submission.accept_all(resources, [_submission()])[0], Accepted)
    one, twenty = (_statements(database, resources, number, keys) for number, keys in ((1, "a"), (20, "b")))
    assert one == twenty
