"""Uploads that are sent piece by piece: how they go on, what stands in their way, and what is left of them."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augury.datasets.settings import IngestSettings
from store.ids import DEFAULT_PROJECT
from store.rows.quotas import stored
from store.rows.uploads import begun
from tests.servers import wait_for
from tests.service.conftest import application, listening, serving
from tests.service.datasets.rows import resources_of

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PIECE = {"Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0"}


def _said(**names: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in names.items())


def _begun(client: TestClient, length: int = len(CONTENT), **names: str) -> str:
    """The path of a new upload."""
    headers = {"Upload-Length": str(length), "Tus-Resumable": "1.0.0"}
    answer = client.post("/v1/uploads", headers=headers | ({"Upload-Metadata": _said(**names)} if names else {}))
    assert answer.status_code == 201, answer.text
    assert answer.headers["Upload-Offset"] == "0"
    return str(answer.headers["Location"])


def _send(client: TestClient, path: str, content: bytes, offset: int) -> Response:
    return client.patch(path, content=content, headers=PIECE | {"Upload-Offset": str(offset)})


def _problem(answer: Response, status: int, slug: str) -> str:
    assert answer.status_code == status, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:augury:problem:{slug}"
    return str(problem["detail"])


def _counted(client: TestClient) -> int:
    with resources_of(client).database.reading() as session:
        return stored.total(session, DEFAULT_PROJECT)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(CONTENT)), max_size=5).map(sorted))
def test_a_file_comes_together_however_it_is_cut(client: TestClient, cuts: list[int]) -> None:
    """Also by pieces of nothing; once all has come it is found under its checksum."""
    path = _begun(client, filename="flowers.zip")
    for begin, end in zip([0, *cuts], [*cuts, len(CONTENT)], strict=True):
        assert client.head(path).headers["Upload-Offset"] == str(begin)
        assert _send(client, path, CONTENT[begin:end], begin).headers["Upload-Offset"] == str(end)
    upload = client.get(path).json()
    assert (upload["is_complete"], upload["sha256"], upload["name"]) == (True, SHA256, "flowers.zip")
    assert resources_of(client).artifacts.read(f"uploads/{SHA256}") == CONTENT
    assert client.delete(path).status_code == 204


def test_a_dataset_has_the_file_and_its_bytes_from_then_on(client: TestClient) -> None:
    """They count once, from the beginning of the upload; the upload is not listed any more."""
    path = _begun(client, sha256=SHA256)
    assert _counted(client) == len(CONTENT)
    _send(client, path, CONTENT, 0)
    answer = client.post("/v1/datasets", json={"kind": "upload", "sha256": SHA256})
    assert answer.status_code == 202, answer.text
    assert _counted(client) == len(CONTENT)
    assert client.get("/v1/uploads").json()["items"] == []
    assert client.get(path).status_code == 404


def test_it_goes_on_after_the_service_was_started_again(tmp_path: Path) -> None:
    """Where it was, by what the list says of it."""
    with serving(tmp_path) as client:
        path = _begun(client, filename="flowers.zip", sha256=SHA256)
        _send(client, path, CONTENT[:1000], 0)
    with serving(tmp_path) as client:
        (upload,) = client.get("/v1/uploads").json()["items"]
        assert (upload["offset"], upload["length"], upload["sha256"]) == (1000, len(CONTENT), SHA256)
        assert _send(client, f"/v1/uploads/{upload['id']}", CONTENT[1000:], 1000).status_code == 204
        assert client.get(path).json()["is_complete"]


def test_what_came_before_a_connection_broke_is_kept(tmp_path: Path) -> None:
    """To the last byte that the service got."""
    with serving(tmp_path) as client:
        path = _begun(client)
    app = application(tmp_path)
    with listening(app) as (host, port), socket.create_connection((host, port)) as connection:
        head = [f"PATCH {path} HTTP/1.1", f"Host: {host}:{port}", "Upload-Offset: 0", f"Content-Length: {len(CONTENT)}"]
        lines = [*head, f"Content-Type: {PIECE['Content-Type']}", "", ""]
        connection.sendall("\r\n".join(lines).encode() + CONTENT[:5000])
        connection.close()
        file = tmp_path / "uploading" / path.rsplit("/", 1)[1]
        wait_for(lambda: file.exists() and file.stat().st_size == 5000, "what has come")
    with serving(tmp_path) as client:
        assert client.head(path).headers["Upload-Offset"] == "5000"


def test_a_piece_begins_where_the_upload_ends(client: TestClient) -> None:
    """Neither before it nor behind it; the answer says where."""
    path = _begun(client)
    _send(client, path, CONTENT[:10], 0)
    for offset in (0, 11):
        answer = _send(client, path, b"x", offset)
        assert "goes on at byte 10" in _problem(answer, 409, "upload-offset")
        assert answer.headers["Upload-Offset"] == "10"


def test_nobody_else_sends_a_piece_at_the_same_time(client: TestClient, tmp_path: Path) -> None:
    """Whoever holds the file is left alone."""
    path = _begun(client)
    _send(client, path, CONTENT[:10], 0)
    with (tmp_path / "uploading" / path.rsplit("/", 1)[1]).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _problem(_send(client, path, b"x", 10), 409, "upload-busy")
    assert _send(client, path, CONTENT[10:20], 10).status_code == 204


def test_a_file_that_is_not_what_was_said_is_not_kept(client: TestClient) -> None:
    """It begins anew."""
    path = _begun(client, sha256="0" * 64)
    assert SHA256 in _problem(_send(client, path, CONTENT, 0), 409, "upload-damaged")
    assert client.get(path).json()["offset"] == 0
    assert not resources_of(client).artifacts.exists(f"uploads/{SHA256}")


def test_more_bytes_than_were_said_are_refused(client: TestClient) -> None:
    """Those that fit are kept."""
    path = _begun(client, 10)
    _problem(_send(client, path, CONTENT, 0), 413, "body-too-large")


def test_what_is_larger_than_allowed_is_not_begun(tmp_path: Path) -> None:
    """The limit is that of every upload."""
    with serving(tmp_path, IngestSettings(max_bytes=100)) as client:
        answer = client.post("/v1/uploads", headers={"Upload-Length": "101"})
        assert "AUGURY_INGEST_MAX_BYTES" in _problem(answer, 413, "body-too-large")


def test_a_project_begins_no_more_than_it_has_room_for(tmp_path: Path) -> None:
    """Bytes that are still to come count."""
    with serving(tmp_path, quota_stored_bytes=1000) as client:
        path = _begun(client, 800)
        answer = client.post("/v1/uploads", headers={"Upload-Length": "300"})
        _problem(answer, 409, "storage-used-up")
        client.delete(path)
        _begun(client, 300)


def test_a_project_has_so_many_uploads(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins and does not end them is stopped."""
    monkeypatch.setattr("service.uploads.keeping.MAX_UPLOADS", 2)
    _begun(client)
    path = _begun(client)
    _problem(client.post("/v1/uploads", headers={"Upload-Length": "1"}), 409, "too-many-uploads")
    client.delete(path)
    _begun(client)


def test_one_that_is_given_up_leaves_nothing(client: TestClient, tmp_path: Path) -> None:
    """Neither bytes nor a count of them."""
    path = _begun(client)
    _send(client, path, CONTENT[:10], 0)
    assert client.delete(path).status_code == 204
    assert list((tmp_path / "uploading").iterdir()) == []
    assert _counted(client) == 0
    assert _send(client, path, CONTENT[10:], 10).status_code == 404


def test_one_that_nobody_goes_on_with_is_forgotten_and_its_file_removed(client: TestClient, tmp_path: Path) -> None:
    """The row by the sweep, the file by the next upload that is begun after a while."""
    path = _begun(client)
    _send(client, path, CONTENT[:10], 0)
    database = resources_of(client).database
    with database.writing() as session:
        now = database.now(session)
        assert begun.forget_expired(session, now + 23 * 3600, 10) == 0
        assert begun.forget_expired(session, now + 25 * 3600, 10) == 1
    assert _counted(client) == 0
    (file,) = (tmp_path / "uploading").iterdir()
    os.utime(file, (time.time() - 7200,) * 2)
    other = _begun(client)
    assert not file.exists()
    assert client.get(other).status_code == 200


@pytest.mark.parametrize("said", ["filename", "sha256 eA==", "filename %%%", "filename /w=="])
def test_what_is_said_of_a_file_is_looked_at(client: TestClient, said: str) -> None:
    """A name without a value has none; others are refused, each named."""
    answer = client.post("/v1/uploads", headers={"Upload-Length": "1", "Upload-Metadata": said})
    if said == "filename":
        assert answer.json()["name"] is None
        return
    _problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["location"] == "header.upload-metadata"


def test_another_version_of_the_protocol_is_refused(client: TestClient) -> None:
    """With the one that is spoken."""
    answer = client.post("/v1/uploads", headers={"Upload-Length": "1", "Tus-Resumable": "0.2.2"})
    _problem(answer, 412, "protocol-version")
    assert answer.headers["Tus-Version"] == "1.0.0"


def test_a_piece_is_sent_as_one(client: TestClient) -> None:
    """Under its media type, as a form would be stored as it is."""
    path = _begun(client)
    answer = client.patch(path, content=b"x", headers={"Upload-Offset": "0", "Content-Type": "text/plain"})
    assert "application/offset+octet-stream" in _problem(answer, 415, "unsupported-media-type")


def test_a_whole_upload_is_not_written_to_again(client: TestClient) -> None:
    """Who asks whether its last piece has come is told so."""
    path = _begun(client)
    _send(client, path, CONTENT, 0)
    assert _send(client, path, b"", len(CONTENT)).status_code == 204
    _problem(_send(client, path, b"x", 3), 409, "upload-offset")
    assert client.get(path).json()["is_complete"]
