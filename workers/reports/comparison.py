"""The report of a comparison: verdicts, what is behind them, and what to use instead."""

from __future__ import annotations

from api_schemas.jobs import ComparisonRequest
from api_schemas.reports.evidence import Look
from api_schemas.reports.report import CandidateReport, Method, Report
from augury.linting import lint
from augury.planning import comparison
from augury.planning.canonical import timestamp
from augury.planning.splits import fixed_validation, split_sizes
from workers.evidence.sequential import confidence_at
from workers.evidence.summarising import summarise
from workers.evidence.verdicts import sentence_of
from workers.evidence.why import why_of
from workers.reports import arms
from workers.reports.asking import question_of
from workers.reports.evidence import Evidence
from workers.reports.judging import Judgement, judge, looks_taken, only, schedule_of
from workers.reports.recommending import confirmation_of

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
        complete=arms.is_complete(evidence),
        stopped=evidence.stopped,
        summary=summarise(
            candidates,
            only(evidence.records[comparison.BASELINE], evidence.seeds("comparison")),
            evidence.request.evaluation.practical_effect,
            recommendation,
        ),
        candidates=candidates,
        recommendation=recommendation,
        arms=[arms.arm_report(evidence, arm) for arm in evidence.plan.arms],
        method=_method(evidence, judgements),
        cost=arms.cost(evidence),
        provenance=arms.provenance(evidence),
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
