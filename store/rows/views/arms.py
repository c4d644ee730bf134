"""How far the arms of a job are, counted without looking at any trial."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api_schemas.training.trials import TrialState
from store.rows.tables import JobRow, JobTrialRow


@dataclass(frozen=True)
class ArmStanding:
    """Of one arm: how many of its trials are done, run, have failed, and how many there are so far."""

    name: str
    done: int
    running: int
    failed: int
    total: int


def arms_standing(session: Session, job: JobRow) -> list[ArmStanding]:
    """The arms of a job in the order of its plan; those that have no trial yet are left out."""
    query = select(JobTrialRow.arm, JobTrialRow.trial_state, func.count()).where(JobTrialRow.job_id == job.id)
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for arm, state, number in session.execute(query.group_by(JobTrialRow.arm, JobTrialRow.trial_state)):
        counted[arm][state] = number
    order = {arm["name"]: place for place, arm in enumerate((job.plan or {}).get("arms", []))}
    return [
        ArmStanding(
            name,
            done=by_state.get(TrialState.SUCCEEDED, 0),
            running=by_state.get(TrialState.RUNNING, 0),
            failed=by_state.get(TrialState.FAILED, 0),
            total=sum(by_state.values()),
        )
        for name, by_state in sorted(counted.items(), key=lambda each: (order.get(each[0], len(order)), each[0]))
    ]
