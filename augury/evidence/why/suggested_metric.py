"""What a report says where accuracy decides and most images are of one class."""

from __future__ import annotations

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.reports.evidence import Cause
from api_schemas.training.evaluation import EvaluationSettings
from augury.planning.metric_problems import metric_suggestion


def suggested_metric(evaluation: EvaluationSettings, facts: DatasetFacts) -> list[Cause]:
    """The suggestion, before all else; nothing where there is none."""
    suggestion = metric_suggestion(evaluation, facts)
    if suggestion is None:
        return []
    return [Cause(kind="finding", text=suggestion, strength=0.0, evidence="/provenance/dataset/classes")]
