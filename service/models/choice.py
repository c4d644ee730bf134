"""The registered model that a job asks for: there, ready, and fit for the dataset as far as that is known."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.failures import Failure
from api_schemas.jobs import AugmentationRequest, ComparisonRequest, JobRequest, TrainingRequest, TrialRequest
from api_schemas.models.model import ModelFacts, ModelState
from api_schemas.models.references import PublishedWeights
from api_schemas.training.automatic_epochs import fewest_epochs
from api_schemas.training.models import ModelSpec
from augury.field_problems import shown
from service.datasets.ingested import RETRY_AFTER_SECONDS
from service.http.problem import ProblemError
from service.http.problem_types import INVALID_REQUEST, MODEL_NOT_READY
from service.models import registration
from service.resources import Resources
from store.rows.models import registered
from store.rows.tables import RegisteredModelRow

_REFUSAL = "the model cannot be used; nothing was stored"


def have_weights_read(resources: Resources, project: str, request: JobRequest) -> None:
    """Have published weights read that a job names and that nobody of its project has named before.

    Raises:
        ProblemError: the operator has none.
    """
    reference = _published(request)
    if reference is None:
        return
    with resources.database.reading() as session:
        row = registered.newest(session, project, reference.model_dump(mode="json"))
    if row is None:
        registration.register(resources, project, reference, None, "body.model")


def with_content(session: Session, project: str, request: JobRequest) -> JobRequest:
    """The project's request with the digest of the registered model that it names, by which its trials know it.

    Published weights that nobody has named before have none yet. Inside of a transaction that writes, the model is kept
    from being deleted until its end.

    Raises:
        ProblemError: there is no such model, or it is not ready.
    """
    if isinstance(request, AugmentationRequest) or not request.model.is_registered:
        return request
    row = _row(session, project, request)
    return request if row is None else _with_digest(session, request, row)


def _with_digest(session: Session, request: ComparisonRequest | TrainingRequest, row: RegisteredModelRow) -> JobRequest:
    session.refresh(row, with_for_update={"read": True})
    _require_ready(row)
    if request.model.digest not in (None, row.digest):
        message = f"got {shown(request.model.digest)}, and the content of {row.id} is {row.digest}; leave it out"
        raise INVALID_REQUEST.error_at("body.model.digest", message, _REFUSAL)
    return request.model_copy(update={"model": request.model.model_copy(update={"digest": row.digest})})


def require_fitting(session: Session, project: str, request: JobRequest, facts: DatasetFacts | None) -> None:
    """Refuse a registered model that does not fit the dataset, as far as that is known already.

    Raises:
        ProblemError: it takes other images, tells other classes apart and gets no new top, or has more stages than
            there are epochs.
    """
    if isinstance(request, AugmentationRequest) or request.model.digest is None:
        return
    stages, epochs = len(request.model.stages or []), _fewest_epochs(request)
    if stages > epochs:
        message = f"{stages} stages need as many epochs, and there are {epochs}"
        raise INVALID_REQUEST.error_at("body.model.stages", message, _REFUSAL)
    if facts is None:
        return
    row = registered.ready_with(session, project, request.model.digest)
    model = None if row is None else registered.facts_of(row)
    if model is None:
        return
    input_problem = _input_problem(model, facts)
    if input_problem is not None:
        raise INVALID_REQUEST.error_at("body.model.id", input_problem, _REFUSAL)
    output_problem = _output_problem(request.model, model, facts)
    if output_problem is not None:
        raise INVALID_REQUEST.error_at("body.model.head", output_problem, _REFUSAL)


def names_published_weights(request: JobRequest) -> bool:
    """Whether it asks for weights that the operator keeps, which it may be the first to name."""
    return _published(request) is not None


def _published(request: JobRequest) -> PublishedWeights | None:
    """What a request's weights are registered as."""
    if isinstance(request, AugmentationRequest) or request.model.weights is None or request.model.name is None:
        return None
    return PublishedWeights(kind="weights", name=request.model.name, weights=request.model.weights)


def _fewest_epochs(request: TrialRequest) -> int:
    """Of all trainings that a request asks for, or may come to."""
    usual = fewest_epochs(request.training)
    budgets = request.budget_response if isinstance(request, ComparisonRequest) else None
    return min(usual, *(budgets or [usual]))


def _row(session: Session, project: str, request: ComparisonRequest | TrainingRequest) -> RegisteredModelRow | None:
    model, published = request.model, _published(request)
    if published is not None:
        return registered.newest(session, project, published.model_dump(mode="json"))
    if model.id is not None:
        field, value = "id", model.id
        row = registered.get(session, project, model.id)
    else:
        field, value = "digest", str(model.digest)
        row = registered.ready_with(session, project, value)
    if row is None:
        gone = registered.was_deleted(session, project, value)
        why = "the model was deleted; register it again" if gone else "there is no such model; see GET /v1/models"
        message = f"got {shown(value)}: {why}"
        raise INVALID_REQUEST.error_at(f"body.model.{field}", message, _REFUSAL)
    return row


def _require_ready(row: RegisteredModelRow) -> None:
    if row.state == ModelState.READY:
        return
    if row.state == ModelState.FAILED:
        reason = Failure.model_validate(row.error).message
        raise INVALID_REQUEST.error_at("body.model.id", f"the model could not be read: {reason}", _REFUSAL)
    if row.state == ModelState.DELETED:
        raise INVALID_REQUEST.error_at("body.model.id", "the model was deleted", _REFUSAL)
    raise _not_ready(row)


def _not_ready(row: RegisteredModelRow) -> ProblemError:
    detail = f"model {row.id} is {row.state}; send the request again in a few seconds, or look at /v1/models/{row.id}"
    return MODEL_NOT_READY.error(detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _input_problem(model: ModelFacts, facts: DatasetFacts) -> str | None:
    if all(taken in (None, given) for taken, given in zip(model.input_shape, facts.shape, strict=True)):
        return None
    takes, given = ("×".join("any" if side is None else str(side) for side in each) for each in
                    (model.input_shape, facts.shape))  # fmt: skip
    return (
        f"the model takes images of {takes}, and the dataset's are {given}; register the dataset with the image_size "
        "and color_mode that the model takes"
    )


def _output_problem(spec: ModelSpec, model: ModelFacts, facts: DatasetFacts) -> str | None:
    if spec.head is not None or model.output_shape == [len(facts.classes)]:
        return None
    gives = "×".join("any" if side is None else str(side) for side in model.output_shape)
    return (
        f"the model gives {gives} numbers, and the dataset has {len(facts.classes)} classes; give it a new top, for "
        'example "head": {}'
    )
