"""Why arms cannot be trained as asked, said before anything is trained, from the dataset's facts alone."""

from __future__ import annotations

from api_schemas.base import nearest_name
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.training.settings import TrainingSettings


def training_problem(training: TrainingSettings, facts: DatasetFacts) -> str | None:
    """Why a dataset with these facts cannot be trained on as asked, said to a person; None if it can."""
    if not isinstance(training.class_weight, dict):
        return None
    unknown = sorted(set(training.class_weight) - set(facts.classes))
    if not unknown:
        return None
    meant = nearest_name(unknown[0], list(facts.classes))
    hint = f"; did you mean {meant!r}?" if meant else ""
    return f"class_weight names class {unknown[0]!r}, which the dataset does not have{hint}"
