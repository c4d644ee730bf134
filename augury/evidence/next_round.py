"""What a comparison needs next, by the evidence so far: more epochs, seeds, budgets, a confirmation, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import BASELINE, Arm, ArmRole, Round
from api_schemas.recommendations import RecommendedSpec
from augury.evidence.analysis import Analysis
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.responses.automatic_epochs import still_improves
from augury.planning.automatic_epochs import PILOT, epochs_found, is_first_look, longer, with_longer_round
from augury.planning.effort import NO_LIMITS, EffortLimits, effort_problem
from augury.planning.splits import HELD_OUT, untouched_test

RECOMMENDED = "augury:recommended"
"""No candidate can be called so: a name has no colon."""

FRESH_SEEDS_START = 2**32
"""Beyond all seeds that a request can name."""
_MIN_FRESH_SEEDS = 5


@dataclass(frozen=True)
class Extension:
    """One more round of a comparison."""

    round: Round
    arms: Sequence[Arm] = ()
    """New in this round."""
    recommendation: RecommendedSpec | None = None
    """With it, the round's seeds are the first fresh ones, to be moved on past those that are used up."""


@dataclass(frozen=True)
class MoreEpochs:
    """The number of epochs that every arm has from now on: found by a pilot, or twice that of before.

    The comparison begins with it, or begins anew.
    """

    epochs: int


def next_round(analysis: Analysis, limits: EffortLimits = NO_LIMITS) -> Extension | MoreEpochs | None:
    """The next round; None when the report can be made. What explains verdicts comes after what makes them.

    Args:
        analysis: of all that was trained so far.
        limits: beyond which nothing is trained anew for longer. Whatever else a job may come to was counted when it was
            accepted.
    """
    epochs = _more_epochs(analysis.results, limits)
    if epochs is not None:
        return MoreEpochs(epochs)
    more_seeds = _for_the_undecided(analysis)
    if more_seeds is not None:
        return Extension(more_seeds)
    request, plan = analysis.results.request, analysis.results.plan
    if plan.due:
        return Extension(plan.due[0])
    if isinstance(request, ComparisonRequest) and request.recommend and plan.recommendation is None:
        return _confirmation(analysis)
    return None


def _more_epochs(results: ComparisonResults, limits: EffortLimits) -> int | None:
    """The number that the pilots found, or a larger one while arms of the first round still improve; None to go on."""
    plan = results.plan
    if results.request.training.epochs != "auto":
        return None
    if plan.epochs is None:
        pilots = [trial.result for trial in results.trials if trial.arm == PILOT and trial.result is not None]
        return epochs_found([each.best_epoch for each in pilots if each.best_epoch is not None])
    if not is_first_look(plan):
        return None
    epochs = longer(plan.epochs) if still_improves(results) else None
    if epochs is None:
        return None
    anew = with_longer_round(plan, epochs)
    return epochs if effort_problem(anew, anew.trials_most, epochs, limits) is None else None


def _for_the_undecided(analysis: Analysis) -> Round | None:
    """Seeds for candidates that no look has settled, with all that they are compared with."""
    results, planned = analysis.results, len(analysis.results.seeds("comparison"))
    is_confirmed = any(each.purpose == "confirmation" for each in results.plan.rounds)
    due = results.plan.extensions if is_confirmed else analysis.schedule  # what was planned is over by then
    larger = [look for look in due if look > planned]
    undecided = [
        judgement for judgement in analysis.judgements if judgement.settled_at is None and judgement.difference
    ]
    if not larger or not undecided:
        return None
    compared = {BASELINE}
    for judgement in undecided:
        compared |= {judgement.candidate.arm, judgement.candidate.preprocessing_arm}
    first = results.request.evaluation.first_seed
    return Round(
        arms=[arm.name for arm in results.plan.arms if arm.name in compared],
        seeds=list(range(first + planned, first + larger[0])),
    )


def _confirmation(analysis: Analysis) -> Extension:
    """The recommended spec against the baseline and the best candidate, on seeds that no decision has seen."""
    settings, recommended, best = analysis.results.request.evaluation, analysis.recommendation, analysis.best_candidate
    arms = [BASELINE] + ([best.candidate.arm] if best else [])
    # Compared one by one, as a spec with a list of shifts has no hash.
    is_trained = any(arm.spec == recommended.spec for arm in analysis.results.plan.arms if arm.name in arms)
    new = []
    if not is_trained:
        new = [Arm(name=RECOMMENDED, role=ArmRole.RECOMMENDED, spec=recommended.spec)]
    confirmation = Round(
        purpose="confirmation",
        arms=[*arms, *(arm.name for arm in new)],
        seeds=[FRESH_SEEDS_START + number for number in range(max(_MIN_FRESH_SEEDS, settings.min_seeds))],
        validated_on=_confirmed_on(analysis),
    )
    return Extension(confirmation, new, recommended)


def _confirmed_on(analysis: Analysis) -> str | None:
    """Images that the search has not seen; None where an earlier version planned without keeping any."""
    if analysis.results.plan.held_out is not None:
        return HELD_OUT
    return untouched_test(analysis.results.request.evaluation, analysis.results.facts)
