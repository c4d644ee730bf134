"""When the evidence for a candidate is looked at, and what each look costs: plan, extensions and earlier reports."""

from __future__ import annotations

from api_schemas.plans import EarlierReport, Plan
from api_schemas.training.evaluation import EvaluationSettings
from augury.evidence.statistics.alpha_spending import Schedule, looks, scheduled


def schedule_of(plan: Plan, evaluation: EvaluationSettings, candidate: str | None = None) -> Schedule:
    """The schedule of a comparison; with a candidate's name, of that one, with what earlier reports have shown of it.

    A look on exactly the seeds of an earlier report's look shows what was shown, so it is no further look. Any other
    look after an earlier report is: it came about because that report was not enough.
    """
    planned = looks(evaluation.min_seeds, evaluation.max_seeds)
    earlier = [each for each in plan.earlier if each.candidate == candidate]
    if not earlier:
        return scheduled(planned, plan.extensions, plan.reserve)
    first = evaluation.first_seed
    shown = [look for look in planned if any(_has_shown(each, set(range(first, first + look))) for each in earlier)]
    return scheduled(
        planned,
        plan.extensions,
        plan.reserve,
        shown=shown,
        kept=min(each.reserve for each in earlier),
        further=sum(each.further for each in earlier),
    )


def _has_shown(earlier: EarlierReport, seeds: set[int]) -> bool:
    return any(set(earlier.seeds[:look]) == seeds for look in earlier.looks)
