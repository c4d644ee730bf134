"""What a report says where accuracy decides and most images are of one class."""

from __future__ import annotations

from api_schemas.reports.evidence import Cause
from augury.evidence.comparison_results import ComparisonResults
from augury.planning.metric_problems import metric_suggestion


def suggested_metric(results: ComparisonResults) -> list[Cause]:
    """The suggestion, before all else; nothing where there is none."""
    suggestion = metric_suggestion(results.request.evaluation, results.facts)
    if suggestion is None:
        return []
    return [Cause(kind="finding", text=suggestion, strength=0.0, evidence="/provenance/dataset/classes")]
