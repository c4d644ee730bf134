"""``POST /v1/previews``: a sheet or its words, and what is said when there is nothing to show yet."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.failures import Failure, FailureClass
from api_schemas.previews import Preview, PreviewRequest
from augury.augmentation import Pipeline
from augury.augmentation.preview import sheet
from augury.datasets.snapshot import Snapshot
from service.datasets import stored_images
from service.http.examples import PREVIEW_EXAMPLES
from service.publisher import Publisher
from service.resources import Resources
from store import queue
from store.database import Database
from store.files.artifacts import Artifacts
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, leases
from store.rows.tables import DatasetRow
from tests.service.crowds import all_taken
from tests.store.databases import DIGITS, ready_dataset
from tests.store.snapshots import store_snapshot

SPEC = {"rotation_range": 20, "height_shift_range": 0.2, "horizontal_flip": True, "brightness_range": [0.8, 1.2]}
SHAPE = (12, 20, 3)
CLASSES = ["ant", "bee", "cat"]
MARGINS = {"left": 8, "top": 25}


def _snapshot(shape: tuple[int, int, int] = SHAPE) -> Snapshot:
    pixels = np.random.default_rng(0).integers(0, 256, (30, *shape), dtype=np.uint8)
    return Snapshot(images=pixels, labels=np.arange(30, dtype=np.int64) % 3, class_names=CLASSES)


def _make_ready(client: TestClient, snapshot: Snapshot) -> DatasetRow:
    """Have these images stored as what the reference stands for."""
    resources = _resources(client)
    digest = store_snapshot(resources.artifacts, snapshot)
    with resources.database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, 0.0)
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=0.0, seconds=10)
        assert lease is not None
        datasets.finish_ingestion(session, lease, digest, snapshot.facts(), 0.0)
    return row


def _resources(client: TestClient) -> Resources:
    assert isinstance(client.app, FastAPI)
    resources: Resources = client.app.state.resources
    return resources


@pytest.fixture
def ready(client: TestClient) -> DatasetRow:
    """The dataset, with 30 images in three classes."""
    return _make_ready(client, _snapshot())


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The messages that the service wants published."""
    messages: list[tuple[str, ...]] = []
    monkeypatch.setattr(Publisher, "publish", lambda _self, *message: messages.append(message))
    return messages


def _ask(client: TestClient, accept: str = "*/*", **changes: Any) -> Response:
    body = {"dataset": DIGITS, "spec": SPEC, "count": 4, "rounds": 2, **changes}
    return client.post("/v1/previews", json=body, headers={"Accept": accept})


def _picture(response: Response) -> Image.Image:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "image/png"
    picture = Image.open(io.BytesIO(response.content))
    picture.load()
    return picture


def _words(response: Response) -> Preview:
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    return Preview.model_validate_json(response.content)


def _problem(response: Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:augury:problem:{slug}"
    return problem


def test_the_answer_is_a_png_with_originals_in_the_first_column(client: TestClient, ready: DatasetRow) -> None:
    """At the scale that was asked for, pixel by pixel as they are stored."""
    snapshot = _snapshot()
    picture = _picture(_ask(client, scale=1))
    row = _words(_ask(client, "application/json")).rows[0]
    left, top = MARGINS["left"], MARGINS["top"]
    shown = np.asarray(picture.crop((left, top, left + SHAPE[1], top + SHAPE[0])))
    assert (shown == snapshot.images[row.index]).all()


@pytest.mark.parametrize("accept", ["*/*", "image/png", "image/*", "application/json;q=0.5, image/png", ""])
def test_who_does_not_want_json_gets_the_png(accept: str, client: TestClient, ready: DatasetRow) -> None:
    """A PNG is what a preview is."""
    _picture(_ask(client, accept))


def test_the_json_names_the_images_and_what_was_drawn_for_them(client: TestClient, ready: DatasetRow) -> None:
    """The numbers are those of the engine for that seed, epoch by epoch."""
    words = _words(_ask(client, "application/json", seed=5))
    indices = np.array([row.index for row in words.rows])
    assert (words.dataset_id, words.shape) == (ready.id, SHAPE)
    assert [row.class_name for row in words.rows] == [CLASSES[index % 3] for index in indices]
    assert {row.class_name for row in words.rows} == set(CLASSES)
    pipeline = Pipeline(ImageDataGeneratorSpec.model_validate(SPEC))
    for epoch in range(2):
        draws = pipeline.draw(SHAPE, seed=5, epoch=epoch, indices=indices)
        for number, row in enumerate(words.rows):
            assert row.cells[epoch].title == str(epoch + 1)
            assert row.cells[epoch].parameters.model_dump() == draws.parameters(number)


def test_the_json_says_what_the_png_shows(client: TestClient, ready: DatasetRow) -> None:
    """Applying the parameters to the stored image gives the cell of the sheet."""
    words = _words(_ask(client, "application/json", scale=1, count=1, rounds=1))
    picture = _picture(_ask(client, scale=1, count=1, rounds=1))
    (row,) = words.rows
    parameters = row.cells[0].parameters.model_dump()
    expected = Pipeline(ImageDataGeneratorSpec.model_validate(SPEC)).apply_transform(
        _snapshot().images[row.index], parameters
    )
    right, top = picture.size[0] - 8, MARGINS["top"]
    cells = [
        np.asarray(picture.crop((left, top, left + SHAPE[1], top + SHAPE[0])), np.float32)
        for left in range(MARGINS["left"] + SHAPE[1], right - SHAPE[1] + 1)
    ]
    assert min(np.abs(cell - np.clip(expected, 0, 255)).max() for cell in cells) <= 0.51


def test_the_same_request_gives_the_same_answer(client: TestClient, ready: DatasetRow) -> None:
    """And another seed another one."""
    for accept in ("image/png", "application/json"):
        first, again, other = (_ask(client, accept, seed=seed).content for seed in (1, 1, 2))
        assert first == again
        assert first != other


def test_images_are_left_alone_with_probability_p(client: TestClient, ready: DatasetRow) -> None:
    """With certainty, nothing changes."""
    picture = _picture(_ask(client, identity_probability=1.0, count=1, rounds=1, scale=4))
    assert picture.size[0] > 2 * 4 * SHAPE[1]
    words = _words(_ask(client, "application/json", identity_probability=1.0))
    drawn = [cell.parameters for row in words.rows for cell in row.cells]
    assert all((one.theta, one.tx, one.flip_horizontal, one.brightness) == (0, 0, False, None) for one in drawn)


def test_the_worst_case_has_its_columns_by_name(client: TestClient, ready: DatasetRow) -> None:
    """Every transform alone at its limits, then all of them."""
    words = _words(_ask(client, "application/json", worst_case=True))
    assert [cell.title for cell in words.rows[0].cells] == [
        "rotation +20°",
        "rotation -20°",
        "height_shift +0.2 = +2.4 px",
        "height_shift -0.2 = -2.4 px",
        "horizontal_flip",
        "brightness 1.2",
        "brightness 0.8",
        "all together upper limits",
        "all together lower limits",
    ]
    assert _picture(_ask(client, worst_case=True)).size > _picture(_ask(client)).size


@pytest.mark.parametrize("semantics", ["keras", "corrected"])
@pytest.mark.parametrize("spec", [{}, {"rescale": 0.1, "featurewise_center": True}, {"zca_whitening": True}])
def test_preprocessing_is_not_shown(
    semantics: str, spec: dict[str, Any], client: TestClient, ready: DatasetRow
) -> None:
    """It needs no fit, and a spec without random transforms leaves every image as it is."""
    for worst_case in (False, True):
        _picture(_ask(client, spec=spec, semantics=semantics, worst_case=worst_case, show_parameters=True))


def test_semantics_make_a_difference_on_images_that_are_not_square(client: TestClient, ready: DatasetRow) -> None:
    """The draws are the same; what they do is not."""
    keras, corrected = (
        {accept: _ask(client, accept, semantics=semantics).content for accept in ("image/png", "application/json")}
        for semantics in ("keras", "corrected")
    )
    assert keras["application/json"] == corrected["application/json"]
    assert keras["image/png"] != corrected["image/png"]


@pytest.mark.parametrize("name", PREVIEW_EXAMPLES)
def test_every_example_works_as_it_stands(name: str, client: TestClient, ready: DatasetRow) -> None:
    """An example that is refused would be worse than none."""
    body = PREVIEW_EXAMPLES[name]["value"]
    assert PreviewRequest.model_validate(body)
    _picture(client.post("/v1/previews", json=body))


def test_a_dataset_that_nobody_used_is_read_and_the_client_told_to_come_back(
    client: TestClient, database: Database, published: list[tuple[str, ...]]
) -> None:
    """Once, however often the client asks."""
    for _ in range(2):
        response = _ask(client)
        problem = _problem(response, 409, "dataset-not-ready")
        assert int(response.headers["Retry-After"]) > 0
        assert "queued" in problem["detail"]
        assert "again" in problem["detail"]
    with database.reading() as session:
        (row,) = session.query(DatasetRow).all()
    assert row.published_at is not None
    assert published == [queue.doorbell(row.queue)]
    assert f"/v1/datasets/{row.id}" in problem["detail"]


def test_a_dataset_that_is_being_read_is_waited_for(
    client: TestClient, database: Database, published: list[tuple[str, ...]]
) -> None:
    """Nothing more is published."""
    with database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, 0.0)
        assert leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=0.0, seconds=10)
    assert "ingesting" in _problem(_ask(client), 409, "dataset-not-ready")["detail"]
    assert published == []


@pytest.mark.parametrize("retryable", [False, True])
def test_a_dataset_that_failed_is_tried_again_only_where_that_may_help(
    retryable: bool, client: TestClient, database: Database, published: list[tuple[str, ...]]
) -> None:
    """The reason is told either way."""
    failure = Failure.of(FailureClass.INTERNAL if retryable else FailureClass.DATASET, "the archive is broken")
    with database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, 0.0)
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=0.0, seconds=10)
        assert lease is not None
        datasets.fail_ingestion(session, lease, failure, 0.0)
    problem = _problem(_ask(client), 409, "dataset-not-ready" if retryable else "dataset-failed")
    assert "the archive is broken" in problem["detail"]
    assert len(published) == (1 if retryable else 0)


def test_a_snapshot_that_is_gone_is_a_404(client: TestClient, database: Database) -> None:
    """The row says ready, but what it names is not stored."""
    with database.writing() as session:
        ready_dataset(session)
    _problem(_ask(client), 404, "not-found")


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"count": 0}, "body.count"),
        ({"count": 65}, "body.count"),
        ({"rounds": 9}, "body.rounds"),
        ({"scale": 0}, "body.scale"),
        ({"seed": -1}, "body.seed"),
        ({"identity_probability": 1.5}, "body.identity_probability"),
        ({"semantics": "tensorflow"}, "body.semantics"),
        ({"spec": {"zoom_range": 2.0}}, "body.spec.zoom_range"),
        ({"spec": {"data_format": "channels_first"}}, "body"),
        ({"rotation_range": 20}, "body.rotation_range"),
        ({"dataset": {"kind": "builtin", "name": "letters"}}, "body.dataset.name"),
    ],
)
def test_a_faulty_field_is_named(changes: dict[str, Any], location: str, client: TestClient) -> None:
    """And nothing is registered."""
    problem = _problem(_ask(client, **changes), 422, "invalid-request")
    assert [error["location"] for error in problem["errors"]] == [location]
    assert client.get("/v1/datasets").json()["items"] == []


def test_a_sheet_that_would_be_too_large_is_refused(
    client: TestClient, ready: DatasetRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its images before they are transformed, and by its pixels; the numbers are said."""
    problem = _problem(_ask(client, scale=64, count=8, rounds=8), 422, "invalid-request")
    (error,) = problem["errors"]
    assert "72 images at this scale are 70,778,880 pixels" in error["message"]
    monkeypatch.setattr(sheet, "MAX_VALUES", 12 * 720)
    _picture(_ask(client, count=4, rounds=2))
    problem = _problem(_ask(client, count=4, rounds=3), 422, "invalid-request")
    assert "16 images of 12x20x3 are 11,520 values, expected at most 8,640" in problem["errors"][0]["message"]


def test_a_large_dataset_is_shown_from_a_folder_but_not_fetched_from_a_bucket(
    client: TestClient, ready: DatasetRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's images are mapped; a bucket's would be fetched as a whole while somebody waits."""
    monkeypatch.setattr(stored_images, "MAX_SNAPSHOT_BYTES", 30 * 720 - 1)
    _picture(_ask(client))
    monkeypatch.setattr(Artifacts, "is_local", False)
    problem = _problem(_ask(client), 422, "invalid-request")
    assert problem["errors"][0]["location"] == "body.dataset"


def test_keras_brightness_needs_images_that_have_colours_or_are_grey(client: TestClient) -> None:
    """Keras would fail at the first batch; the other semantics have no such limit."""
    _make_ready(client, _snapshot((8, 8, 2)))
    problem = _problem(_ask(client), 422, "invalid-request")
    assert problem["errors"][0]["location"] == "body.spec.brightness_range"
    _picture(_ask(client, semantics="corrected"))
    _picture(_ask(client, spec={"rotation_range": 20}))


def test_a_busy_service_says_so(client: TestClient, ready: DatasetRow, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some patience; the rest of the service is not kept from its work for longer."""
    places = _resources(client).capacity.previews
    monkeypatch.setattr(places, "patience_seconds", 0.01)
    with all_taken(client, places):
        response = _ask(client)
    _problem(response, 503, "busy")
    assert response.headers["Retry-After"]
    _picture(_ask(client))


def test_both_kinds_of_answer_are_documented(shared_client: TestClient) -> None:
    """A client generator finds the PNG and the schema of the words."""
    document = shared_client.get("/openapi.json").json()
    content = document["paths"]["/v1/previews"]["post"]["responses"]["200"]["content"]
    assert set(content) == {"image/png", "application/json"}
    assert content["application/json"]["schema"]["$ref"].endswith("/Preview")


def _own(height: int, width: int) -> dict[str, Any]:
    pixels = np.arange(height * width * 3, dtype=np.uint8).tobytes()
    return {"height": height, "width": width, "pixels": base64.b64encode(pixels).decode()}


def test_an_image_of_ones_own_is_shown_without_being_stored(client: TestClient) -> None:
    """As pixels in the request; no dataset comes of it."""
    body = {"image": _own(8, 12), "spec": {"horizontal_flip": True}, "rounds": 2, "scale": 1}
    shown = client.post("/v1/previews", json=body, headers={"Accept": "application/json"}).json()
    assert (shown["dataset_id"], shown["shape"], len(shown["rows"])) == (None, [8, 12, 3], 1)
    sheet = Image.open(io.BytesIO(client.post("/v1/previews", json=body).content))
    assert sheet.getpixel((MARGINS["left"], MARGINS["top"])) == (0, 1, 2)
    assert client.get("/v1/datasets").json()["items"] == []


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"pixels": "AAAA"}, "3 bytes, expected 288"),
        ({"pixels": "AAAAA"}, "expected Base64"),
        ({"height": 257}, "less than or equal to 256"),
    ],
)
def test_an_image_of_ones_own_has_all_its_pixels(changed: dict[str, Any], says: str, client: TestClient) -> None:
    """What is too much or too little is refused where it stands."""
    answer = client.post("/v1/previews", json={"image": _own(8, 12) | changed, "spec": {}})
    assert answer.status_code == 422
    assert says in answer.json()["errors"][0]["message"]
    assert answer.json()["errors"][0]["location"].startswith("body.image")


@pytest.mark.parametrize("body", [{"spec": {}}, {"spec": {}, "image": _own(1, 1), "dataset": DIGITS}])
def test_a_preview_is_of_a_dataset_or_of_an_image(body: dict[str, Any], client: TestClient) -> None:
    """Of neither there is nothing to show, of both it is not clear what."""
    answer = client.post("/v1/previews", json=body)
    assert answer.status_code == 422
    assert "dataset or image" in answer.json()["errors"][0]["message"]
