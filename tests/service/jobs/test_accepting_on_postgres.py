"""On PostgreSQL, where several services accept jobs at the same moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from fastapi.testclient import TestClient
from pydantic import TypeAdapter
from sqlalchemy import func, select

from api_schemas.jobs import JobRequest
from augury.datasets.settings import IngestSettings
from service.http.bodies import SentBody
from service.http.idempotency import Accepted
from service.jobs import submission
from service.jobs.preparing import Submission
from service.main import create_app
from service.resources import Resources
from service.settings import ServiceSettings
from store.ids import DEFAULT_PROJECT
from store.rows.tables import DatasetRow, JobRow
from tests.service.conftest import LOOPBACK_URL, UNREACHABLE
from tests.store.databases import comparison_body

_REQUEST: TypeAdapter[JobRequest] = TypeAdapter(JobRequest)
ROUNDS, REQUESTS = 5, 8


@pytest.fixture
def resources(new_postgres: Callable[[], str], tmp_path: Path) -> Iterator[Resources]:
    """Of a service on PostgreSQL."""
    settings = ServiceSettings(data_dir=tmp_path, database_url=new_postgres(), broker_url=UNREACHABLE)
    app = create_app(settings, IngestSettings(roots=[Path("/data")]))
    with TestClient(app, base_url=LOOPBACK_URL):
        yield app.state.resources


def _submission(round_: int, number: int) -> Submission:
    """One of a round, on a dataset that nobody has named before."""
    body = comparison_body(dataset={"kind": "path", "path": f"/data/{round_}-{number}"})
    sent = SentBody(json.dumps(body).encode())
    return Submission(DEFAULT_PROJECT, _REQUEST.validate_python(body), sent, f"key-{round_}-{number}")


def test_two_groups_with_the_same_keys_in_opposite_orders_make_each_job_once(resources: Resources) -> None:
    """They wait for each other's keys and datasets, but not in a circle; both get the same answers."""
    together = Barrier(2)

    def accept(round_: int, *, backwards: bool) -> list[str]:
        group = [_submission(round_, number) for number in range(REQUESTS)]
        together.wait(60)
        outcomes = submission.accept_all(resources, group[::-1] if backwards else group)
        ids = [outcome.id for outcome in outcomes if isinstance(outcome, Accepted)]
        return ids[::-1] if backwards else ids

    with ThreadPoolExecutor(2) as pool:
        for round_ in range(ROUNDS):
            answers = [pool.submit(accept, round_, backwards=backwards) for backwards in (False, True)]
            ids, same = (answer.result(60) for answer in answers)
            assert len(ids) == REQUESTS
            assert ids == same
    with resources.database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(row)) for row in (JobRow, DatasetRow)]
    assert counts == [ROUNDS * REQUESTS] * 2
