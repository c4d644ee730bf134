"""The report of a comparison: verdicts, what is behind them, and what to use instead."""

from __future__ import annotations

from api_schemas.plans import Arm, Plan
from api_schemas.reports.evidence import Look, Why
from api_schemas.reports.final_scores import FinalScores
from api_schemas.reports.report import CandidateReport, Report
from augury.evidence import arm_reports
from augury.evidence.analysis import Analysis
from augury.evidence.candidate_results import CandidateResults
from augury.evidence.conditions.report import conditions_report, told_of_conditions
from augury.evidence.earlier_reports import told_of_earlier
from augury.evidence.judgement import Judgement
from augury.evidence.responses.automatic_epochs import automatic_epochs
from augury.evidence.responses.budgets import budget_response
from augury.evidence.responses.images import data_response
from augury.evidence.statistics.alpha_spending import confidence_at
from augury.evidence.why.classes import losses
from augury.evidence.why.kept_views import kept_views
from augury.evidence.why.learning import has_learned, nothing_learned
from augury.evidence.why.suggested_metric import suggested_metric
from augury.evidence.why.summary import summarise
from augury.evidence.why.verdict_sentence import sentence_of
from augury.linting import lint

_INTERVAL_METHOD = (
    "t interval of the mean paired difference, its variance split into that of seeds and that of the validation "
    "images which seeds share; verdicts, and what is said of their parts, hold together at the stated confidence over "
    "all candidates (Bonferroni) and looks (alpha spending); see docs/statistics.md"
)


def comparison_report(analysis: Analysis, created_at: str, scores: FinalScores | None = None) -> Report:
    """The report, as a pure function of the analysis.

    Args:
        analysis: of all rounds.
        created_at: RFC 3339, UTC.
        scores: on the dataset's untouched test split, where they were asked for.
    """
    results = analysis.results
    told = zip(analysis.judgements, analysis.candidate_results, analysis.reasons, strict=True)
    candidates = [_candidate(analysis, judgement, measured, why) for judgement, measured, why in told]
    conditions = conditions_report(results, analysis.judgements)
    return Report(
        job_id=results.job_id,
        created_at=created_at,
        complete=arm_reports.is_complete(results),
        stopped=results.stopped,
        summary=[
            *suggested_metric(results.request.evaluation, results.facts),
            *kept_views(results.request.model),
            *summarise(
                candidates,
                analysis.baseline,
                results.request.evaluation.practical_effect,
                analysis.confirmation,
                results.metric,
            ),
            *told_of_conditions(conditions),
            *told_of_earlier(analysis),
        ],
        candidates=candidates,
        conditions=conditions,
        recommendation=analysis.confirmation,
        automatic_epochs=automatic_epochs(results),
        budget_response=budget_response(results),
        data_response=data_response(results),
        arms=[arm_reports.arm_report(results, arm) for arm in _trained(results.plan)],
        final_scores=scores,
        method=arm_reports.method(results, _INTERVAL_METHOD, _looks(analysis)).model_copy(
            update={"earlier": results.plan.earlier}
        ),
        cost=arm_reports.cost(results),
        provenance=arm_reports.provenance(results),
    )


def _candidate(analysis: Analysis, judgement: Judgement, measured: CandidateResults, why: Why) -> CandidateReport:
    settings, candidate = analysis.results.request.evaluation, judgement.candidate
    lost = losses(why.classes)
    sentence = sentence_of(
        candidate.name,
        judgement.verdict,
        judgement.difference,
        settings.confidence,
        settings.practical_effect,
        lost,
        analysis.results.metric.choice.unit,
        is_cut_short=why.still_improving,
        is_baseline_cut_short=why.baseline_still_improving,
    )
    return CandidateReport(
        name=candidate.name,
        arm=candidate.arm,
        preprocessing_arm=candidate.preprocessing_arm,
        verdict=judgement.verdict,
        sentence=f"{sentence}{_if_nothing_was_learned(measured)}",
        difference=judgement.difference,
        preprocessing=measured.preprocessing_difference,
        augmentation=measured.augmentation_difference,
        losing_classes=[each.class_name for each in lost],
        findings=lint(measured.arm.spec, analysis.results.facts),
        needed=measured.needed,
        why=why,
    )


def _trained(plan: Plan) -> list[Arm]:
    """The arms of all rounds: those of a round that is still due have nothing to be told of."""
    due = {name for each in plan.due for name in each.arms}
    return [arm for arm in plan.arms if arm.variant_of is None or arm.name not in due]


def _if_nothing_was_learned(measured: CandidateResults) -> str:
    """Said after the verdict where neither side knows more than the most frequent class: then it is about nothing."""
    if measured.difference is None or has_learned(measured.arm) or has_learned(measured.baseline):
        return ""
    return (
        f" But neither its models nor the baseline's have learned more than to name the most frequent class "
        f"({nothing_learned(measured.arm)}): this says nothing about its transforms."
    )


def _looks(analysis: Analysis) -> list[Look]:
    judgements, confidence = analysis.judgements, analysis.results.request.evaluation.confidence
    return [
        Look(
            seeds=look,
            confidence=max(confidence_at(each, look, confidence, len(judgements)) for each in analysis.schedules),
            settled=[each.candidate.name for each in judgements if each.settled_at == look],
            is_extension=look in analysis.results.plan.extensions,
        )
        for look in analysis.looks_taken
    ]
