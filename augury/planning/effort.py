"""How much one job may ask for: a request of a few kilobytes can name millions of epochs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api_schemas.plans import BASELINE, ArmRole, Plan


@dataclass(frozen=True)
class EffortLimits:
    """What the operator allows one job."""

    max_trials: int
    max_trial_epochs: int
    """Epochs of all its trials together."""
    max_archive_bytes: int
    """Of an augmentation's images, before they are compressed."""
    max_condition_images: int
    """That all models of a comparison together are shown under conditions."""


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
    own = [arm.epochs for arm in plan.arms if arm.role == ArmRole.BUDGET and arm.epochs is not None]
    total = trials * epochs + len(plan.seeds) * sum(each - epochs for each in own)
    if total > limits.max_trial_epochs:
        budgets = f", {len(own) * len(plan.seeds):,} of them with other budgets" if own else ""
        return (
            f"it may come to {total:,} epochs of training ({trials:,} trials of {epochs:,}{budgets}), "
            f"and the limit is {limits.max_trial_epochs:,}"
        )
    return None


def conditions_problem(plan: Plan, limits: EffortLimits) -> str | None:
    """What is to be said where more images are to be judged under conditions than is allowed, with both numbers."""
    if plan.conditions is None or plan.conditions.images <= limits.max_condition_images:
        return None
    conditions = plan.conditions
    return (
        f"it may come to {conditions.images:,} images to be judged ({conditions.models:,} models, "
        f"{conditions.images_per_model:,} images each), and the limit is {limits.max_condition_images:,}"
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
