"""Probes of jobs that share a baseline: real models, and what was answered before."""

from __future__ import annotations

from typing import Any

import pytest

from augury.evidence.probe_results import Probe
from store.queue import ADVANCE, WORK
from store.rows import chunks, trials
from store.rows.tables import ChunkRow
from tests.store.databases import comparison, new_job
from tests.workers.conftest import RecordingQueue
from tests.workers.units.carried import advance
from workers.context import Context
from workers.units.next_unit import work

pytestmark = pytest.mark.usefixtures("warm")

FLIP = {"horizontal_flip": True, "rescale": 1 / 255}
TURN = {"rotation_range": 30, "rescale": 1 / 255}
SMALL = {
    "model": {"name": "linear"},
    "training": {"epochs": 1},
    "evaluation": {"seeds": 2, "training_images": 60},
    "recommend": False,
}
MARK = 0.123


def _worked_off(context: Context, queue: RecordingQueue, specs: dict[str, dict[str, Any]]) -> str:
    """A comparison of these, with all that its messages say done."""
    with context.database.writing() as session:
        job_id = new_job(session, comparison(specs, **SMALL)).id
    advance(context, job_id)
    while queue.waiting:
        for task, about, _ in queue.take():
            {WORK: work, ADVANCE: advance}[task](context, about)
    return job_id


def _probes(context: Context, job_id: str) -> list[Probe]:
    with context.database.reading() as session:
        return [Probe.model_validate(row.result) for row in chunks.probes(session, job_id)]


def _mark(context: Context, job_id: str, **changes: Any) -> None:
    """Change what is stored of the flip, so that it is known again where it is taken from there."""
    with context.database.writing() as session:
        for row in chunks.probes(session, job_id):
            assert row.result is not None
            answers = row.result["candidates"]
            marked = answers["flip"] | {"unchanged": MARK} | changes
            session.get_one(ChunkRow, row.id).result = row.result | {"candidates": answers | {"flip": marked}}


def test_a_model_is_asked_only_what_it_was_not_asked_for_another_job(context: Context, queue: RecordingQueue) -> None:
    """Under whatever name; the candidate that is new is asked about, and clean images are."""
    first = _worked_off(context, queue, {"flip": FLIP})
    _mark(context, first)
    second = _worked_off(context, queue, {"turn": TURN, "mirror": FLIP})
    before, after = _probes(context, first), _probes(context, second)
    assert [each.candidates["mirror"] for each in after] == [each.candidates["flip"] for each in before]
    assert {each.candidates["mirror"].unchanged for each in after} == {MARK}
    assert all(each.candidates["turn"].parameters[0].parameter == "rotation_range" for each in after)
    assert [each.clean for each in after] == [each.clean for each in before]


def test_what_is_answered_again_is_the_same(context: Context, queue: RecordingQueue) -> None:
    """An answer without a note of what was asked, as earlier versions stored them, is not taken: the model is asked."""
    first = _worked_off(context, queue, {"flip": FLIP})
    answered = _probes(context, first)
    _mark(context, first, asked=None)
    assert _probes(context, _worked_off(context, queue, {"flip": FLIP})) == answered


def test_the_latest_answers_of_a_trials_own_model_are_found(context: Context, queue: RecordingQueue) -> None:
    """Not those of other seeds or arms; the latest job's first, and no more than asked for."""
    jobs = [_worked_off(context, queue, specs) for specs in ({"flip": FLIP}, {"turn": TURN}, {"mirror": FLIP})]
    with context.database.reading() as session:
        slots = {(link.arm, link.seed): trial.id for link, trial in trials.of_job(session, jobs[0])}
        for seed in (0, 1):
            found = chunks.probes_of_trial(session, slots["baseline", seed], 2)
            assert [(each["seed"], list(each["candidates"])) for each in found] == [
                (seed, ["mirror"]),
                (seed, ["turn"]),
            ]
        assert chunks.probes_of_trial(session, slots["flip", 0], 2) == []
