"""``/v1/models``: registered once, shown, named by jobs, and not deleted under them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api_schemas.failures import Failure, FailureClass
from api_schemas.jobs import ComparisonRequest
from api_schemas.models.model import Model, ModelFacts, ModelLayer
from api_schemas.training.models import ModelSpec
from augury.datasets.settings import IngestSettings
from store.files.names import upload_name
from store.ids import DEFAULT_PROJECT
from store.rows import leases, plans
from store.rows.models import registered
from store.rows.tables import JobRow, RegisteredModelRow, TrialRow
from tests.service.conftest import serving
from tests.service.datasets.rows import messages, resources_of
from tests.store.databases import comparison_body, ready_dataset

CONTENT = b"PK\x03\x04 not really a model"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
DIGEST = "a" * 64
FACTS = ModelFacts(
    format="keras",
    layers=[ModelLayer(name="dense", kind="Dense", output_shape=[10], parameters=650, is_trainable=True)],
    parameters=650,
    trainable_parameters=650,
    input_shape=[8, 8, 1],
    output_shape=[10],
    classes=10,
    bytes=3000,
)


def _send(client: TestClient, content: bytes = CONTENT, **fields: str) -> Response:
    return client.post("/v1/models", files={"file": ("net.keras", content)}, data=fields)


def _ready(client: TestClient, facts: ModelFacts = FACTS, digest: str = DIGEST) -> str:
    """The id of a model that a worker has read."""
    model_id: str = _send(client, CONTENT + digest.encode()).json()["id"]
    with resources_of(client).database.writing() as session:
        lease = leases.claim(session, leases.MODELS, model_id, owner="w", now=0.0, seconds=10)
        assert lease is not None
        assert registered.finish_reading(session, lease, digest, facts, 0.0)
    return model_id


def _submit(client: TestClient, model: dict[str, Any], **changes: Any) -> Response:
    return client.post("/v1/jobs", json=comparison_body(model=model, **changes))


def _refusal(response: Response, location: str) -> str:
    assert response.status_code == 422, response.text
    (error,) = response.json()["errors"]
    assert error["location"] == location
    return str(error["message"])


def test_an_upload_is_stored_and_to_be_read_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file again is the same model, and nobody is rung twice."""
    published = messages(monkeypatch)
    first, again = _send(client), _send(client)
    assert (first.status_code, again.status_code) == (202, 202)
    model = Model.model_validate(first.json())
    assert (model.state, model.reference) == ("queued", {"kind": "upload", "sha256": SHA256, "architecture": None})
    assert again.json()["id"] == model.id
    assert first.headers["location"] == f"/v1/models/{model.id}"
    assert resources_of(client).artifacts.read(upload_name(DEFAULT_PROJECT, SHA256)) == CONTENT
    assert len(published) == 1


def test_weights_alone_come_with_their_network(client: TestClient) -> None:
    """As JSON in a part of the form; another network is another model of the same file."""
    linear = _send(client, architecture='{"name": "linear", "input_shape": [8, 8, 1], "classes": 10}')
    other = _send(client, architecture='{"name": "linear", "input_shape": [8, 8, 1], "classes": 9}')
    assert linear.json()["reference"]["architecture"] == {"name": "linear", "input_shape": [8, 8, 1], "classes": 10}
    assert linear.json()["id"] != other.json()["id"]


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"architecture": "ResNet"}, "body.architecture"),
        ({"architecture": '{"name": "nothing", "input_shape": [8, 8, 1]}'}, "body.architecture.name"),
        ({"architecture": '{"name": "linear", "input_shape": [8, 8]}'}, "body.architecture.input_shape"),
        ({"architectur": "{}"}, "body.architectur"),
    ],
)
def test_a_form_that_is_not_as_expected_stores_nothing(
    client: TestClient, fields: dict[str, str], location: str
) -> None:
    """And names the part."""
    _refusal(_send(client, **fields), location)
    assert client.get("/v1/models").json()["items"] == []


@pytest.mark.parametrize("text", ["{not JSON}", '{"name": "nothing"}'])
def test_what_a_part_of_a_form_contains_is_beyond_the_schema(client: TestClient, text: str) -> None:
    """To a validator it is a text that looks like an object."""
    errors = _send(client, architecture=text).json()["errors"]
    assert errors
    assert all(error["beyond_schema"] for error in errors)


@pytest.mark.parametrize(
    ("reference", "location"),
    [
        ({"kind": "path", "path": "/etc/passwd"}, "body.path"),
        ({"kind": "url", "url": "https://127.0.0.1/net.keras"}, "body.url"),
        ({"kind": "s3", "bucket": "models", "key": "net.keras"}, "body.bucket"),
        ({"kind": "gs", "bucket": "models", "key": "folder/"}, "body.key"),
        ({"kind": "upload", "sha256": "b" * 64}, "body.sha256"),
        ({"kind": "builtin", "name": "digits"}, "body.kind"),
        ({"kind": "path", "path": "/x", "image_size": [1, 1]}, "body.image_size"),
    ],
)
def test_a_reference_is_held_to_the_same_rules_as_a_dataset(
    client: TestClient, reference: dict[str, Any], location: str
) -> None:
    """Nothing is read that the operator has not allowed; what only datasets can be is none of a model."""
    _refusal(client.post("/v1/models", json=reference), location)


def test_a_path_below_a_root_is_registered(tmp_path: Path) -> None:
    """As for datasets."""
    with serving(tmp_path / "data", IngestSettings(roots=[tmp_path])) as client:
        response = client.post("/v1/models", json={"kind": "path", "path": str(tmp_path / "net.keras")})
        assert response.status_code == 202, response.text


def test_models_are_listed_without_their_layers(client: TestClient) -> None:
    """Which are shown where one is asked for."""
    ids = [_ready(client, digest=digest * 64) for digest in "abc"]
    page = client.get("/v1/models", params={"limit": 2}).json()
    assert [each["id"] for each in page["items"]] == [ids[2], ids[1]]
    assert [each["facts"]["layers"] for each in page["items"]] == [[], []]
    rest = client.get("/v1/models", params={"limit": 2, "cursor": page["next_cursor"]}).json()
    assert [each["id"] for each in rest["items"]] == [ids[0]]
    assert Model.model_validate(client.get(f"/v1/models/{ids[0]}").json()).facts == FACTS
    assert client.get("/v1/models", params={"state": "failed"}).json()["items"] == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_model_that_is_not_there_is_not_found(client: TestClient, method: str) -> None:
    """Whatever its id looks like."""
    for model_id in ("model_" + "0" * 32, "nonsense!"):
        assert client.request(method, f"/v1/models/{model_id}").status_code == 404


def test_a_job_names_a_model_and_its_trials_its_content(client: TestClient) -> None:
    """So that another model of the same content has the same trials, and its id is of no account to them."""
    first = _ready(client)
    second: str = client.post("/v1/models", files={"file": ("b.keras", b"PK\x03\x04 other")}).json()["id"]
    with resources_of(client).database.writing() as session:
        lease = leases.claim(session, leases.MODELS, second, owner="w", now=0.0, seconds=10)
        assert lease is not None
        registered.finish_reading(session, lease, DIGEST, FACTS, 0.0)
        ready_dataset(session)
    jobs = [_submit(client, {"id": model_id, "trainable": "head"}).json() for model_id in (first, second)]
    assert [job["request"]["model"]["digest"] for job in jobs] == [DIGEST] * 2
    with resources_of(client).database.writing() as session:
        for job in jobs:
            row = session.get_one(JobRow, job["id"])
            request = ComparisonRequest.model_validate(row.request)
            plan = plans_of(request)
            assert plans.fill(session, row.id, request, plan, ready_dataset(session), 0.0)
        models = [trial.definition["model"] for trial in session.query(TrialRow)]
    assert models == [{"digest": DIGEST, "trainable": "head"}] * 4


def plans_of(request: ComparisonRequest) -> Any:
    """The plan of a request on digits."""
    from augury.planning.comparison import plan_of

    return plan_of(request, "uint8")


def test_a_model_that_is_still_read_is_waited_for(client: TestClient) -> None:
    """The answer says when to come again."""
    model_id = _send(client).json()["id"]
    response = _submit(client, {"id": model_id})
    assert (response.status_code, response.json()["type"]) == (409, "urn:augury:problem:model-not-ready")
    assert int(response.headers["retry-after"]) > 0


def test_a_model_that_failed_or_is_not_there_is_refused(client: TestClient) -> None:
    """With the reason."""
    model_id = _send(client).json()["id"]
    with resources_of(client).database.writing() as session:
        lease = leases.claim(session, leases.MODELS, model_id, owner="w", now=0.0, seconds=10)
        assert lease is not None
        failure = Failure.of(FailureClass.MODEL, "a Lambda is in it", "model.config")
        registered.fail_reading(session, lease, failure, 0.0)
    assert "a Lambda is in it" in _refusal(_submit(client, {"id": model_id}), "body.model.id")
    assert "no such model" in _refusal(_submit(client, {"id": "model_" + "0" * 32}), "body.model.id")
    assert "no such model" in _refusal(_submit(client, {"digest": "0" * 64}), "body.model.digest")
    known = _ready(client)
    assert DIGEST in _refusal(_submit(client, {"id": known, "digest": "0" * 64}), "body.model.digest")


@pytest.mark.parametrize(
    ("changes", "model", "location", "message"),
    [
        ({"input_shape": [32, 32, 3]}, {}, "body.model.id", "takes images of 32×32×3, and the dataset's are 8×8×1"),
        ({"output_shape": [1000]}, {}, "body.model.head", "gives 1000 numbers, and the dataset has 10 classes"),
        ({}, {"stages": [{}, {}]}, "body.model.stages", "2 stages need as many epochs, and there are 1"),
    ],
)
def test_a_model_that_does_not_fit_the_dataset_is_refused_at_once(
    client: TestClient, changes: dict[str, Any], model: dict[str, Any], location: str, message: str
) -> None:
    """Where the dataset is known already; in the plan as in the job."""
    model_id = _ready(client, FACTS.model_copy(update=changes))
    with resources_of(client).database.writing() as session:
        ready_dataset(session)
    body = comparison_body(model={"id": model_id, **model})
    for params in ({}, {"validate_only": True}):
        assert message in _refusal(client.post("/v1/jobs", json=body, params=params), location)


def test_a_new_top_and_free_sizes_fit(client: TestClient) -> None:
    """A head makes any number of classes fit, and a null any image."""
    facts = FACTS.model_copy(update={"input_shape": [None, None, 1], "output_shape": [4, 4, 7], "classes": None})
    model_id = _ready(client, facts)
    with resources_of(client).database.writing() as session:
        ready_dataset(session)
    assert _submit(client, {"id": model_id, "head": {}}).status_code == 202


def test_a_model_is_not_deleted_under_a_job(client: TestClient) -> None:
    """Afterwards it is, and then it is not there."""
    model_id = _ready(client)
    job = _submit(client, {"id": model_id}).json()
    refused = client.delete(f"/v1/models/{model_id}")
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:augury:problem:model-in-use")
    assert job["id"] in refused.json()["detail"]
    client.post(f"/v1/jobs/{job['id']}/cancel")
    assert client.delete(f"/v1/models/{model_id}").status_code == 204
    assert client.get(f"/v1/models/{model_id}").status_code == 404
    assert client.get("/v1/models").json()["items"] == []


@pytest.mark.parametrize("field", ["id", "digest"])
def test_a_request_that_is_sent_again_after_its_model_was_deleted_says_so(client: TestClient, field: str) -> None:
    """And not that there never was one; whether it names the model or its content."""
    model = {"id": _ready(client), "digest": DIGEST}
    assert client.delete(f"/v1/models/{model['id']}").status_code == 204
    assert "was deleted; register it again" in _refusal(_submit(client, {field: model[field]}), f"body.model.{field}")


def test_a_model_that_is_being_read_is_asked_to_stop(client: TestClient) -> None:
    """It is gone once its worker has."""
    model_id = _send(client).json()["id"]
    with resources_of(client).database.writing() as session:
        leases.claim(session, leases.MODELS, model_id, owner="w", now=0.0, seconds=10)
    assert client.delete(f"/v1/models/{model_id}").status_code == 204
    with resources_of(client).database.reading() as session:
        row = session.get_one(RegisteredModelRow, model_id)
        assert row.state == "reading"
        assert row.cancel_requested_at is not None


@pytest.mark.parametrize(
    "model",
    [
        {"name": "linear", "id": "model_" + "0" * 32},
        {"name": "linear", "head": {}},
        {"trainable": "head"},
        {"id": "model_" + "0" * 32, "trainable": "last:0"},
        {"id": "model_" + "0" * 32, "trainable": []},
        {"id": "model_" + "0" * 32, "trainable": ["a/b"]},
        {"id": "model_" + "0" * 32, "trainable": "all", "stages": [{}]},
        {"id": "model_" + "0" * 32, "stages": []},
        {"id": "model_" + "0" * 32, "stages": [{"share": 0}]},
        {"id": "model_" + "0" * 32, "stages": [{"learning_rate": 0}]},
        {"id": "model_" + "0" * 32, "head": {"dropout": 1.0}},
        {"id": "ds_" + "0" * 32},
        {"id": "model_" + "0" * 32, "head": {}, "feature_views": 4},
        {"id": "model_" + "0" * 32, "head": {}, "trainable": "all", "feature_views": 4},
        {"id": "model_" + "0" * 32, "head": {}, "stages": [{}, {"trainable": "all"}], "feature_views": 4},
        {"id": "model_" + "0" * 32, "head": {}, "trainable": "head", "feature_views": 0},
        {"id": "model_" + "0" * 32, "head": {}, "trainable": "head", "feature_views": 101},
        {"name": "linear", "feature_views": 4},
        {"weights": "imagenet"},
        {"name": "linear", "weights": "imagenet"},
        {"name": "applications/ResNet50", "weights": "cifar"},
        {"name": "applications/ResNet50", "weights": "imagenet", "id": "model_" + "0" * 32},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(shared_client: TestClient, model: dict[str, Any]) -> None:
    """Before anybody looks for the model."""
    assert _submit(shared_client, model).status_code == 422


def test_views_are_refused_where_nothing_is_frozen_and_where_they_cannot_be_made_again(
    shared_client: TestClient,
) -> None:
    """With what to do instead."""
    model = {"id": "model_" + "0" * 32, "head": {}, "feature_views": 4}
    assert "nothing is frozen: give trainable 'head'" in _submit(shared_client, model).text
    frozen = model | {"trainable": "head"}
    assert "engine 'keras' augments in an order of its own" in _submit(shared_client, frozen, engine="keras").text


RESNET = {"name": "applications/ResNet50", "weights": "imagenet", "head": {}}


def test_weights_that_the_operator_does_not_keep_are_refused(client: TestClient) -> None:
    """With the setting that would allow them."""
    assert "AUGURY_WEIGHTS_URL" in _refusal(_submit(client, RESNET), "body.model.weights")


def test_weights_are_read_when_a_job_first_names_them(tmp_path: Path) -> None:
    """It is told to come again; trials know them by their content, and their findings what they expect."""
    with serving(tmp_path, IngestSettings(weights_url="/weights")) as client:
        planned = client.post("/v1/jobs", json=comparison_body(model=RESNET), params={"validate_only": True})
        assert planned.status_code == 200, planned.text
        assert client.get("/v1/models").json()["items"] == [], "a plan stores nothing"
        assert [_submit(client, RESNET).status_code for _ in range(2)] == [409, 409]
        (model,) = client.get("/v1/models").json()["items"]
        facts = FACTS.model_copy(update={"input_shape": [None, None, 1]})
        with resources_of(client).database.writing() as session:
            lease = leases.claim(session, leases.MODELS, model["id"], owner="w", now=0.0, seconds=10)
            assert lease is not None
            registered.finish_reading(session, lease, DIGEST, facts, 0.0)
        job = _submit(client, RESNET).json()
    assert job["request"]["model"]["digest"] == DIGEST
    said = [finding["message"] for finding in job["findings"]["flip"] if finding["rule"] == "weights-preprocessing"]
    assert "imagenet_caffe" in said[0]
    assert ModelSpec.model_validate(job["request"]["model"]).as_trained() == ModelSpec(digest=DIGEST, head={})


def test_weights_that_could_not_be_read_say_so(tmp_path: Path) -> None:
    """And are not read over and over, by every job that names them."""
    with serving(tmp_path, IngestSettings(weights_url="/weights")) as client:
        _submit(client, RESNET)
        (model,) = client.get("/v1/models").json()["items"]
        with resources_of(client).database.writing() as session:
            lease = leases.claim(session, leases.MODELS, model["id"], owner="w", now=0.0, seconds=10)
            assert lease is not None
            registered.fail_reading(session, lease, Failure.of(FailureClass.MODEL, "not in the table"), 0.0)
        assert "not in the table" in _refusal(_submit(client, RESNET), "body.model.id")
        assert len(client.get("/v1/models").json()["items"]) == 1


def test_every_budget_has_epochs_for_all_stages(client: TestClient) -> None:
    """The smallest is looked at before anything is trained."""
    model_id = _ready(client)
    with resources_of(client).database.writing() as session:
        ready_dataset(session)
    body = comparison_body(
        model={"id": model_id, "stages": [{}, {}, {}]}, training={"epochs": 9}, budget_response=[2, 9]
    )
    refused = _refusal(client.post("/v1/jobs", json=body), "body.model.stages")
    assert "3 stages need as many epochs, and there are 2" in refused
