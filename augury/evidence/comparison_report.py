"""The report of a comparison: verdicts, what is behind them, and what to use instead."""

from __future__ import annotations

from api_schemas.base import timestamp
from api_schemas.jobs import ComparisonRequest
from api_schemas.plans import BASELINE
from api_schemas.reports.evidence import Look
from api_schemas.reports.report import CandidateReport, Method, Report
from augury.evidence import arm_reports
from augury.evidence.candidate_results import question_of
from augury.evidence.comparison_results import Evidence
from augury.evidence.confirmation import confirmation_of
from augury.evidence.judgement import Judgement, judge, looks_taken, only, schedule_of
from augury.evidence.statistics.alpha_spending import confidence_at
from augury.evidence.statistics.verdicts import sentence_of
from augury.evidence.why.reasons import why_of
from augury.evidence.why.summary import summarise
from augury.linting import lint
from augury.planning.splits import fixed_validation, split_sizes

_INTERVAL_METHOD = (
    "t interval of the mean paired difference, its variance split into that of seeds and that of the validation "
    "images which seeds share; verdicts hold together at the stated confidence over all candidates (Bonferroni) and "
    "looks (alpha spending); see docs/statistics.md"
)


def compose(evidence: Evidence, now: float) -> Report:
    """The report, as a pure function of the evidence."""
    judgements = judge(evidence)
    candidates = [_candidate(evidence, judgement, place) for place, judgement in enumerate(judgements)]
    recommendation = confirmation_of(evidence, judgements)
    return Report(
        job_id=evidence.job_id,
        created_at=timestamp(now),
        complete=arm_reports.is_complete(evidence),
        stopped=evidence.stopped,
        summary=summarise(
            candidates,
            only(evidence.records[BASELINE], evidence.seeds("comparison")),
            evidence.request.evaluation.practical_effect,
            recommendation,
        ),
        candidates=candidates,
        recommendation=recommendation,
        arms=[arm_reports.arm_report(evidence, arm) for arm in evidence.plan.arms],
        method=_method(evidence, judgements),
        cost=arm_reports.cost(evidence),
        provenance=arm_reports.provenance(evidence),
    )


def _candidate(evidence: Evidence, judgement: Judgement, place: int) -> CandidateReport:
    settings, question = evidence.request.evaluation, question_of(evidence, judgement, place)
    candidate = judgement.candidate
    return CandidateReport(
        name=candidate.name,
        arm=candidate.arm,
        preprocessing_arm=candidate.preprocessing_arm,
        verdict=judgement.verdict,
        sentence=sentence_of(
            candidate.name, judgement.verdict, judgement.difference, settings.confidence, settings.practical_effect
        ),
        difference=judgement.difference,
        preprocessing=question.preprocessing_difference,
        augmentation=question.augmentation_difference,
        findings=lint(question.arm.spec, evidence.facts),
        needed=question.needed,
        why=why_of(question),
    )


def _method(evidence: Evidence, judgements: list[Judgement]) -> Method:
    assert isinstance(evidence.request, ComparisonRequest)
    settings, sizes = evidence.request.evaluation, split_sizes(evidence.request.evaluation, evidence.facts)
    is_fixed = fixed_validation(settings, evidence.facts) is not None
    schedule = schedule_of(evidence)
    return Method(
        interval=_INTERVAL_METHOD,
        confidence=settings.confidence,
        practical_effect=settings.practical_effect,
        candidates=len(judgements),
        training_images=sizes.training,
        validation_images=sizes.validation,
        splits="fixed" if is_fixed else "random" if evidence.facts.groups is None else "grouped",
        looks=[
            Look(
                seeds=look,
                confidence=confidence_at(schedule, look, settings.confidence, len(judgements)),
                settled=[each.candidate.name for each in judgements if each.settled_at == look],
            )
            for look in looks_taken(evidence)
        ],
    )
