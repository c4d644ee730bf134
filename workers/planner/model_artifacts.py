"""The models that a training leaves behind, as artifacts of its job."""

from __future__ import annotations

import hashlib
from typing import Any

from augury.evidence.comparison_results import ComparisonResults
from store.files.names import job_file_name, model_name
from workers.context import Context


def store_models(context: Context, results: ComparisonResults) -> dict[str, Any]:
    """Copy the trained models to the job's folder; their facts by name (see ``api_schemas.artifacts``)."""
    facts = {}
    for trial in results.trials:
        if trial.result is None:
            continue
        model, name = context.artifacts.read(model_name(trial.id)), f"model-seed-{trial.seed}.keras"
        context.artifacts.write(job_file_name(results.job_id, name), model)
        digest = hashlib.sha256(model).hexdigest()
        facts[name] = {"bytes": len(model), "media_type": "application/zip", "sha256": digest}
    return facts
