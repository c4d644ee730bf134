"""A report's dataset as MLflow describes the inputs of runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from api_schemas.reports.report import Report
from augury.reporting import formatting
from augury.wording import source_of

DIGEST_LENGTH = 32
"""Of 64 characters of the SHA-256; MLflow takes up to 36."""


def dataset_fields(report: Report) -> dict[str, str]:
    """Name, digest, source, schema and profile, as `mlflow.entities.Dataset` takes them.

    The schema is a tensor of images and one of labels, the profile has what is known of both.
    """
    facts, reference = report.provenance.dataset, report.provenance.request.get("dataset")
    reference = reference if isinstance(reference, dict) else {}
    kind = str(reference.get("kind"))
    source_type, source = _SOURCES.get(kind, _of_augury)(reference)
    profile = {
        "num_rows": facts.images,
        "classes": facts.classes,
        "splits": facts.splits,
        "value_range": facts.value_range,
        "sha256": report.provenance.dataset_digest,
    }
    return {
        "name": formatting.dataset_name(report),
        "digest": report.provenance.dataset_digest[:DIGEST_LENGTH],
        "source_type": source_type,
        "source": json.dumps(source),
        "schema": json.dumps(_tensors({"features": (facts.dtype, facts.shape), "targets": ("int64", ())})),
        "profile": json.dumps(profile),
    }


def _tensors(parts: Mapping[str, tuple[str, tuple[int, ...]]]) -> dict[str, dict[str, str]]:
    # MLflow has JSON within JSON there.
    specs = {
        name: json.dumps([{"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": [-1, *shape]}}])
        for name, (dtype, shape) in parts.items()
    }
    return {"mlflow_tensorspec": specs}


def _of_augury(reference: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return "augury", {"uri": source_of(reference)}


_SOURCES: dict[str, Callable[[Mapping[str, Any]], tuple[str, dict[str, Any]]]] = {
    "url": lambda each: ("http", {"url": str(each.get("url"))}),
    "s3": lambda each: ("s3", {"uri": source_of(each)}),
    "gs": lambda each: ("gs", {"uri": source_of(each)}),
    "path": lambda each: ("local", {"uri": str(each.get("path"))}),
    "huggingface": lambda each: ("hugging_face", {"path": str(each.get("repository"))}),
}
"""In MLflow's words where it has any, by the kind of reference."""
