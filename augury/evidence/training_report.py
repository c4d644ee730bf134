"""The report of a training: one arm's accuracy over its seeds, and the models that it left behind."""

from __future__ import annotations

from api_schemas.jobs import JobKind
from api_schemas.reports.final_scores import FinalScores
from api_schemas.reports.report import Report
from augury.evidence import arm_reports
from augury.evidence.comparison_results import ComparisonResults
from augury.evidence.why.kept_views import kept_views

_METHOD = (
    "mean over seeds; every seed has its own initial weights and batch order, and its own split where it draws one"
)


def training_report(results: ComparisonResults, created_at: str, scores: FinalScores | None = None) -> Report:
    """The report, as a pure function of the results.

    Args:
        results: of the training's one arm.
        created_at: RFC 3339, UTC.
        scores: on the dataset's untouched test split, where they were asked for.
    """
    return Report(
        job_id=results.job_id,
        kind=JobKind.TRAINING,
        created_at=created_at,
        complete=arm_reports.is_complete(results),
        stopped=results.stopped,
        summary=kept_views(results.request.model),
        candidates=[],
        arms=[arm_reports.arm_report(results, arm) for arm in results.plan.arms],
        final_scores=scores,
        method=arm_reports.method(results, _METHOD),
        cost=arm_reports.cost(results),
        provenance=arm_reports.provenance(results),
    )
