"""What a job that goes on has done so far, and when its evidence is looked at. Verdicts come with looks, not before."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api_schemas.jobs import JobKind
from api_schemas.plans import Plan
from augury.wording import count
from store.rows.tables import JobRow
from store.rows.views.arms import ArmStanding, arms_standing


@dataclass(frozen=True)
class Going:
    """What is done.

    Attributes:
        arms: how far each is; names as people may see them.
        next_look: what is waited for, in a sentence; empty before there is a plan.
    """

    arms: list[ArmStanding]
    next_look: str


def going(session: Session, job: JobRow) -> Going:
    """How a job of trials goes on; nothing of one that has none."""
    if job.kind == JobKind.AUGMENTATION:
        return Going([], "")
    return Going(arms_standing(session, job), _next_look(job))


def _next_look(job: JobRow) -> str:
    if job.plan is None:
        return ""
    if job.stop_requested_at is not None:
        return "It was stopped: the report on what is done comes next."
    plan = Plan.model_validate(job.plan)
    if plan.kind is JobKind.TRAINING or not plan.rounds:
        return "The report comes when all of its trials are over."
    last = plan.rounds[-1]
    seeds = count(len(last.seeds), "seed")
    return {
        "comparison": f"The next look at the evidence is when all trials of this round are over, after "
        f"{_seeds_by(plan)}. Until then there is no verdict.",
        "confirmation": f"The recommendation is put to the test on {seeds} that no decision has seen.",
        "response": "Other budgets and shares of the images are trained; the verdicts are taken, and come with the "
        "report.",
        "pilot": f"The baseline is trained on {seeds} to find a number of epochs.",
    }[last.purpose]


def _seeds_by(plan: Plan) -> str:
    return count(sum(len(each.seeds) for each in plan.rounds if each.purpose == "comparison"), "seed")
