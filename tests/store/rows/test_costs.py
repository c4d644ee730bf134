"""What parts of a plan take, by what was measured of work like it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkSpan
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import Plan
from augury.planning import comparison as plans
from augury.planning.conditions import MAX_IMAGES
from store.database import Database
from store.rows import chunks, leases, trials
from store.rows.plans import with_reuse_and_estimate
from store.rows.tables import ChunkRow, DatasetRow
from tests.store.databases import FACTS, NOW, comparison, ready_dataset, result, running_job

CONDITIONS: dict[str, Any] = {"evaluation": {"seeds": 2, "conditions": ["dimmed"]}}


def _planned(session: Session, request: ComparisonRequest, dataset: DatasetRow) -> Plan:
    return with_reuse_and_estimate(session, request, plans.plan_comparison(request, FACTS), dataset)


def _judged(session: Session, job_id: str, like: str, *, seconds: float, memory: int) -> None:
    """A chunk of a job that showed 100 images to a model."""
    number = len(chunks.of_role(session, job_id, ChunkRole.CONDITION))
    chunks.add(session, job_id, ChunkRole.CONDITION, [ChunkSpan(number, 0, 100)], "cpu", NOW)
    row = chunks.of_role(session, job_id, ChunkRole.CONDITION)[-1]
    lease = leases.claim(session, leases.CHUNKS, row.id, owner="w", now=NOW, seconds=10)
    assert lease is not None
    outcome = {"trial": "t", "images": 100, "like": like, "seconds": seconds, "memory_bytes": memory}
    chunks.succeed(session, lease, outcome, 100, NOW)


def _like(request: ComparisonRequest) -> str:
    plan = plans.plan_comparison(request, FACTS)
    return plans.definition_of(request, plan, plan.arms[0], 0, "d" * 64, FACTS).inference()


def test_conditions_take_what_models_of_this_network_took_on_this_dataset(database: Database) -> None:
    """By the mean time of an image, and the most memory; however many epochs the models were trained for."""
    request = comparison(**CONDITIONS)
    with database.writing() as session:
        dataset = ready_dataset(session)
        job = running_job(session, comparison(training={"epochs": 7}, **CONDITIONS))
        like = _like(request)
        unknown = _planned(session, request, dataset)
        _judged(session, job.id, like, seconds=1.0, memory=5)
        _judged(session, job.id, like, seconds=3.0, memory=9)
        _judged(session, job.id, "of another network", seconds=500.0, memory=10**9)
        known = _planned(session, request, dataset)
    assert unknown.costs["conditions"].model_dump() == {"seconds": None, "memory_bytes": None}
    assert known.conditions is not None
    assert known.conditions.images == 4 * 5 * 20 <= MAX_IMAGES
    assert known.costs["conditions"].model_dump() == {"seconds": 8.0, "memory_bytes": 9}


def test_a_plan_without_such_parts_has_the_cost_of_its_trials_alone(database: Database) -> None:
    """With the memory that trials like them took."""
    request = comparison()
    with database.writing() as session:
        dataset = ready_dataset(session)
        job = running_job(session, request)
        for memory, (_, trial) in enumerate(trials.of_job(session, job.id), 100):
            lease = leases.claim(session, leases.TRIALS, trial.id, owner="w", now=NOW, seconds=10)
            assert lease is not None
            trials.succeed(session, lease, result(0.5).model_copy(update={"memory_bytes": memory}), NOW)
        known = _planned(session, request, dataset)
    assert {part: cost.memory_bytes for part, cost in known.costs.items()} == {"trials": 103}


def test_responses_are_told_apart_from_the_trials_that_they_are_part_of(database: Database) -> None:
    """Their share of the seconds that all due trials take."""
    asked = {"training": {"epochs": 10}, "budget_response": [5, 10]}
    with database.writing() as session:
        dataset = ready_dataset(session)
        earlier = running_job(session, comparison(training={"epochs": 10}))
        for _, trial in trials.of_job(session, earlier.id)[:2]:
            lease = leases.claim(session, leases.TRIALS, trial.id, owner="w", now=NOW, seconds=10)
            assert lease is not None
            trials.succeed(session, lease, result(0.5), NOW)
        known = _planned(session, comparison(**asked), dataset)
    assert (known.estimated_seconds, known.costs["responses"].seconds) == (2 * 2.0 + 4 * 1.0, 4 * 1.0)


def test_what_is_looked_at_is_bounded(database: Database) -> None:
    """Each plan reads the latest units alone: rows of chunks, not of jobs."""
    with database.writing() as session:
        dataset = ready_dataset(session)
        job = running_job(session, comparison(**CONDITIONS))
        for number in range(250):
            session.add(
                ChunkRow(
                    id=f"chunk_{number}", job_id=job.id, role=ChunkRole.CONDITION, number=number, first=0, images=1,
                    done=1, state="succeeded", queue="cpu", attempts=1, created_at=NOW + number,
                    result={"images": 1, "like": _like(comparison(**CONDITIONS)), "seconds": number, "memory_bytes": 1},
                )
            )  # fmt: skip
        session.flush()
        known = _planned(session, comparison(**CONDITIONS), dataset)
    assert known.costs["conditions"].seconds == 400 * sum(range(230, 250)) / 20
