"""One's own images on the running stack: uploaded, compared, deleted; and a worker that dies over them."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from store.rows.tables import DatasetRow
from tests.end_to_end.stack import JOB_PATIENCE_SECONDS, Stack, comparison
from tests.servers import wait_for

SIGN_LANGUAGE_DIGITS = Path(__file__).parents[3] / "shared" / "data" / "sign-language-digits.zip"


def _zip_of_stripes(per_class: int, size: int = 12, seed: int = 0) -> bytes:
    """Noisy images with stripes along or across, in a folder each, below a common one."""
    random = np.random.default_rng(seed)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("across", "along"):
            stripes = np.zeros((size, size, 3), np.int64)
            stripes[::2] = 160
            pattern = stripes if name == "across" else stripes.transpose(1, 0, 2)
            for number in range(per_class):
                pixels = (pattern + random.integers(0, 90, pattern.shape)).astype(np.uint8)
                encoded = io.BytesIO()
                Image.fromarray(pixels).save(encoded, "PNG")
                archive.writestr(f"stripes/{name}/{number}.png", encoded.getvalue())
    return packed.getvalue()


def _upload(stack: Stack, content: bytes, **fields: str) -> dict[str, Any]:
    answer = stack.http.post("/v1/datasets", files={"file": ("images.zip", content)}, data=fields)
    assert answer.status_code == 202, answer.text
    body = dict(answer.json())
    assert answer.headers["Location"] == f"/v1/datasets/{body['id']}"
    return body


def _settled(stack: Stack, dataset_id: str) -> dict[str, Any]:
    def dataset() -> dict[str, Any]:
        return dict(stack.http.get(f"/v1/datasets/{dataset_id}").json())

    wait_for(lambda: dataset()["is_terminal"], f"{dataset_id} to be read", JOB_PATIENCE_SECONDS)
    return dataset()


def _stored(stack: Stack) -> set[str]:
    """Uploads, snapshots and workspaces in the data directory."""
    folders = [stack.folder / "artifacts" / "uploads", stack.folder / "artifacts" / "datasets", stack.folder / "ingest"]
    return {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}


def test_an_uploaded_archive_is_compared_on_and_deleted_with_all_its_files(stack: Stack) -> None:
    """From the file to a report; a dataset that a job needs stays until the job is over."""
    before = _stored(stack)
    dataset = _settled(stack, _upload(stack, _zip_of_stripes(40))["id"])
    assert (dataset["state"], dataset["facts"]["classes"]) == ("ready", {"across": 40, "along": 40})

    request = comparison(epochs=5, first_seed=700) | {"dataset": dataset["reference"]}
    job = stack.submit(request)
    assert job["dataset_id"] == dataset["id"]
    refused = stack.http.delete(f"/v1/datasets/{dataset['id']}")
    assert refused.status_code == 409
    assert job["id"] in refused.text
    assert stack.finished(job["id"])["state"] == "succeeded"
    assert stack.report(job["id"])["provenance"]["dataset_digest"] == dataset["digest"]

    assert stack.http.delete(f"/v1/datasets/{dataset['id']}").status_code == 204
    assert stack.http.get(f"/v1/datasets/{dataset['id']}").status_code == 404
    wait_for(lambda: _stored(stack) <= before, "the dataset's files to be swept away")


def test_a_dataset_whose_worker_is_killed_becomes_ready_all_the_same(stack: Stack) -> None:
    """Another worker reads it again, and nothing of the first attempt stays behind."""
    dataset_id = _upload(stack, _zip_of_stripes(3000, size=40, seed=1))["id"]
    wait_for(lambda: stack.owner_of(dataset_id) is not None, "the dataset to be claimed")
    stack.kill_owner_of(dataset_id)

    dataset = _settled(stack, dataset_id)
    assert (dataset["state"], dataset["facts"]["images"]) == ("ready", 6000)
    with stack.database.reading() as session:
        assert session.get_one(DatasetRow, dataset_id).attempts == 2
    assert not any((stack.folder / "ingest").iterdir())


def test_an_archive_that_attacks_is_refused_by_name_and_the_next_one_is_read(stack: Stack) -> None:
    """The rule is in the error, and the job that asked for it fails with it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../escaped.png", b"no")
    dataset = _settled(stack, _upload(stack, packed.getvalue())["id"])
    assert (dataset["state"], dataset["error"]["rule"]) == ("failed", "archive.traversal")
    assert not list(stack.folder.parent.rglob("escaped.png"))
    assert _settled(stack, _upload(stack, _zip_of_stripes(5, seed=2))["id"])["state"] == "ready"


@pytest.mark.skipif(
    not SIGN_LANGUAGE_DIGITS.exists(),
    reason="the photographs are not here: put sign-language-digits.zip into shared/data beside the repository",
)
def test_two_thousand_photographs_are_read_as_they_were_packed(stack: Stack) -> None:
    """2,062 images of hands in ten classes; three of another size are brought to that of all others."""
    dataset = _settled(stack, _upload(stack, SIGN_LANGUAGE_DIGITS.read_bytes())["id"])
    assert dataset["state"] == "ready"
    facts = dataset["facts"]
    assert (facts["images"], len(facts["classes"]), facts["shape"]) == (2062, 10, [100, 100, 3])
    assert sum(facts["sizes"].values()) == 2062
