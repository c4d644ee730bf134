"""An augmentation from request to archive, on the real stack, with harm done to it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import zipfile
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import select

from store.rows.tables import ChunkRow
from tests.end_to_end.stack import Stack
from tests.servers import wait_for

DIGITS = 1797


def _request(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "augmentation",
        "dataset": {"kind": "builtin", "name": "digits"},
        "spec": {"rotation_range": 15, "width_shift_range": 0.1, "brightness_range": [0.8, 1.2], "rescale": 1 / 255},
        "rounds": 2,
        "seed": 11,
        **changes,
    }


def _download(stack: Stack, job: dict[str, Any], name: str) -> bytes:
    response = stack.http.get(f"/v1/jobs/{job['id']}/artifacts/{name}")
    assert response.status_code == 200, response.text
    assert response.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert response.headers["x-content-type-options"] == "nosniff"
    return bytes(response.content)


def _chunks(stack: Stack, job_id: str, **having: Any) -> list[ChunkRow]:
    with stack.database.reading() as session:
        query = select(ChunkRow).where(ChunkRow.job_id == job_id).filter_by(**having)
        return list(session.scalars(query.order_by(ChunkRow.role, ChunkRow.number)))


def test_two_rounds_over_digits_come_back_as_a_folder_with_a_manifest(stack: Stack) -> None:
    """3,594 images in class folders; every line of the manifest is about one of them, and says what was drawn."""
    job = stack.submit(_request())
    ended = stack.finished(job["id"])
    assert (ended["state"], ended["error"], ended["progress"]["fraction"]) == ("succeeded", None, 1.0)
    assert ended["progress"]["chunks_done"] == ended["progress"]["chunks_total"] == 9

    content = _download(stack, job, "augmented.zip")
    listed = {each["name"]: each for each in stack.http.get(f"/v1/jobs/{job['id']}/artifacts").json()["items"]}
    assert listed["augmented.zip"]["sha256"] == hashlib.sha256(content).hexdigest()
    manifest = _download(stack, job, "manifest.jsonl")
    header, *lines = [json.loads(line) for line in manifest.splitlines()]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.read("manifest.jsonl") == manifest
        images = [name for name in archive.namelist() if name.endswith(".png")]
        first = np.asarray(Image.open(archive.open(lines[0]["file"])))
    assert len(images) == len(lines) == header["images"] == 2 * DIGITS
    assert images == [line["file"] for line in lines]
    assert {(line["round"], line["source"]) for line in lines} == {(r, n) for r in range(2) for n in range(DIGITS)}
    assert all(line["file"].startswith(f"{line['label']}/round0{line['round']}_") for line in lines)
    assert len({line["parameters"]["theta"] for line in lines}) > DIGITS
    assert (first.shape, first.dtype.name, int(first.max()) > 100) == ((8, 8), "uint8", True)


def test_a_killed_worker_costs_its_chunk_and_the_bytes_stay_the_same(stack: Stack) -> None:
    """SIGKILL in the middle of a chunk: the chunk is made again, the others are not, and nobody can tell afterwards."""
    request = _request(rounds=8, seed=12)
    job = stack.submit(request)
    wait_for(lambda: _chunks(stack, job["id"], state="succeeded"), "the first chunk")
    wait_for(lambda: _kill_an_owner(stack, job["id"]), "a chunk to be running")
    ended = stack.finished(job["id"])
    assert ended["state"] == "succeeded"
    attempts = sorted(chunk.attempts for chunk in _chunks(stack, job["id"]))
    assert attempts == [1] * (len(attempts) - 1) + [2]

    again = stack.submit(request)
    assert stack.finished(again["id"])["state"] == "succeeded"
    assert _download(stack, again, "augmented.zip") == _download(stack, job, "augmented.zip")


def _kill_an_owner(stack: Stack, job_id: str) -> bool:
    """Chunks of digits are quick: the owner is stopped first, and killed only if it still had one in hand."""
    for chunk in _chunks(stack, job_id, state="running", role="augment"):
        assert chunk.lease_owner is not None
        owner = int(chunk.lease_owner.rsplit(":", 1)[1])
        os.kill(owner, signal.SIGSTOP)
        if _chunks(stack, job_id, state="running", id=chunk.id):
            os.kill(owner, signal.SIGKILL)
            return True
        os.kill(owner, signal.SIGCONT)
    return False


def test_a_cancelled_augmentation_leaves_nothing_behind(stack: Stack) -> None:
    """Its chunks are dropped, its parts removed, and there is nothing to download."""
    job = stack.submit(_request(rounds=100, seed=13))
    wait_for(lambda: _chunks(stack, job["id"], state="succeeded"), "the first chunk")
    stack.http.post(f"/v1/jobs/{job['id']}/cancel")
    wait_for(lambda: stack.job(job["id"])["state"] == "cancelled", "the job to be cancelled")
    assert {chunk.state for chunk in _chunks(stack, job["id"])} <= {"succeeded", "cancelled"}
    parts = stack.folder / "artifacts" / "jobs" / job["id"] / "chunks"
    wait_for(lambda: not parts.exists(), "the parts to be removed")
    assert stack.http.get(f"/v1/jobs/{job['id']}/artifacts").json() == {"items": []}
    assert stack.http.get(f"/v1/jobs/{job['id']}/artifacts/augmented.zip").status_code == 404
