"""What the playground begins with: as its address says, or a candidate of a job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from sqlalchemy.orm import Session

from api_schemas.base import RequestModel
from api_schemas.datasets.dataset import Dataset, DatasetState
from api_schemas.datasets.references import BuiltinReference
from api_schemas.training.metrics import DEFAULT_METRIC, METRICS
from api_schemas.training.models import ModelName
from augury.datasets.reference_rules import refusal_of
from augury.datasets.settings import IngestSettings
from augury.wording import shortened
from service.datasets.registration import facts_of
from service.http.problem_types import INVALID_REQUEST
from service.http.problems import require_found
from store.rows import datasets
from store.rows import jobs as job_rows
from store.rows.answers.names import dataset_name

BUILTIN: tuple[str, ...] = get_args(BuiltinReference.model_fields["name"].annotation)
MODELS: tuple[str, ...] = get_args(ModelName)
_DEFAULT_MODEL = "small_cnn"
DATASET_ID = "ds_"
_FIRST_SPEC = {"rotation_range": 20, "width_shift_range": 0.1, "height_shift_range": 0.1, "zoom_range": 0.1}
_MAX_DATASETS = 200
_MAX_NAME_LENGTH = 60


@dataclass(frozen=True)
class Choice:
    """A dataset to choose: its id, or the name of one that is built in, and what it is called."""

    value: str
    label: str


@dataclass(frozen=True)
class Start:
    """What the page shows first.

    Attributes:
        spec: as text; it is shown as it came, whether it is one or not.
        dataset: a value among *choices*, or of one that is not among them.
        model: by name.
        epochs: a number, or a rule's name.
        metric: that decides.
        source: the candidate that it is from, as job and name; None where it is from none.
        choices: of datasets.
    """

    spec: str
    dataset: str
    choices: Sequence[Choice] = field(default=())
    model: str = _DEFAULT_MODEL
    epochs: str = "30"
    metric: str = DEFAULT_METRIC
    source: tuple[str, str] | None = None


def start(
    session: Session,
    project: str,
    ingest: IngestSettings,
    *,
    spec: str | None,
    dataset: str | None,
    source: str | None,
) -> Start:
    """What the address says, before what a candidate of a job has, before an example.

    *ingest* says which datasets may be read; others are not offered.

    Raises:
        ProblemError: there is no such candidate.
    """
    choices = tuple(_choices(session, project, ingest))
    begun = _of_candidate(session, project, source) if source else Start(_text(_FIRST_SPEC), BUILTIN[0])
    chosen = dataset or begun.dataset
    if chosen.startswith(DATASET_ID):
        row = datasets.get(session, project, chosen)
        chosen = chosen if row is None else _dataset_of(row.reference, row.id)
    if all(each.value != chosen for each in choices):
        choices = (Choice(chosen, chosen), *choices)
    return Start(
        spec=begun.spec if spec is None else spec,
        dataset=chosen,
        choices=choices,
        model=begun.model,
        epochs=begun.epochs,
        metric=begun.metric,
        source=begun.source,
    )


def metric_names() -> list[str]:
    """Of those that may decide, as one begins to type them."""
    return [name for name, traits in METRICS.items() if traits.why_not_deciding is None]


def image_size_of(session: Session, project: str, reference: RequestModel) -> tuple[int, int] | None:
    """Height and width of a dataset's images; None where it is not there, or not read yet."""
    facts = facts_of(datasets.find(session, project, reference.model_dump(mode="json")))
    return None if facts is None else facts.shape[:2]


def _choices(session: Session, project: str, ingest: IngestSettings) -> list[Choice]:
    page = datasets.page(session, project, limit=_MAX_DATASETS, cursor=None, state=DatasetState.READY)
    known = {each.reference.get("name") for each in page.items if each.reference["kind"] == "builtin"}
    stored = [Choice(_value(each), _label(each)) for each in page.items]
    unread = [name for name in BUILTIN if name not in known]
    allowed = [name for name in unread if refusal_of({"kind": "builtin", "name": name}, ingest) is None]
    return [*stored, *(Choice(name, f"{name} (built in)") for name in allowed)]


def _value(dataset: Dataset) -> str:
    return dataset.reference["name"] if dataset.reference["kind"] == "builtin" else dataset.id


def _label(dataset: Dataset) -> str:
    name = shortened(dataset_name(dataset.reference), _MAX_NAME_LENGTH)
    if dataset.facts is None:
        return name
    height, width, channels = dataset.facts.shape
    return f"{name}: {dataset.facts.images:,} images of {height}×{width}×{channels}"


def _of_candidate(session: Session, project: str, source: str) -> Start:
    """The spec of a candidate, with its job's dataset and as much of its training as the page can say."""
    job_id, _, name = source.partition(":")
    job = require_found(job_rows.find(session, project, job_id), "job", job_id)
    request: Mapping[str, Any] = job.request
    specs = {each["name"]: each["spec"] for each in request.get("candidates", [])}
    if "spec" in request:
        specs[""] = request["spec"]
    if name not in specs:
        known = ", ".join(filter(None, specs)) or "none"
        message = f"the job has no candidate {name!r}; it has: {known}"
        raise INVALID_REQUEST.error_at("query.from", message, "there is no such candidate")
    epochs = request.get("training", {}).get("epochs", "30")
    return Start(
        spec=_text(specs[name]),
        dataset=_dataset_of(request["dataset"], job.dataset_id),
        model=(request.get("model") or {}).get("name") or _DEFAULT_MODEL,
        epochs=str(epochs),
        metric=request.get("evaluation", {}).get("metric") or DEFAULT_METRIC,
        source=(job_id, name),
    )


def _dataset_of(reference: Mapping[str, Any], dataset_id: str) -> str:
    return str(reference["name"]) if reference["kind"] == "builtin" else dataset_id


def _text(spec: Mapping[str, Any]) -> str:
    return json.dumps(spec, indent=2)
