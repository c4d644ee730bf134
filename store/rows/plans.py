"""Plans and the trials in the database: what these add to a plan, and how a plan gets its trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import TrialRequest
from api_schemas.plans import Arm, ArmRole, Plan, PlanCost
from api_schemas.training.trials import TrialState
from augury.planning.comparison import definition_of, trial_definitions, trial_slots
from augury.planning.trial_definition import TrialDefinition
from store.database import insert_into
from store.rows import trials
from store.rows.counters.catalogue import SLOTS_FILLED
from store.rows.counters.counting import count
from store.rows.needs.costs import costs_of_inference, mean_seconds, memory_of_trials
from store.rows.needs.worker import worker_for
from store.rows.questions import with_earlier_reports
from store.rows.quotas import counting
from store.rows.tables import DatasetRow, JobTrialRow

MAX_TRIALS_AT_ONCE = 200
"""A transaction is over in a fraction of a second: all others that write, workers with leases among them, may have to
wait for it."""

_RESPONSES = (ArmRole.BUDGET, ArmRole.DATA)

Slot = tuple[str, int]
"""An arm, by its name, on a seed."""


def with_reuse_and_estimate(session: Session, request: TrialRequest, plan: Plan, dataset: DatasetRow) -> Plan:
    """The plan with what is known about its trials once the dataset is."""
    if dataset.digest is None:
        return plan
    facts = DatasetFacts.model_validate(dataset.facts)
    planned = [(arm, each) for arm, _, each in trial_definitions(request, plan, dataset.digest, facts)]
    definitions = [each for _, each in planned]
    by_key = {definition.key(): definition for definition in definitions}
    project = dataset.project_id
    trained = trials.trained(session, project, by_key)
    due = [definition for key, definition in by_key.items() if key not in trained]
    seconds = _estimate(session, project, plan, definitions, due)
    return with_earlier_reports(session, request, plan, dataset).model_copy(
        update={
            "trials_reusable": len(trained) + len(definitions) - len(by_key),
            "estimated_seconds": seconds,
            "costs": {
                "trials": PlanCost(seconds=seconds, memory_bytes=memory_of_trials(session, project, definitions)),
                **_of_responses(session, project, plan, planned, trained),
                **costs_of_inference(session, project, plan, worker_for(request), definitions[0].inference()),
            },
        }
    )


def _of_responses(
    session: Session, project: str, plan: Plan, planned: list[tuple[Arm, TrialDefinition]], trained: Collection[str]
) -> dict[str, PlanCost]:
    """What the trials of budgets and shares take that are among the others; nothing where none are planned."""
    of_variants = {definition.key(): definition for arm, definition in planned if arm.role in _RESPONSES}
    if not any(arm.role in _RESPONSES for arm in plan.arms):
        return {}
    due = [definition for key, definition in of_variants.items() if key not in trained]
    is_known = bool(of_variants) or not plan.due  # what comes after a search for a number of epochs is not
    seconds = _estimate(session, project, plan, [each for _, each in planned], due) if is_known else None
    return {"responses": PlanCost(seconds=seconds, memory_bytes=memory_of_trials(session, project, due))}


def _estimate(
    session: Session, project: str, plan: Plan, planned: list[TrialDefinition], due: list[TrialDefinition]
) -> float | None:
    """Seconds for the trials that are due. A setting that was never timed takes as long as the first that was.

    But for its epochs and its share of the images, to both of which a training takes about in proportion. Where the
    number of epochs is still to be found, it is that of the most that it may be.
    """
    settings = {definition.setting(): definition for definition in planned}
    means = {setting: mean_seconds(session, project, setting) for setting in settings}
    timed = next(((mean / _amount(settings[setting])) for setting, mean in means.items() if mean is not None), None)
    if timed is None:
        return None
    if plan.epochs is None and plan.trial_epochs is not None:
        return round(timed * plan.trial_epochs, 1)
    of_each = {
        setting: timed * _amount(definition) if means[setting] is None else means[setting]
        for setting, definition in settings.items()
    }
    return round(sum(of_each[definition.setting()] or 0.0 for definition in due), 1)


def _amount(definition: TrialDefinition) -> float:
    """What a trial's duration is about in proportion to, among trials of one dataset, model and split."""
    return definition.training.epochs * (definition.split.training_share or 1.0)


def slots_in(plan: Mapping[str, Any]) -> int:
    """How many slots a stored plan has; no two of its rounds train an arm on the same seed."""
    return sum(len(each["arms"]) * len(each["seeds"]) for each in plan.get("rounds", ()))


def slots_by_state(session: Session, job_id: str) -> dict[str, int]:
    """How many slots of a job are filled with trials of which state."""
    query = select(JobTrialRow.trial_state, func.count()).where(JobTrialRow.job_id == job_id)
    return {group[0]: group[1] for group in session.execute(query.group_by(JobTrialRow.trial_state))}


def is_filled(plan: Mapping[str, Any], by_state: Mapping[str, int]) -> bool:
    """Whether every slot of a stored plan has a trial that was not cancelled."""
    return sum(by_state.values()) - by_state.get(TrialState.CANCELLED, 0) >= slots_in(plan)


def fill(session: Session, job_id: str, request: TrialRequest, plan: Plan, dataset: DatasetRow, now: float) -> bool:
    """Give the first few hundred slots of a job that have no trial one; True if there are no more of them.

    Existing trials are taken where they fit, new ones made where they do not. Called again, it goes on where it
    stopped, and fills those slots anew which the cancel of another job has emptied.
    """
    assert dataset.digest is not None, "a plan is adopted only once the dataset is ready"
    in_use = (JobTrialRow.job_id == job_id, JobTrialRow.trial_state != TrialState.CANCELLED)
    filled = {(arm, seed) for arm, seed in session.execute(select(JobTrialRow.arm, JobTrialRow.seed).where(*in_use))}
    empty = [(arm, seed) for arm, seed in trial_slots(plan) if (arm.name, seed) not in filled]
    due = empty[:MAX_TRIALS_AT_ONCE]
    facts = DatasetFacts.model_validate(dataset.facts)
    definitions: dict[Slot, TrialDefinition] = {
        (arm.name, seed): definition_of(request, plan, arm, seed, dataset.digest, facts) for arm, seed in due
    }
    of_new = {"project": dataset.project_id, "dataset_id": dataset.id, "queue": worker_for(request), "now": now}
    _fill(session, job_id, definitions, **of_new)
    counting.note_filled(session, job_id, len(due), are_all=len(due) == len(empty))
    return len(due) == len(empty)


def _fill(session: Session, job_id: str, definitions: Mapping[Slot, TrialDefinition], **of_new: Any) -> None:
    keys = {slot: definition.key() for slot, definition in definitions.items()}
    found = trials.ensure_all(session, definitions={keys[slot]: definitions[slot] for slot in keys}, **of_new)
    links: list[dict[str, Any]] = []
    taken: set[str] = set()
    for (arm, seed), key in keys.items():
        if key not in found:
            continue  # it was ended just now; the next look at the job finds the slot empty
        reused = not found[key].is_new or key in taken
        taken.add(key)
        trial = found[key]
        links.append(
            {"job_id": job_id, "arm": arm, "seed": seed, "trial_id": trial.id, "trial_state": trial.state,
             "reused": reused}
        )  # fmt: skip
    if not links:
        return
    for is_reused, times in Counter(link["reused"] for link in links).items():
        count(session, SLOTS_FILLED, "yes" if is_reused else "no", times=times)
    statement = insert_into(session, JobTrialRow)
    replaced = {name: statement.excluded[name] for name in ("trial_id", "trial_state", "reused")}
    session.execute(statement.on_conflict_do_update(index_elements=["job_id", "arm", "seed"], set_=replaced), links)


def call_arms_otherwise(session: Session, job_id: str, names: Mapping[str, str]) -> None:
    """Give the slots of a job's arms to others, by their names, with the trials that are in them."""
    for old, new in names.items():
        of_arm = (JobTrialRow.job_id == job_id, JobTrialRow.arm == old)
        session.execute(update(JobTrialRow).where(*of_arm).values(arm=new))
