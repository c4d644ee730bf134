"""What a report says where augmented arms were trained on views that are kept."""

from __future__ import annotations

from api_schemas.reports.evidence import Cause
from api_schemas.training.models import ModelSpec
from augury.planning.training_problems import feature_views_note


def kept_views(model: ModelSpec) -> list[Cause]:
    """How much of each augmentation was seen; nothing where every epoch had views of its own."""
    note = feature_views_note(model)
    if note is None:
        return []
    return [Cause(kind="finding", text=note, strength=0.0, evidence="/provenance/request/model")]
