"""The linter's findings about requests and jobs, with the dataset's facts where they are known."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.jobs import Job
from api_schemas.lint import Finding, LintRequest, LintResult, Semantics
from augury.linting import lint_each
from augury.linting.networks.weights import weights_findings
from augury.linting.result import lint_result
from service.datasets import registration
from service.datasets.registration import ResolvedReference, facts_of
from service.resources import Resources
from store.rows import datasets
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


def of_request(session: Session, request: Any, resolved: ResolvedReference) -> Findings:
    """The findings about a job's request, by candidate."""
    return _of_stored(
        request.model_dump(mode="json"), facts_of(datasets.find(session, resolved.project, resolved.reference))
    )


def added(session: Session, job: Job) -> Job:
    """The job with the findings about its request, on what is known about its dataset by now."""
    facts = facts_of(session.get_one(DatasetRow, job.dataset_id))
    return job.model_copy(update={"findings": _of_stored(job.request, facts)})


def _of_stored(request: dict[str, Any], facts: DatasetFacts | None) -> Findings:
    semantics: Semantics = "corrected" if request.get("semantics") == "corrected" else "keras"
    named = request.get("candidates") or [{"name": ONLY_SPEC, "spec": request.get("spec", {})}]
    try:
        specs = [(each["name"], ImageDataGeneratorSpec.model_validate(each["spec"])) for each in named]
    except ValidationError:  # stored by a version that accepted more than this one
        return {}
    found = lint_each(specs, facts, semantics)
    model = request.get("model") or {}
    if model.get("weights") is None:
        return found
    return {name: [*found[name], *weights_findings(str(model.get("name")), spec, facts)] for name, spec in specs}
