"""How the difference depends on the training budget."""

from __future__ import annotations

from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import BASELINE, CandidatePlan
from api_schemas.reports.responses import BudgetPoint, BudgetResponse, CandidateBudgets
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.judgement import difference_between
from augury.evidence.responses.levels import Level, accuracy_of, confidence_of_each, shared_by, told, verdict_at
from augury.evidence.why.learning import is_cut_short
from augury.planning.responses import arm_at_budget, budgets_of


def budget_response(results: ComparisonResults) -> BudgetResponse | None:
    """Every candidate at every budget that was trained; None where that was not asked for, or not come to.

    Args:
        results: of all rounds so far.
    """
    request = results.request
    if not isinstance(request, ComparisonRequest):
        return None
    budgets = budgets_of(request, results.plan)
    if not budgets:
        return None
    confidence = confidence_of_each(results, len(budgets))
    return BudgetResponse(
        deciding_epochs=results.plan.epochs or budgets[-1],
        confidence=confidence,
        method=f"Each budget is a whole training of its own. {shared_by(results, 'budgets')}",
        candidates=[_over_budgets(results, each, budgets, confidence) for each in results.plan.candidates],
    )


def _over_budgets(
    results: ComparisonResults, candidate: CandidatePlan, budgets: list[int], confidence: float
) -> CandidateBudgets:
    points = [_point(results, candidate, epochs, confidence) for epochs in budgets]
    levels = [Level(str(each.epochs), each.verdict, each.difference) for each in points]
    sentence = told(candidate.name, levels, "epochs", results.metric.choice.unit)
    last = points[-1]
    if last.still_improving or last.baseline_still_improving:
        whose = "its trials" if last.still_improving else "the baseline's trials"
        sentence += f" At {last.epochs} epochs, most of {whose} were still improving: more may change this again."
    return CandidateBudgets(name=candidate.name, points=points, sentence=sentence)


def _point(results: ComparisonResults, candidate: CandidatePlan, epochs: int, confidence: float) -> BudgetPoint:
    plan = results.plan
    arm, reference = (arm_at_budget(plan, name, epochs) for name in (candidate.arm, BASELINE))
    mine, theirs = (results.records[name].on_seeds(plan.seeds) for name in (arm, reference))
    difference = difference_between(results, arm, reference, plan.seeds, confidence)
    return BudgetPoint(
        epochs=epochs,
        verdict=verdict_at(results, difference),
        difference=difference,
        baseline_accuracy=accuracy_of(theirs),
        candidate_accuracy=accuracy_of(mine),
        still_improving=is_cut_short(mine),
        baseline_still_improving=is_cut_short(theirs),
    )
