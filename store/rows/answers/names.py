"""What a job is about, as people call it: its dataset, its model and the metric that decides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from api_schemas.training.metrics import DEFAULT_METRIC
from augury.reporting.formatting import plain

MAX_DATASET_LENGTH = 200
MAX_MODEL_LENGTH = 120
MAX_METRIC_LENGTH = 300
_DIGEST_CHARS = 12


def dataset_name(reference: Mapping[str, Any]) -> str:
    """A dataset by its reference as it is stored: the last part of where it comes from.

    Args:
        reference: of the dataset's own row, so of another kind than ``dataset``.
    """
    kind = str(reference.get("kind", "dataset"))
    address = re.split("[?#]", str(reference.get("url", "")))[0]  # of whatever was accepted once, valid or not
    path = reference.get("path") or address or reference.get("key")
    name = reference.get("name") or reference.get("repository")
    if kind == "upload":
        name = f"upload {str(reference.get('sha256', ''))[:_DIGEST_CHARS]}"
    elif name is None and path:
        name = PurePosixPath(str(path)).name
    return plain(str(name or reference.get("bucket") or kind), MAX_DATASET_LENGTH)


def model_name(request: Mapping[str, Any]) -> str:
    """The model that a request asks for; nothing where it trains none."""
    model = request.get("model")
    if not isinstance(model, Mapping):
        return ""
    if model.get("id"):
        return plain(str(model["id"]), MAX_MODEL_LENGTH)
    if model.get("config"):
        return "own network"
    weights = f" ({model['weights']})" if model.get("weights") else ""
    return plain(f"{model.get('name', '')}{weights}", MAX_MODEL_LENGTH)


def metric_name(request: Mapping[str, Any]) -> str:
    """What decides, as requests write it; nothing where nothing is measured."""
    evaluation = request.get("evaluation")
    if not isinstance(evaluation, Mapping):
        return ""
    return plain(str(evaluation.get("metric") or DEFAULT_METRIC), MAX_METRIC_LENGTH)
