"""Requests in traces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from augury.telemetry import traces
from store.rows.tables import JobRow
from tests.augury.telemetry.test_traces import OTHERS
from tests.otlp import Receiver, receiving
from tests.service.auth.conftest import database_of
from tests.service.conftest import serving
from tests.store.databases import comparison_body


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """One that the service's spans go to."""
    with receiving() as found:
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found
        traces.configure("test", are_on=False)
        traces._provider.cache_clear()


def test_a_request_is_in_its_clients_trace_and_so_is_the_job(tmp_path: Path, receiver: Receiver) -> None:
    """With its route, its status and its ids, and with nothing of what was asked for."""
    with serving(tmp_path, traces=True) as client:
        body = comparison_body(labels={"team": "topsecret"})
        accepted = client.post("/v1/jobs?x=topsecret", json=body, headers={"traceparent": OTHERS})
        assert accepted.status_code == 202
        with database_of(client).reading() as session:
            stored = session.scalar(select(JobRow.traceparent))
    (span,) = receiver.spans
    assert (span.name, span.trace, span.parent) == ("POST /v1/jobs", OTHERS[3:35], OTHERS[36:52])
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/jobs",
        "http.response.status_code": 202,
        "augury.request.id": accepted.headers["X-Request-Id"],
        "augury.job.id": accepted.json()["id"],
    }
    assert stored == f"00-{span.trace}-{span.id}-01"
    assert b"topsecret" not in b"".join(receiver.bodies)


def test_a_request_that_failed_is_an_error_without_its_reason(tmp_path: Path, receiver: Receiver) -> None:
    """And one that was refused is none: it is its client's."""
    with serving(tmp_path, traces=True) as client:
        client.get("/a-bug-in-the-service")
        client.get("/v1/jobs/job_topsecret")
        client.get("/healthz")
    assert [(span.name, span.is_error) for span in receiver.spans] == [
        ("GET /a-bug-in-the-service", True),
        ("GET /v1/jobs/{job_id}", False),
    ]
    assert b"what only the log may say" not in b"".join(receiver.bodies)
    assert b"topsecret" not in b"".join(receiver.bodies)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("traceparent", "topsecret")],
        [("traceparent", OTHERS), ("traceparent", OTHERS[:-1] + "0")],
    ],
    ids=["none", "not one", "two"],
)
def test_a_traceparent_that_says_nothing_begins_a_trace(
    tmp_path: Path, receiver: Receiver, headers: list[tuple[str, str]]
) -> None:
    """As the standard has it: it is as if there had been none."""
    with serving(tmp_path, traces=True) as client:
        assert client.get("/v1/jobs", headers=headers).status_code == 200
    (span,) = receiver.spans
    assert span.parent == ""
    assert span.trace != OTHERS[3:35]


def test_without_traces_a_clients_is_kept_for_who_has_them(tmp_path: Path) -> None:
    """On the job, from which the workers have it."""
    with serving(tmp_path) as client:
        for sent in (OTHERS, "topsecret"):
            client.post("/v1/jobs", json=comparison_body(labels={"n": sent[:2]}), headers={"traceparent": sent})
        with database_of(client).reading() as session:
            assert session.scalars(select(JobRow.traceparent).order_by(JobRow.id)).all() == [OTHERS, None]
