"""Streams of events: what is told, from where it goes on, and when it ends."""

from __future__ import annotations

from itertools import islice

import pytest
from sqlalchemy import text

from service.events import streaming
from service.watching import streams
from tests.service.events.conftest import Served
from tests.service.events.hearing import hearing, stored, stream


def test_a_jobs_stream_tells_all_that_has_happened_and_happens_and_ends_with_it(service: Served) -> None:
    """From its acceptance on; the last thing that is said is ``done``, and then the connection ends."""
    job_id = service.new_job()
    with hearing(service.address, f"/v1/jobs/{job_id}/events") as heard:
        first = next(stored(heard))
        assert (first.name, first.data["job_id"], first.data["sequence"]) == ("queued", job_id, int(first.id))
        service.tell(job_id)
        second = next(stored(heard))
        assert (second.name, second.data["data"]) == ("phase", {"phase": "phase 0"})
        service.end(job_id)
        rest = [event for event in heard if event.name != "progress"]
    assert [event.name for event in rest] == ["cancelled", "done"]
    assert rest[1].data == {"job_id": job_id, "state": "cancelled"}
    assert rest[1].id == rest[0].id


def test_who_has_heard_the_end_is_told_not_to_come_again(service: Served) -> None:
    """204, upon which browsers give up; who has missed it is told, and then ``done``."""
    job_id = service.new_job()
    service.end(job_id)
    path = f"/v1/jobs/{job_id}/events"
    with hearing(service.address, path) as heard:
        told = list(heard)
    assert [event.name for event in told] == ["queued", "cancelled", "done"]
    with stream(service.address, path, **{"Last-Event-ID": told[-1].id}) as response:
        assert response.status_code == 204
    with hearing(service.address, path, **{"Last-Event-ID": told[0].id}) as heard:
        assert [event.name for event in heard] == ["cancelled", "done"]


def test_the_id_that_a_browser_sends_goes_before_the_one_in_the_address(service: Served) -> None:
    """It asks for the same address again, with what it has heard since."""
    job_id = service.new_job()
    service.tell(job_id, times=2)
    path = f"/v1/jobs/{job_id}/events?follow=false"
    with hearing(service.address, path) as heard:
        ids = [event.id for event in stored(heard)]
    assert len(ids) == 3
    for query, headers, expected in (
        (f"&after={ids[0]}", {}, ids[1:]),
        (f"&after={ids[0]}", {"Last-Event-ID": ids[1]}, ids[2:]),
    ):
        with hearing(service.address, path + query, **headers) as heard:
            assert [event.id for event in stored(heard)] == expected


@pytest.mark.parametrize("cursor", ["x", "-1", "9223372036854775808"])
def test_an_id_that_no_event_can_have_is_refused(service: Served, cursor: str) -> None:
    """With the field that is at fault, in either place."""
    for query, headers in ((f"?after={cursor}", {}), ("", {"Last-Event-ID": cursor})):
        with stream(service.address, f"/v1/events{query}", **headers) as response:
            assert response.status_code == 422


def test_a_projects_stream_tells_of_all_its_jobs_from_now_on(service: Served) -> None:
    """Nothing of what was before, unless an id says from where; and it does not end with a job."""
    before = service.new_job()
    with hearing(service.address, "/v1/events") as heard:
        jobs = [service.new_job() for _ in range(2)]
        service.end(jobs[0])
        service.tell(before)
        told = list(islice(heard, 4))
    assert [(event.name, event.data["job_id"]) for event in told] == [
        ("queued", jobs[0]), ("queued", jobs[1]), ("cancelled", jobs[0]), ("phase", before),
    ]  # fmt: skip
    with hearing(service.address, f"/v1/events?after={told[1].id}") as heard:
        assert [event.id for event in islice(heard, 2)] == [told[2].id, told[3].id]


def test_who_lags_behind_is_told_all_in_order(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not kept for all any more is read again, page by page, while more comes."""
    monkeypatch.setattr(streams, "_MAX_RECENT", 5)
    monkeypatch.setattr(streams, "_PAGE", 3)
    job_id = service.new_job()
    service.tell(job_id, times=20)
    with hearing(service.address, f"/v1/jobs/{job_id}/events") as heard:
        first = next(stored(heard))
        service.tell(job_id, times=20)
        service.end(job_id)
        told = [first, *stored(heard)]
    assert [event.name for event in told] == ["queued", *["phase"] * 40, "cancelled"]
    ids = [int(event.id) for event in told]
    assert ids == sorted(set(ids))


def test_progress_is_told_without_an_id_and_without_what_was_measured(service: Served) -> None:
    """How much is done, of how much, and what goes on; a stream between two looks has nothing else to give away."""
    job_id = service.running_job()
    with hearing(service.address, f"/v1/jobs/{job_id}/events") as heard:
        told = next(event for event in heard if event.name == "progress")
        with service.database.writing() as session:
            session.execute(text("update trials set state = 'running', epoch = 1 where epoch = 0"))
            session.execute(text("update job_trials set trial_state = 'running' where job_id = :id"), {"id": job_id})
        later = next(event for event in heard if event.name == "progress")
        service.end(job_id)
    assert (told.data["job_id"], told.data["phase"], told.data["progress"]["trials_total"]) == (job_id, "training", 4)
    assert later.data["progress"]["trials_running"] == 4
    assert later.id == told.id, "which is that of the last event that was stored"
    assert set(told.data) == {"job_id", "kind", "state", "phase", "progress"}
    assert set(told.data["progress"]) == {
        *("trials_total", "trials_done", "trials_reused", "trials_running"),
        *("chunks_total", "chunks_done", "chunks_running", "waiting_for", "fraction", "estimated_finish"),
    }


def test_where_nothing_happens_comments_keep_the_connection(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which are no events."""
    monkeypatch.setattr(streaming, "HEARTBEAT_SECONDS", 0.05)
    with stream(service.address, "/v1/events") as response:
        lines = list(islice(response.iter_lines(), 12))
    assert lines.count(": ") >= 2
    assert not [line for line in lines if line.startswith(("event", "data"))]


def test_a_stream_outlives_a_database_that_is_away(service: Served) -> None:
    """What happened meanwhile is told when it is back."""
    job_id = service.new_job()
    with hearing(service.address, f"/v1/jobs/{job_id}/events") as heard:
        next(stored(heard))
        with service.database.writing() as session:
            session.execute(text("alter table jobs rename to elsewhere"))
        with service.database.writing() as session:
            session.execute(text("alter table elsewhere rename to jobs"))
        service.tell(job_id)
        assert next(stored(heard)).name == "phase"


def test_the_stream_of_a_job_that_is_deleted_ends(service: Served) -> None:
    """Without ``done``; whoever comes again is told that there is none."""
    job_id = service.new_job()
    with hearing(service.address, f"/v1/jobs/{job_id}/events") as heard:
        next(stored(heard))
        with service.database.writing() as session:
            session.execute(text("delete from jobs where id = :id"), {"id": job_id})
        assert [event.name for event in heard if event.name != "progress"] == []
    with stream(service.address, f"/v1/jobs/{job_id}/events") as response:
        assert response.status_code == 404
