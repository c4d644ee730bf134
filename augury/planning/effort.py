"""How much one job may ask for: a request of a few kilobytes can name millions of epochs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api_schemas.plans import BASELINE, ArmRole, FinalScoresPlan, Plan
from api_schemas.training.conditions import ConditionsPlan


@dataclass(frozen=True)
class EffortLimits:
    """What the operator allows one job."""

    max_trials: int
    max_trial_epochs: int
    """Epochs of all its trials together."""
    max_archive_bytes: int
    """Of an augmentation's images, before they are compressed."""
    max_condition_images: int
    """That all models of a job together are shown under conditions, or of a dataset that is scored at the end."""


NO_LIMITS = EffortLimits(*[2**62] * 4)


def effort_problem(plan: Plan, trials: int, epochs: int, limits: EffortLimits) -> str | None:
    """What is to be said where so many trials of a plan are more than is allowed, with both numbers.

    Args:
        plan: the arms that have epochs of their own are in it.
        trials: of the plan and what may be added to it.
        epochs: of each of the others.
        limits: what is allowed.
    """
    if trials > limits.max_trials:
        return f"it may come to {trials:,} trials, and the limit is {limits.max_trials:,}"
    own = _own_epochs(plan)
    total = trials * epochs + sum(each - epochs for each in own)
    if total > limits.max_trial_epochs:
        budgets = f", {len(own):,} of them with other budgets" if plan.epochs is not None and own else ""
        of_each = f"{epochs:,}" if plan.epochs is not None else f"the {epochs:,} that it may have, at most"
        return (
            f"it may come to {total:,} epochs of training ({trials:,} trials of {of_each}{budgets}), "
            f"and the limit is {limits.max_trial_epochs:,}"
        )
    return None


def _own_epochs(plan: Plan) -> list[int]:
    """Of each trial so far, and of those that are due, whose arm has epochs of its own."""
    own = {arm.name: arm.epochs for arm in plan.arms if arm.epochs is not None}
    return [own[name] for each in [*plan.rounds, *plan.due] for name in each.arms if name in own for _ in each.seeds]


def images_problem(shown: ConditionsPlan | FinalScoresPlan | None, limits: EffortLimits) -> str | None:
    """What is to be said where models are to be shown more images than is allowed, with both numbers."""
    if shown is None or shown.images <= limits.max_condition_images:
        return None
    return (
        f"it may come to {shown.images:,} images to be judged ({shown.models:,} models, "
        f"{shown.images_per_model:,} images each), and the limit is {limits.max_condition_images:,}"
    )


def trials_when_extended(plan: Plan, undecided: Iterable[str], seeds: int) -> int:
    """How many trials a comparison has once its undecided candidates have so many seeds, at least."""
    compared = {BASELINE}
    for candidate in plan.candidates:
        if candidate.name in set(undecided):
            compared |= {candidate.arm, candidate.preprocessing_arm}
    arms = [arm for arm in plan.arms if arm.name in compared and arm.role != ArmRole.ATTRIBUTION]
    trained = sum(len(each.seeds) for each in plan.rounds if each.purpose == "comparison")
    return plan.trials + len(arms) * max(0, seeds - trained)
