"""What is told of the evidence, and when: verdicts at planned looks, and between them how much is done."""

from __future__ import annotations

from api_schemas.events.stream import JobEvent
from store.ids import DEFAULT_PROJECT
from store.rows import events
from tests.store.databases import comparison, new_job, ready_dataset
from tests.workers.planner.finished import end_probes, finish_trials
from tests.workers.units.carried import advance
from workers.context import Context

TWO = {"flip": {"horizontal_flip": True, "rescale": 1 / 255}, "turn": {"rotation_range": 9, "rescale": 1 / 255}}


def _accuracy(arm: str, seed: int) -> float:
    """The flip is settled at once, the turn never."""
    return {"baseline": 0.9, "flip": 0.0, "turn": 0.85 if seed % 2 else 0.95}.get(arm, 0.9)


def _events(context: Context, job_id: str) -> list[JobEvent]:
    with context.database.reading() as session:
        return events.of_project(session, DEFAULT_PROJECT, job_id, after=0, to=10**9, limit=100)


def test_verdicts_are_told_at_planned_looks_and_not_before(context: Context) -> None:
    """By how many candidates have which; while trials end, however clear it is by then, nobody is told who leads."""
    with context.database.writing() as session:
        ready_dataset(session)
        job_id = new_job(session, comparison(TWO, evaluation={"seeds": {"min": 5, "max": 8}})).id
    advance(context, job_id)
    finish_trials(context, job_id, _accuracy)
    advance(context, job_id)
    assert [event.type for event in _events(context, job_id)] == ["queued", "planned", "running"]
    end_probes(context, job_id)
    advance(context, job_id)
    told = _events(context, job_id)
    assert [event.type for event in told[3:]] == ["looked", "planned"]
    assert told[3].data == {"round": 1, "verdicts": {"hurts": 1, "inconclusive": 1}}
    finish_trials(context, job_id, _accuracy)
    advance(context, job_id)
    assert [event.data["round"] for event in _events(context, job_id) if event.type == "looked"] == [1, 2]


def test_no_event_says_what_the_request_had_in_it(context: Context) -> None:
    """Names of candidates, specs and labels are asked for by whoever may read the job."""
    with context.database.writing() as session:
        ready_dataset(session)
        request = comparison({"secret-name": TWO["turn"]}, labels={"owner": "secret-label"})
        job_id = new_job(session, request).id
    for _ in range(3):
        advance(context, job_id)
        finish_trials(context, job_id, _accuracy)
        end_probes(context, job_id)
    told = " ".join(event.model_dump_json() for event in _events(context, job_id))
    assert "looked" in told
    assert "secret" not in told
    assert "rotation_range" not in told
