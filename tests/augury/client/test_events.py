"""How the client listens: what it makes of a stream, how it goes on, and what it does where there is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.sse import format_sse_event
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.jobs import Job, JobState
from augury import Client, RequestRefused, ServiceFailed, ServiceUnreachable
from augury.client import event_stream
from augury.client.event_stream import StreamEvent, parsed
from tests.augury.stand_in import Answer, StandIn, problem
from tests.augury.wire import job

_TEXT = st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"]))
_NAMES = st.from_regex(r"[a-z]{1,9}", fullmatch=True)
_IDS = st.integers(0, 2**63 - 1).map(str)


@given(st.lists(st.builds(StreamEvent, _NAMES, _IDS, _TEXT)), st.booleans())
def test_what_a_service_sends_is_what_is_heard(events: list[StreamEvent], has_comments: bool) -> None:
    """Whatever is in the data, and whether comments come between."""
    sent = "".join(
        format_sse_event(comment="x" if has_comments else None).decode() * has_comments
        + format_sse_event(event=each.name, id=each.id, data_str=each.data).decode()
        for each in events
    )
    assert list(parsed(sent.split("\n"))) == events


def test_an_event_that_is_cut_off_is_none() -> None:
    """It comes again, whole, on the next connection."""
    assert list(parsed(["event: phase", "id: 4", "data: {}"])) == []


def _stream(*events: tuple[str, int | None, dict[str, Any]]) -> Answer:
    """A stream that says this and ends."""
    frames = [
        format_sse_event(event=name, id=None if number is None else str(number), data_str=json.dumps(data))
        for name, number, data in events
    ]
    return Answer(200, b": augury\n\n" + b"".join(frames), "text/event-stream")


def _event(name: str, number: int) -> tuple[str, int, dict[str, Any]]:
    at = "2026-01-31T12:00:00.000Z"
    return name, number, {"job_id": "job_1", "sequence": number, "type": name, "at": at, "data": {}, "new": "field"}


def _progress(done: int) -> tuple[str, None, dict[str, Any]]:
    told = {name: value for name, value in job(done=done).items() if name in ("kind", "state", "phase", "progress")}
    return "progress", None, {"job_id": "job_1", **told}


DONE = ("done", 9, {"job_id": "job_1", "state": "succeeded"})


def _watched(service: StandIn, **options: float) -> list[tuple[JobState, int]]:
    with Client(service.url) as client:
        return [(each.state, each.progress.trials_done) for each in client.watch("job_1", **options)]


def test_watching_by_a_stream_asks_for_the_job_only_where_something_has_happened_to_it(service: StandIn) -> None:
    """Progress comes with all that is to be shown of it."""
    service.will(
        Answer(200, job()),
        _stream(_progress(1), _progress(1), _progress(2), _event("succeeded", 9), DONE),
        Answer(200, job(JobState.SUCCEEDED, 4)),
    )
    running, over = JobState.RUNNING, JobState.SUCCEEDED
    assert _watched(service) == [(running, 0), (running, 1), (running, 2), (over, 4)]
    assert [asked.path for asked in service.asked] == [
        "/v1/jobs/job_1", "/v1/jobs/job_1/events", "/v1/jobs/job_1", "/v1/jobs/job_1",
    ]  # fmt: skip


@pytest.mark.parametrize("trouble", [Answer(0), Answer(503), Answer(502, b"<html>", "text/html")])
def test_a_stream_that_breaks_off_goes_on_from_the_last_event(service: StandIn, trouble: Answer) -> None:
    """However it broke off, and whatever stood in between."""
    told = _stream(_event("phase", 5), _event("phase", 6))
    service.will(told, trouble, trouble, _stream(_event("succeeded", 7), DONE))
    with Client(service.url) as client:
        assert [event.sequence for event in client.events("job_1", after=4)] == [5, 6, 7]
    assert [asked.headers.get("Last-Event-Id") or asked.headers.get("Last-Event-ID") for asked in service.asked] == [
        "4", "6", "6", "6",
    ]  # fmt: skip


def test_a_service_that_stays_away_is_waited_for_so_long(service: StandIn) -> None:
    """And then the error says so."""
    service.will(_stream(_event("phase", 5)), Answer(503))
    with Client(service.url) as client, pytest.raises(ServiceUnreachable, match="503"):
        list(client.events("job_1", patience=0.5))


def _refused(status: int, slug: str) -> Answer:
    body = {"type": f"urn:augury:problem:{slug}", "title": "", "status": status, "detail": "", "errors": []}
    return Answer(status, body, "application/problem+json")


@pytest.mark.parametrize(
    "instead",
    [
        Answer(200, {"no": "stream"}),
        _refused(404, "no-such-path"),
        _refused(429, "too-many-streams"),
        _refused(503, "streams-full"),
        Answer(405, b"a proxy", "text/html"),
    ],
    ids=["no stream", "an earlier version", "too many of the project", "too many", "a proxy"],
)
def test_where_there_is_no_stream_the_job_is_asked_for(service: StandIn, instead: Answer) -> None:
    """By ``Prefer: wait``, to the same end."""
    service.will(Answer(200, job()), instead, Answer(200, job(done=1)), Answer(200, job(JobState.SUCCEEDED, 4)))
    assert [done for _, done in _watched(service)] == [0, 1, 4]
    assert "Prefer" in service.asked[2].headers


def test_a_proxy_that_keeps_the_stream_back_is_found_out(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service says something at once, and then every few seconds; who hears nothing asks instead."""
    monkeypatch.setattr(event_stream, "SILENCE_SECONDS", 0.2)
    held = Answer(200, b"", "text/event-stream", hold_seconds=1.5)
    service.will(Answer(200, job()), held, Answer(200, job(JobState.SUCCEEDED, 4)))
    assert [done for _, done in _watched(service)] == [0, 4]


def test_a_refusal_is_not_tried_again(service: StandIn) -> None:
    """As any other request's."""
    service.will(problem(404, "there is no job"))
    with Client(service.url) as client, pytest.raises(RequestRefused):
        list(client.events("job_1"))
    assert len(service.asked) == 1


def test_events_that_are_none_of_auguries_are_said_to_be_so(service: StandIn) -> None:
    """Not shown as if they were."""
    service.will(_stream(("phase", 5, {"something": "else"})))
    with Client(service.url) as client, pytest.raises(ServiceFailed, match="phase"):
        list(client.events())


def test_a_job_that_was_over_and_goes_on_is_watched_on(service: StandIn) -> None:
    """Another has extended it just when its end was told."""
    service.will(
        Answer(200, job()), Answer(204, b""), Answer(200, job(done=1)), _stream(DONE),
        Answer(200, job(JobState.SUCCEEDED, 4)),
    )  # fmt: skip
    assert [done for _, done in _watched(service)] == [0, 1, 4]


def test_the_model_of_a_job_takes_what_progress_has(service: StandIn) -> None:
    """All of it but what stays the same is told with progress."""
    fields = set(_progress(1)[2]) - {"job_id"}
    assert fields <= set(Job.model_fields)
