"""The report of a training: one arm's accuracy over its seeds, and the models that it left behind."""

from __future__ import annotations

from api_schemas.base import timestamp
from api_schemas.jobs import JobKind
from api_schemas.reports.report import Method, Report
from augury.evidence import arm_reports
from augury.evidence.comparison_results import Evidence
from augury.planning.splits import fixed_validation, split_sizes

_METHOD = (
    "mean over seeds; every seed has its own initial weights and batch order, and its own split where it draws one"
)


def training_report(evidence: Evidence, now: float) -> Report:
    """The report, as a pure function of the evidence."""
    settings, sizes = evidence.request.evaluation, split_sizes(evidence.request.evaluation, evidence.facts)
    is_fixed = fixed_validation(settings, evidence.facts) is not None
    return Report(
        job_id=evidence.job_id,
        kind=JobKind.TRAINING,
        created_at=timestamp(now),
        complete=arm_reports.is_complete(evidence),
        stopped=evidence.stopped,
        candidates=[],
        arms=[arm_reports.arm_report(evidence, arm) for arm in evidence.plan.arms],
        method=Method(
            interval=_METHOD,
            confidence=settings.confidence,
            practical_effect=settings.practical_effect,
            candidates=0,
            training_images=sizes.training,
            validation_images=sizes.validation,
            splits="fixed" if is_fixed else "random" if evidence.facts.groups is None else "grouped",
        ),
        cost=arm_reports.cost(evidence),
        provenance=arm_reports.provenance(evidence),
    )
