"""The linter's findings about requests and jobs, with the dataset's facts where they are known."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import AugmentationRequest, ComparisonRequest, Job, JobRequest
from api_schemas.lint import Finding, LintRequest, LintResult, Semantics
from augury.linting import lint_each
from augury.linting.networks.weights import weights_findings
from augury.linting.result import lint_result
from service.datasets import registration
from service.datasets.registration import facts_of
from service.resources import Resources
from store.rows.tables import DatasetRow

Findings = dict[str, list[Finding]]

ONLY_SPEC = "augmentation"
"""What the spec of a request that has no candidates is called."""


def answer(resources: Resources, project: str, request: LintRequest) -> LintResult:
    """Everything the rules say about one spec; nothing is stored and nothing ingested."""
    facts = None
    if request.dataset is not None:
        with resources.database.reading() as session:
            facts = facts_of(registration.find(session, registration.resolve(resources, project, request.dataset)))
    return lint_result(request.spec, facts, request.semantics, is_dataset_named=request.dataset is not None)


def of_request(request: JobRequest, facts: DatasetFacts | None) -> Findings:
    """The findings about a job's request, by candidate."""
    if isinstance(request, ComparisonRequest):
        specs = [(each.name, each.spec) for each in request.candidates]
    else:
        specs = [(ONLY_SPEC, request.spec)]
    model = None if isinstance(request, AugmentationRequest) else request.model
    weighted = model.name if model is not None and model.weights is not None else None
    return _of_specs(specs, facts, _semantics(getattr(request, "semantics", None)), weighted)


def added(session: Session, job: Job) -> Job:
    """The job with the findings about its request, on what is known about its dataset by now."""
    facts = facts_of(session.get_one(DatasetRow, job.dataset_id))
    return job.model_copy(update={"findings": _of_stored(job.request, facts)})


def _of_stored(request: dict[str, Any], facts: DatasetFacts | None) -> Findings:
    named = request.get("candidates") or [{"name": ONLY_SPEC, "spec": request.get("spec", {})}]
    try:
        specs = [(each["name"], ImageDataGeneratorSpec.model_validate(each["spec"])) for each in named]
    except ValidationError:  # stored by a version that accepted more than this one
        return {}
    model = request.get("model") or {}
    weighted = None if model.get("weights") is None else str(model.get("name"))
    return _of_specs(specs, facts, _semantics(request.get("semantics")), weighted)


def _semantics(said: str | None) -> Semantics:
    return "corrected" if said == "corrected" else "keras"


def _of_specs(
    specs: list[tuple[str, ImageDataGeneratorSpec]],
    facts: DatasetFacts | None,
    semantics: Semantics,
    weighted: str | None,
) -> Findings:
    """Of named specs; *weighted* is the model that comes with published weights, where one does."""
    found = lint_each(specs, facts, semantics)
    if weighted is None:
        return found
    return {name: [*found[name], *weights_findings(weighted, spec, facts)] for name, spec in specs}
