"""What a job needs that is there already."""

from __future__ import annotations

from typing import Any

from api_schemas.jobs import JobRequest, TrialRequest
from service.jobs.conditions import other_datasets_of
from store.rows.tables import DatasetRow


def names_in(request: JobRequest, dataset: DatasetRow | None) -> list[str]:
    """What a request needs that is there already: ids, and the digest of a model."""
    model: Any = request.model if isinstance(request, TrialRequest) else None
    names = [getattr(dataset, "id", None), getattr(model, "id", None), getattr(model, "digest", None)]
    return [name for name in (*names, *(each.dataset for each in other_datasets_of(request))) if name]
