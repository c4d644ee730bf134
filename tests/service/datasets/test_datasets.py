"""``/v1/datasets``: registering references, looking at images, deleting, and datasets by id in other requests."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image

from api_schemas.datasets.dataset import Dataset
from api_schemas.datasets.images import DatasetImages
from augury.datasets.settings import IngestSettings
from service.http.examples import DATASET_EXAMPLES
from store import queue
from store.database import Database
from store.files.snapshots import load_snapshot
from store.ids import DEFAULT_PROJECT
from store.rows import datasets
from store.rows.tables import DatasetRow
from tests.service.conftest import serving
from tests.service.datasets import rows
from tests.service.datasets.rows import CLASSES, claimed, failed, ready, resources_of, snapshot
from tests.store.databases import DIGITS, comparison_body
from tests.store.snapshots import store_snapshot

UNKNOWN = "ds_" + "0" * 32


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The messages that the service wants published."""
    return rows.messages(monkeypatch)


def _problem(response: Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:augury:problem:{slug}"
    return problem


def _fault(response: Response) -> tuple[str, str]:
    (error,) = _problem(response, 422, "invalid-request")["errors"]
    return error["location"], error["message"]


def test_a_new_reference_is_accepted_and_its_ingestion_asked_for(
    client: TestClient, published: list[tuple[str, ...]]
) -> None:
    """202 with the address to look at; the message goes out once."""
    first, again = client.post("/v1/datasets", json=DIGITS), client.post("/v1/datasets", json=DIGITS)
    dataset = Dataset.model_validate(first.json(), strict=False)
    assert (first.status_code, dataset.state, dataset.reference) == (202, "queued", DIGITS)
    assert first.headers["Location"] == f"/v1/datasets/{dataset.id}"
    assert (again.status_code, again.json()["id"]) == (202, dataset.id)
    assert published == [queue.doorbell("cpu")]


def test_a_dataset_that_is_ready_is_answered_with_200(client: TestClient, published: list[tuple[str, ...]]) -> None:
    """With its facts, and without any further work."""
    row = ready(client)
    response = client.post("/v1/datasets", json=DIGITS)
    assert (response.status_code, response.headers["Location"]) == (200, f"/v1/datasets/{row.id}")
    assert response.json()["facts"]["images"] == 30
    assert published == []


def test_a_dataset_that_failed_is_tried_again(client: TestClient, published: list[tuple[str, ...]]) -> None:
    """Whoever sends the reference again wants that; the failed one stays to be looked at."""
    row = failed(client)
    response = client.post("/v1/datasets", json=DIGITS)
    assert response.status_code == 202
    assert response.json()["id"] != row.id
    assert len(published) == 1
    assert client.get(f"/v1/datasets/{row.id}").json()["error"]["rule"] == "archive.damaged"


def test_a_key_gives_the_first_answer_again(client: TestClient, published: list[tuple[str, ...]]) -> None:
    """Even when the dataset is another one by now; and another request under the key is refused."""
    headers = {"Idempotency-Key": "k"}
    first = client.post("/v1/datasets", json=DIGITS, headers=headers)
    client.delete(f"/v1/datasets/{first.json()['id']}")
    again = client.post("/v1/datasets", json=DIGITS, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(published) == 1
    other = client.post("/v1/jobs", json=comparison_body(), headers=headers)
    _problem(other, 422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"kind": "builtin", "name": "letters"}, "body.name"),
        ({"kind": "builtin", "name": "digits", "nam": 1}, "body.nam"),
        ({"kind": "zip"}, "body.kind"),
        ({}, "body.kind"),
        ([], "body"),
        ({"kind": "path", "path": "/a", "image_size": [0, 1]}, "body.image_size[0]"),
        ({"kind": "path", "path": "/a", "columns": {"labels": "x"}}, "body.columns.labels"),
        ({"kind": "path", "path": "a"}, "body.path"),
        ({"kind": "path"}, "body.path"),
        ({"kind": "path", "path": "/a", "columns": {"label": "a\x00"}}, "body.columns.label"),
        ({"kind": "s3", "bucket": "images", "key": "a\x1b"}, "body.key"),
        ({"kind": "url", "url": "http://localhost/a.zip"}, "body.url"),
        ({"kind": "url", "url": "https://localhost/a.zip", "colour_mode": "rgb"}, "body.colour_mode"),
    ],
)
def test_a_faulty_reference_is_answered_field_by_field(body: Any, location: str, shared_client: TestClient) -> None:
    """As in any other request, although this route reads its body by itself."""
    assert _fault(shared_client.post("/v1/datasets", json=body))[0] == location


@pytest.mark.parametrize(
    "content", [b"{", b"", b"\xff\xfe", b"[" * 100_000, b"9" * 5000], ids=lambda content: ascii(content[:2])
)
def test_what_is_not_json_is_said_to_be_none(content: bytes, shared_client: TestClient) -> None:
    """Whatever it is instead."""
    response = shared_client.post("/v1/datasets", content=content, headers={"Content-Type": "application/json"})
    _problem(response, 422, "malformed-json")


@pytest.mark.parametrize(
    ("reference", "location", "variable"),
    [
        ({"kind": "builtin", "name": "mnist"}, "name", "AUGURY_INGEST_DOWNLOADS"),
        ({"kind": "path", "path": "/etc"}, "path", "AUGURY_INGEST_ROOTS"),
        ({"kind": "url", "url": "https://localhost/a.zip"}, "url", "AUGURY_INGEST_URL"),
        ({"kind": "s3", "bucket": "images", "key": ""}, "bucket", "AUGURY_INGEST_BUCKETS"),
        ({"kind": "gs", "bucket": "images", "key": ""}, "bucket", "AUGURY_INGEST_BUCKETS"),
        ({"kind": "huggingface", "repository": "a/b"}, "repository", "AUGURY_INGEST_HUGGINGFACE_ENDPOINT"),
    ],
)
def test_what_the_operator_has_not_allowed_is_refused_everywhere(
    reference: dict[str, Any], location: str, variable: str, shared_client: TestClient
) -> None:
    """With the variable that would allow it, and nothing is stored."""
    told = _fault(shared_client.post("/v1/datasets", json=reference))
    assert (told[0], variable in told[1]) == (f"body.{location}", True)
    body = comparison_body(dataset=reference)
    preview = {"dataset": reference, "spec": {}}
    for path, content in (("/v1/jobs", body), ("/v1/jobs?validate_only=true", body), ("/v1/previews", preview)):
        told = _fault(shared_client.post(path, json=content))
        assert (told[0], variable in told[1]) == (f"body.dataset.{location}", True)
    assert shared_client.get("/v1/datasets").json()["items"] == []


def test_a_path_below_a_root_is_accepted(tmp_path: Path) -> None:
    """Whether there is anything is for the workers to see, who may be on another machine."""
    with serving(tmp_path, IngestSettings(roots=[tmp_path / "data"])) as client:
        reference = {"kind": "path", "path": str(tmp_path / "data" / "flowers"), "image_size": [8, 8]}
        response = client.post("/v1/datasets", json=reference)
    assert response.status_code == 202
    assert response.json()["reference"]["image_size"] == [8, 8]


def test_an_upload_that_is_not_stored_cannot_be_referred_to(shared_client: TestClient) -> None:
    """It would only fail later."""
    location, message = _fault(shared_client.post("/v1/datasets", json={"kind": "upload", "sha256": "a" * 64}))
    assert location == "body.sha256"
    assert "upload it" in message


@pytest.mark.parametrize("name", DATASET_EXAMPLES)
def test_every_example_is_a_reference(name: str, client: TestClient) -> None:
    """In the document as they are; most need a setting of the operator's to be carried out."""
    content = client.get("/openapi.json").json()["paths"]["/v1/datasets"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/json", "multipart/form-data"}
    value = content["application/json"]["examples"][name]["value"]
    response = client.post("/v1/datasets", json=value)
    assert response.status_code == 202 or "AUGURY_INGEST" in response.text


def test_the_list_is_filtered_by_state_and_kind_and_paged(client: TestClient) -> None:
    """Newest first; deleted ones are not in it."""
    digits = ready(client)
    mnist, _ = claimed(client, {"kind": "builtin", "name": "mnist"})
    path, _ = claimed(client, {"kind": "path", "path": "/a"})

    def listed(**query: Any) -> list[str]:
        return [item["id"] for item in client.get("/v1/datasets", params=query).json()["items"]]

    assert listed() == [path.id, mnist.id, digits.id]
    assert listed(state="ready") == [digits.id]
    assert listed(kind="builtin") == [mnist.id, digits.id]
    assert listed(kind="builtin", state="ingesting") == [mnist.id]
    assert listed(limit=1, cursor=path.id) == [mnist.id]
    assert _fault(client.get("/v1/datasets", params={"kind": "tape"}))[0] == "query.kind"
    client.delete(f"/v1/datasets/{digits.id}")
    assert listed(state="ready") == []


def test_progress_is_shown_while_a_dataset_is_read(client: TestClient, database: Database) -> None:
    """The step, and how far it is."""
    row, _ = claimed(client)
    with database.writing() as session:
        session.get_one(DatasetRow, row.id).progress = {"step": "decoding", "done": 3, "total": 9}
    found = client.get(f"/v1/datasets/{row.id}").json()
    assert (found["state"], found["progress"]) == ("ingesting", {"step": "decoding", "done": 3, "total": 9})


def _images(client: TestClient, row: DatasetRow, **query: Any) -> DatasetImages:
    answer = client.get(f"/v1/datasets/{row.id}/images", params=query, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return DatasetImages.model_validate_json(answer.content)


def test_images_come_as_a_sheet_and_in_words(client: TestClient) -> None:
    """The words name the images on the sheet by index, class and source."""
    row = ready(client)
    answer = client.get(f"/v1/datasets/{row.id}/images", params={"count": 5, "scale": 2})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    picture = Image.open(io.BytesIO(answer.content))
    assert picture.width > 3 * 40
    words = _images(client, row, count=5)
    assert (words.shape, words.matching, len(words.items)) == ((12, 20, 3), 30, 5)
    for item in words.items:
        assert (item.class_name, item.source) == (CLASSES[item.index % 3], f"photo-{item.index}.png")


def test_the_pages_hold_every_image_of_a_class_once(client: TestClient) -> None:
    """In an order that the seed decides."""
    row = ready(client)
    pages = [_images(client, row, **{"class": "bee"}, count=4, page=page).items for page in range(4)]
    assert [len(page) for page in pages] == [4, 4, 2, 0]
    assert sorted(item.index for page in pages for item in page) == list(range(1, 30, 3))
    assert _images(client, row, seed=1) == _images(client, row, seed=1) != _images(client, row, seed=2)


def test_one_image_comes_alone_without_a_margin(client: TestClient) -> None:
    """As large as it is on a sheet of that scale, pixel by pixel; browsers may keep it."""
    row = ready(client)
    answer = client.get(f"/v1/datasets/{row.id}/images", params={"index": 7, "scale": 2})
    picture = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert (picture == snapshot().images[7].repeat(2, axis=0).repeat(2, axis=1)).all()
    assert "max-age" in answer.headers["Cache-Control"]
    assert [item.index for item in _images(client, row, index=7).items] == [7]


def test_a_dataset_without_splits_has_no_image_in_one(client: TestClient) -> None:
    """Where there are some, a page is of that one alone."""
    row = ready(client)
    assert _images(client, row, split="test").matching == 0
    codes = np.arange(30, dtype=np.int8) % 3
    digest = store_snapshot(resources_of(client).artifacts, replace(snapshot(), splits=codes))
    with resources_of(client).database.writing() as session:
        session.get_one(DatasetRow, row.id).digest = digest
    indices = [item.index for item in _images(client, row, split="validation").items]
    assert sorted(indices) == list(range(1, 30, 3))


@pytest.mark.parametrize(
    ("query", "location", "said"),
    [
        ({"class": "bea"}, "query.class", 'did you mean "bee"? The classes are "ant", "bee", "cat"'),
        ({"count": 0}, "query.count", "greater"),
        ({"page": 99}, "query.page", "there are 30 images, and none of them on this page"),
        ({"scale": 64, "count": 256}, "query.count", "pixels, expected at most"),
        ({"klass": "bee"}, "query.klass", ""),
        ({"index": 30}, "query.index", "expected below 30"),
        ({"split": "training"}, "query.split", ""),
        ({"class": "bee\n"}, "query.class", "control characters: U+000A"),
        ({"seed": "9" * 5000}, "query.seed", ""),
    ],
)
def test_a_faulty_query_is_named(query: dict[str, Any], location: str, said: str, client: TestClient) -> None:
    """And with a class that does not exist the ones that do."""
    told = _fault(client.get(f"/v1/datasets/{ready(client).id}/images", params=query))
    assert (told[0], said in told[1]) == (location, True), told


def test_images_that_are_not_there_yet_are_told_from_those_that_never_will_be(client: TestClient) -> None:
    """As previews do."""
    row, _ = claimed(client)
    answer = client.get(f"/v1/datasets/{row.id}/images")
    _problem(answer, 409, "dataset-not-ready")
    assert answer.headers["Retry-After"]
    broken = failed(client, {"kind": "builtin", "name": "mnist"})
    _problem(client.get(f"/v1/datasets/{broken.id}/images"), 409, "dataset-failed")
    _problem(client.get(f"/v1/datasets/{UNKNOWN}/images"), 404, "not-found")


def test_a_deleted_dataset_is_gone(client: TestClient) -> None:
    """204 once, 404 from then on; the same reference makes a new one."""
    row = ready(client)
    assert client.delete(f"/v1/datasets/{row.id}").status_code == 204
    for answer in (client.get(f"/v1/datasets/{row.id}"), client.delete(f"/v1/datasets/{row.id}")):
        _problem(answer, 404, "not-found")
    assert client.post("/v1/datasets", json=DIGITS).json()["id"] != row.id


def test_a_deleted_dataset_is_not_kept_mapped(client: TestClient) -> None:
    """Its files take room on the disk until nobody has them mapped."""
    row = ready(client)
    assert client.get(f"/v1/datasets/{row.id}/images").status_code == 200
    assert load_snapshot.cache_info().currsize > 0
    assert client.delete(f"/v1/datasets/{row.id}").status_code == 204
    assert load_snapshot.cache_info().currsize == 0


def test_a_dataset_that_a_job_needs_is_not_deleted(client: TestClient) -> None:
    """The jobs are named; once they are over it can go."""
    job = client.post("/v1/jobs", json=comparison_body()).json()
    problem = _problem(client.delete(f"/v1/datasets/{job['dataset_id']}"), 409, "dataset-in-use")
    assert job["id"] in problem["detail"]
    client.post(f"/v1/jobs/{job['id']}/cancel")
    assert client.delete(f"/v1/datasets/{job['dataset_id']}").status_code == 204


def test_deleting_stops_an_ingestion(client: TestClient, database: Database) -> None:
    """Its worker is asked to."""
    row, _ = claimed(client)
    assert client.delete(f"/v1/datasets/{row.id}").status_code == 204
    with database.reading() as session:
        assert session.get_one(DatasetRow, row.id).cancel_requested_at is not None


def test_a_dataset_can_be_named_by_its_id_everywhere(client: TestClient) -> None:
    """Jobs, plans, previews and the linter use the dataset itself, and register nothing."""
    row = ready(client)
    reference = {"kind": "dataset", "id": row.id}
    job = client.post("/v1/jobs", json=comparison_body(dataset=reference))
    assert (job.status_code, job.json()["dataset_id"]) == (202, row.id)
    plan = client.post("/v1/jobs", json=comparison_body(dataset=reference), params={"validate_only": True})
    assert plan.status_code == 200
    assert client.post("/v1/previews", json={"dataset": reference, "spec": {}}).status_code == 200
    assert client.post("/v1/lint", json={"dataset": reference, "spec": {}}).json()["facts_used"] is True
    assert client.post("/v1/datasets", json=reference).json()["id"] == row.id
    assert len(client.get("/v1/datasets").json()["items"]) == 1


def test_an_unknown_id_is_a_fault_of_the_request(shared_client: TestClient) -> None:
    """Not a dataset that nobody will ever read."""
    reference = {"kind": "dataset", "id": UNKNOWN}
    for path, body in (
        ("/v1/jobs", comparison_body(dataset=reference)),
        ("/v1/jobs?validate_only=true", comparison_body(dataset=reference)),
        ("/v1/previews", {"dataset": reference, "spec": {}}),
        ("/v1/lint", {"dataset": reference, "spec": {}}),
    ):
        location, message = _fault(shared_client.post(path, json=body))
        assert location == "body.dataset.id"
        assert UNKNOWN in message
    assert shared_client.get("/v1/datasets").json()["items"] == []


def test_a_job_on_a_dataset_that_failed_is_refused_with_the_reason(client: TestClient, database: Database) -> None:
    """By its id it is this one that was meant."""
    row = failed(client)
    location, message = _fault(client.post("/v1/jobs", json=comparison_body(dataset={"kind": "dataset", "id": row.id})))
    assert (location, "the archive is broken" in message) == ("body.dataset.id", True)
    with database.reading() as session:
        assert datasets.get(session, DEFAULT_PROJECT, row.id) is not None
