"""What parts of a plan take: measured by the latest work of their kind, which is all that is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_schemas.chunks import ChunkRole, ChunkState
from api_schemas.plans import Plan, PlanCost
from api_schemas.training.trials import TrialState
from augury.planning.trial_definition import TrialDefinition
from store.rows.tables import ChunkRow, JobRow, TrialRow

MAX_LOOKED_AT = 200
"""Of the latest units of a kind, so that a plan costs the same however long the history is."""

_RECENT = 20


def mean_seconds(session: Session, project: str, setting: str, recent: int = 50) -> float | None:
    """Mean measured seconds of a project's latest finished trials of a setting (see ``TrialDefinition.setting``).

    Where none is finished, what one that runs is expected to take by its first steps; None where there is none.
    """
    of_setting = (TrialRow.project_id == project, TrialRow.setting == setting)
    measured = session.scalars(
        select(TrialRow.result["seconds"].as_float())
        .where(*of_setting, TrialRow.state == TrialState.SUCCEEDED)
        .order_by(TrialRow.finished_at.desc())
        .limit(recent)
    )
    seconds: list[float] = [each for each in measured if each is not None]
    if seconds:
        return sum(seconds) / len(seconds)
    running = (*of_setting, TrialRow.state == TrialState.RUNNING)
    expected = session.scalar(select(func.avg(TrialRow.expected_seconds)).where(*running))
    return None if expected is None else float(expected)


def memory_of_trials(session: Session, project: str, planned: Iterable[TrialDefinition]) -> int | None:
    """The most that one of a project's latest trials of these settings took; None where none was measured."""
    of_each = (_memory_of_setting(session, project, setting) for setting in {each.setting() for each in planned})
    return max((each for each in of_each if each is not None), default=None)


def _memory_of_setting(session: Session, project: str, setting: str) -> int | None:
    done = (TrialRow.project_id == project, TrialRow.setting == setting, TrialRow.state == TrialState.SUCCEEDED)
    query = select(TrialRow.result["memory_bytes"].as_integer()).where(*done)
    found = session.scalars(query.order_by(TrialRow.finished_at.desc()).limit(_RECENT))
    return max((each for each in found if each is not None), default=None)


def costs_of_inference(session: Session, project: str, plan: Plan, queue: str, like: str) -> dict[str, PlanCost]:
    """What showing images to models takes, by the part of the plan that asks for it.

    Args:
        session: to look at what was measured.
        project: whose work is looked at.
        plan: of a comparison or a training.
        queue: the kind of worker.
        like: what models have in common that take about as long for an image (``TrialDefinition.inference``).
    """
    asked = {ChunkRole.CONDITION: ("conditions", plan.conditions), ChunkRole.SCORE: ("final_scores", plan.final_scores)}
    due = {role: (name, shown.images) for role, (name, shown) in asked.items() if shown and shown.images}
    if not due:
        return {}
    done = {role: _measured(session, project, role, queue, like) for role in asked}
    every = [each for of_role in done.values() for each in of_role]
    return {name: _cost(done[role] or every, images) for role, (name, images) in due.items()}


def _measured(session: Session, project: str, role: ChunkRole, queue: str, like: str) -> list[Mapping[str, Any]]:
    """The results of the latest chunks of a role, of a project's latest jobs, whose models were alike, newest first."""
    of_kind = (ChunkRow.state == ChunkState.SUCCEEDED, ChunkRow.queue == queue, ChunkRow.role == role)
    jobs = select(JobRow.id).where(JobRow.project_id == project).order_by(JobRow.id.desc()).limit(MAX_LOOKED_AT)
    query = select(ChunkRow.result).where(*of_kind, ChunkRow.job_id.in_(jobs))
    query = query.order_by(ChunkRow.created_at.desc()).limit(MAX_LOOKED_AT)
    return [each for each in session.scalars(query) if each is not None and each.get("like") == like][:_RECENT]


def _cost(measured: Sequence[Mapping[str, Any]], images: int) -> PlanCost:
    shown = sum(each["images"] for each in measured)
    memory = max((each["memory_bytes"] for each in measured if each["memory_bytes"] is not None), default=None)
    if not shown:
        return PlanCost(seconds=None, memory_bytes=memory)
    rate = sum(each["seconds"] for each in measured) / shown
    return PlanCost(seconds=round(rate * images, 1), memory_bytes=memory)
