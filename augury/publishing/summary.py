"""What a report came to in few words: what a step of a pipeline hands to the next one."""

from __future__ import annotations

from typing import Any

from api_schemas.reports.report import CandidateReport, Report


def summary_of(report: Report) -> dict[str, Any]:
    """Verdicts, differences and the recommended spec, as what JSON has: strings, numbers, lists and objects.

    Differences are in points of the metric that decided; above zero is better. They are null where too few trials gave
    a result.
    """
    advice = report.recommendation and report.recommendation.recommended.spec
    return {
        "job_id": report.job_id,
        "complete": report.complete,
        "metric": report.method.metric,
        "dataset_digest": report.provenance.dataset_digest,
        "verdicts": {each.name: each.verdict.value for each in report.candidates},
        "differences": {each.name: _difference(each) for each in report.candidates},
        "recommended": advice and advice.model_dump(mode="json", exclude_defaults=True),
        "sentences": [cause.text for cause in report.sentences()],
    }


def _difference(candidate: CandidateReport) -> dict[str, float] | None:
    measured = candidate.difference
    return None if measured is None else {"mean": measured.mean, "low": measured.low, "high": measured.high}
