"""Uploads: from a form on the wire to a stored file and a registered dataset, whatever goes wrong on the way."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augury.datasets.settings import IngestSettings
from service.datasets import multipart, uploads
from service.datasets.multipart import FileForm
from service.http.problem import ProblemError
from service.uploads import bodies
from store import queue
from tests.servers import wait_for
from tests.service.conftest import application, listening, serving
from tests.service.crowds import all_taken
from tests.service.datasets import rows
from tests.service.datasets.rows import resources_of

CONTENT = b"not really a zip\r\n--but bytes with \r\n--edg in them, \r\n--edgy and \r\n-\x00\xff" * 50
SHA256 = hashlib.sha256(CONTENT).hexdigest()
BOUNDARY = "edge"
FORM = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}


def _part(disposition: str, content: bytes, *headers: str) -> bytes:
    lines = [f"--{BOUNDARY}", f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content + b"\r\n"


def _field(name: str, value: str) -> bytes:
    return _part(f'form-data; name="{name}"', value.encode())


def _file(content: bytes = b"bytes", name: str = "file") -> bytes:
    return _part(f'form-data; name="{name}"; filename="a.zip"', content)


END = f"--{BOUNDARY}--\r\n".encode()


def _send(client: TestClient, content: bytes = CONTENT, **options: str) -> Response:
    return client.post("/v1/datasets", files={"file": ("flowers.zip", content)}, data=options)


def _problem(response: Response, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    problem: dict[str, Any] = response.json()
    assert problem["type"] == f"urn:augury:problem:{slug}"
    return problem


def _left(folder: Path) -> list[Path]:
    """Files of uploads that are neither stored nor gone."""
    return list((folder / "incoming").glob("*"))


def _assert_nothing_came_of_it(client: TestClient, folder: Path) -> None:
    assert _left(folder) == []
    assert not (folder / "artifacts" / "uploads").exists()
    assert client.get("/v1/datasets").json()["items"] == []


def test_a_file_is_stored_under_its_digest_and_registered_with_its_options(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte by byte, with nothing left behind; the options are those of any reference."""
    published = rows.messages(monkeypatch)
    response = _send(
        client, image_size="64x48", color_mode="rgb", resize="crop", background="0,0,0",
        columns='{"label": "species"}', layout="classes",
    )  # fmt: skip
    assert response.status_code == 202, response.text
    dataset = response.json()
    assert response.headers["Location"] == f"/v1/datasets/{dataset['id']}"
    reference = dataset["reference"]
    assert (reference["kind"], reference["sha256"], reference["image_size"]) == ("upload", SHA256, [64, 48])
    assert reference["background"] == [0, 0, 0]
    assert (reference["color_mode"], reference["resize"], reference["columns"]["label"]) == ("rgb", "crop", "species")
    assert reference["layout"] == "classes"
    assert resources_of(client).artifacts.read(f"uploads/{SHA256}") == CONTENT
    assert _left(tmp_path) == []
    assert published == [queue.doorbell("cpu")]


def test_the_same_bytes_are_stored_once(client: TestClient, tmp_path: Path) -> None:
    """Again they are the same dataset; with other options, or by their digest alone, another one of the same file."""
    first, again, other = _send(client), _send(client), _send(client, image_size="8,8")
    by_digest = client.post("/v1/datasets", json={"kind": "upload", "sha256": SHA256, "color_mode": "grayscale"})
    ids = [answer.json()["id"] for answer in (first, again, other, by_digest)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert [path.name for path in (tmp_path / "artifacts" / "uploads").iterdir()] == [SHA256]
    assert _left(tmp_path) == []


def test_a_key_holds_for_an_upload_too(client: TestClient) -> None:
    """The same file under the same key is answered alike, another file refused."""

    def send(content: bytes) -> Response:
        return client.post("/v1/datasets", files={"file": ("a", content)}, headers={"Idempotency-Key": "k"})

    first, again = send(b"one"), send(b"one")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    _problem(send(b"two"), 422, "idempotency-key-reused")


def test_a_key_that_came_with_another_file_has_nothing_stored(client: TestClient, tmp_path: Path) -> None:
    """No dataset would have the file, and so nothing would ever remove it."""
    for content in (b"one", b"two"):
        client.post("/v1/datasets", files={"file": ("a", content)}, headers={"Idempotency-Key": "k"})
    stored = [path.read_bytes() for path in (tmp_path / "artifacts" / "uploads").iterdir()]
    assert stored == [b"one"]


@pytest.mark.parametrize(
    ("body", "location", "said"),
    [
        (_field("image_size", "8x8") + END, "body.file", "got nothing"),
        (_file(b"") + END, "body.file", "empty"),
        (_file() + _file() + END, "body.file", "twice"),
        (_field("file", "@a.zip") + END, "body.file", "-F file=@"),
        (_field("resize", "crop") * 2 + _file() + END, "body.resize", "twice"),
        (_field("image_sise", "8x8") + _file() + END, "body.image_sise", "did you mean 'image_size'?"),
        (_file(name="files") + END, "body.files", "did you mean 'file'?"),
        (_field("weather", "fine") + _file() + END, "body.weather", "known are file, image_size"),
        (_field("image_size", "large") + _file() + END, "body.image_size", 'got "large"'),
        (_field("image_size", "8x8x3") + _file() + END, "body.image_size", "at most 2"),
        (_field("image_size", "0x8") + _file() + END, "body.image_size[0]", "greater than or equal to 1"),
        (_field("color_mode", "cmyk") + _file() + END, "body.color_mode", "'grayscale'"),
        (_field("image_size", "9" * 5000) + _file() + END, "body.image_size", 'got "999'),
        (_field("background", "1,2," + "9" * 5000) + _file() + END, "body.background", 'got "1,2,9'),
        (_field("columns", "9" * 5000) + _file() + END, "body.columns", "an object"),
        (_field("columns", "[" * 9000) + _file() + END, "body.columns", "an object"),
        (_field("columns", '{"label": ' + "[" * 700 + "]" * 700 + "}") + _file() + END, "body.columns.label", "string"),
        (_field("columns", r'{"label": "a\u0000"}') + _file() + END, "body.columns.label", "characters: U+0000"),
        (_field("columns", r'{"a\u0000": "a"}') + _file() + END, "body.columns.a\x00", "unknown field"),
        (_field("background", "pink") + _file() + END, "body.background", "'white' or 'black'"),
        (_field("columns", "{label}") + _file() + END, "body.columns", "an object"),
        (_field("columns", '{"labels": "x"}') + _file() + END, "body.columns.labels", "did you mean 'label'?"),
        (_field("columns", "x" * 20_000) + _file() + END, "body.columns", "more than 16384 bytes"),
        (_part('form-data; name="resize"', b"\xff") + _file() + END, "body.resize", "UTF-8"),
        (_part('form-data; name="file"; filename="a"', b"YQ==", "Content-Transfer-Encoding: base64") + END,
         "body.file", "base64"),
    ],
)  # fmt: skip
def test_a_faulty_part_is_named(body: bytes, location: str, said: str, client: TestClient, tmp_path: Path) -> None:
    """With what was got and expected; nothing is kept of the file."""
    problem = _problem(client.post("/v1/datasets", content=body, headers=FORM), 422, "invalid-request")
    (error,) = problem["errors"]
    assert (error["location"], said in error["message"]) == (location, True), error
    _assert_nothing_came_of_it(client, tmp_path)


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (_file() + END, "multipart/form-data", "no boundary"),
        (_file() + END, "multipart/form-data; boundary=" + "x" * 300, "Boundary length"),
        (_file() + END, "multipart/form-data; boundary=other", "boundary"),
        (_file(), FORM["Content-Type"], "cut off"),
        (_file()[:-20], FORM["Content-Type"], "cut off"),
        (b"", FORM["Content-Type"], "cut off"),
        (_part("form-data", b"x") + END, FORM["Content-Type"], "part 1 has no Content-Disposition"),
        (_part('attachment; name="file"', b"x") + END, FORM["Content-Type"], "part 1"),
        (_part("form-data; name=file; filename=a", b"x", "X: " + "y" * 100_000) + END, FORM["Content-Type"], "header"),
    ],
)
def test_what_is_no_whole_form_is_said_to_be_none(
    body: bytes, content_type: str, said: str, client: TestClient, tmp_path: Path
) -> None:
    """And why, as far as that can be told."""
    response = client.post("/v1/datasets", content=body, headers={"Content-Type": content_type})
    assert said in _problem(response, 422, "malformed-multipart")["detail"]
    _assert_nothing_came_of_it(client, tmp_path)


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/jobs"), ("POST", "/v1/lint"), ("DELETE", "/v1/datasets")])
def test_forms_are_for_datasets_only(method: str, path: str, client: TestClient) -> None:
    """Everything else takes JSON, and says so."""
    response = client.request(method, path, content=_file() + END, headers=FORM)
    assert "application/json" in _problem(response, 415, "unsupported-media-type")["detail"]


def test_datasets_take_json_or_a_form_and_nothing_else(client: TestClient) -> None:
    """Both are named to who sends a bare file."""
    response = client.post("/v1/datasets", content=b"PK", headers={"Content-Type": "application/zip"})
    assert "application/json or multipart/form-data" in _problem(response, 415, "unsupported-media-type")["detail"]


@pytest.mark.parametrize("too_many", [1, 1_000_000])
@pytest.mark.parametrize("is_announced", [True, False])
def test_a_file_that_is_too_large_is_refused(too_many: int, is_announced: bool, tmp_path: Path) -> None:
    """By its length, or as it comes; the variable that sets the limit is named. One of just that size is taken."""
    with serving(tmp_path, IngestSettings(max_bytes=200_000)) as client:
        body = _file(b"x" * (200_000 + too_many)) + END
        content: Any = body if is_announced else iter([body[:1000], body[1000:]])
        problem = _problem(client.post("/v1/datasets", content=content, headers=FORM), 413, "body-too-large")
        assert "AUGURY_INGEST_MAX_BYTES" in problem["detail"]
        _assert_nothing_came_of_it(client, tmp_path)
        assert _send(client, b"x" * 200_000).status_code == 202


@contextmanager
def _files_up_to(size: int) -> Iterator[None]:
    """No file of this process can grow beyond that, as on a disk that is full; writing it fails with EFBIG."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_fills_up_is_a_507_and_the_service_goes_on(client: TestClient, tmp_path: Path) -> None:
    """Nothing is left of the upload, and a smaller one is taken."""
    with _files_up_to(4_000_000):
        _problem(_send(client, b"x" * 8_000_000), 507, "insufficient-storage")
        _assert_nothing_came_of_it(client, tmp_path)
        assert _send(client).status_code == 202


def test_an_upload_that_the_disk_cannot_hold_is_refused_before_it_is_read(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As far as its length is announced."""
    monkeypatch.setattr(bodies, "_MIN_FREE_BYTES", 2**62)
    assert "bytes are free" in _problem(_send(client), 507, "insufficient-storage")["detail"]
    _assert_nothing_came_of_it(client, tmp_path)


def test_another_fault_of_the_disk_is_a_fault_of_the_service(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not taken for a lack of room; and nothing is left, either."""

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "the disk is broken")

    monkeypatch.setattr(multipart.FileForm, "finish", broken)
    _problem(_send(client), 500, "internal")
    _assert_nothing_came_of_it(client, tmp_path)


def test_more_uploads_at_a_time_than_the_service_takes_are_asked_to_wait(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some patience, and the next one is taken when others are done."""
    places = resources_of(client).capacity.uploads
    monkeypatch.setattr(places, "patience_seconds", 0.01)
    with all_taken(client, places):
        response = _send(client)
    _problem(response, 503, "busy")
    assert response.headers["Retry-After"]
    assert _send(client).status_code == 202


def test_what_a_killed_service_left_is_removed_in_time(client: TestClient, tmp_path: Path) -> None:
    """Not what another process may still be writing."""
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    for name, age in (("old", 30_000), ("new", 60)):
        (incoming / name).write_bytes(b"x")
        os.utime(incoming / name, (time.time() - age,) * 2)
    _send(client)
    assert [path.name for path in _left(tmp_path)] == ["new"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """A service behind a real server, at a real address."""
    with listening(application(tmp_path)) as address:
        yield address


def _begun(server: tuple[str, int], announced: int, body: bytes) -> socket.socket:
    """A connection with the beginning of an upload sent."""
    connection = socket.create_connection(server, timeout=20)
    head = f"POST /v1/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM['Content-Type']}\r\n"
    connection.sendall(head.encode() + f"Content-Length: {announced}\r\n\r\n".encode() + body)
    return connection


@pytest.mark.parametrize("sent", [10, 200, 3_000_000])
def test_a_client_that_goes_away_leaves_nothing(sent: int, server: tuple[str, int], tmp_path: Path) -> None:
    """Wherever in the body it was."""
    body = (_file(b"x" * 5_000_000) + END)[:sent]
    connection = _begun(server, 5_000_200, body)
    wait_for(lambda: _left(tmp_path), "the upload to begin")
    connection.close()
    wait_for(lambda: not _left(tmp_path), "the upload to be forgotten")
    assert not (tmp_path / "artifacts" / "uploads").exists()
    assert httpx2.get(f"http://127.0.0.1:{server[1]}/v1/datasets").json()["items"] == []


@pytest.mark.parametrize(
    "pace", [{"max_silence_seconds": 0.2}, {"body_grace_seconds": 0.2}], ids=["it stopped", "it is too slow"]
)
def test_a_client_that_falls_silent_is_not_waited_for(pace: dict[str, Any], tmp_path: Path) -> None:
    """It holds a connection, a file and a place."""
    with listening(application(tmp_path, **pace)) as server, _begun(server, 1000, _file(b"x")) as connection:
        answer = _all_of(connection)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"problem:upload-too-slow" in answer
        wait_for(lambda: not _left(tmp_path), "the upload to be forgotten")


def test_uploads_that_stand_still_keep_no_other_from_being_taken(server: tuple[str, int], tmp_path: Path) -> None:
    """However many blocks may be written at a time: nothing of theirs is to be written."""
    with ExitStack() as idle:
        for _ in range(12):
            idle.enter_context(_begun(server, 1000, _file(b"x")))
        wait_for(lambda: len(_left(tmp_path)) == 12, "all of them to begin")
        response = httpx2.post(f"http://127.0.0.1:{server[1]}/v1/datasets", files={"file": ("a", CONTENT)}, timeout=25)
    assert response.status_code == 202


def _all_of(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_large_upload_is_never_in_memory(server: tuple[str, int], tmp_path: Path) -> None:
    """64 MB pass through with less than 16 MB in use, by the client and the service together."""
    url, source = f"http://127.0.0.1:{server[1]}", tmp_path / "large"
    source.touch()
    os.truncate(source, 64_000_000)
    tracemalloc.start()
    try:
        with source.open("rb") as file:
            response = httpx2.post(f"{url}/v1/datasets", files={"file": ("large", file)}, timeout=120)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert response.status_code == 202
    assert peak < 16_000_000
    assert (tmp_path / "artifacts" / "uploads" / response.json()["reference"]["sha256"]).stat().st_size == 64_000_000


def test_a_slow_disk_keeps_nobody_else_waiting(server: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The service answers others while a block of an upload is being written."""
    is_writing, may_go_on = threading.Event(), threading.Event()
    write = FileForm.feed

    def slowly(form: FileForm, data: bytes) -> None:
        is_writing.set()
        assert may_go_on.wait(20)
        write(form, data)

    monkeypatch.setattr(FileForm, "feed", slowly)
    url, answers = f"http://127.0.0.1:{server[1]}", []
    sending = threading.Thread(
        target=lambda: answers.append(httpx2.post(f"{url}/v1/datasets", files={"file": ("a", b"x")}, timeout=60))
    )
    sending.start()
    assert is_writing.wait(20)
    assert httpx2.get(f"{url}/healthz", timeout=10).status_code == 200
    assert answers == []
    may_go_on.set()
    sending.join()
    assert answers[0].status_code == 202


def _form(folder: Path) -> FileForm:
    return FileForm(FORM["Content-Type"], folder, uploads.FIELDS, 10_000, "too large")


WHOLE = _field("resize", "crop") + _file(CONTENT) + END
unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@unhurried
@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=12))
def test_a_form_is_the_same_however_it_is_cut_on_the_wire(cuts: list[int], tmp_path: Path) -> None:
    """Boundaries, headers and contents may be anywhere in pieces."""
    form, cut_at = _form(tmp_path), [0, *sorted(cuts), len(WHOLE)]
    for begin, end in pairwise(cut_at):
        form.feed(WHOLE[begin:end])
    form.finish()
    assert (form.path.read_bytes(), form.sha256, form.fields) == (CONTENT, SHA256, {"resize": "crop"})
    form.discard()


def _mutations() -> st.SearchStrategy[Callable[[bytes], bytes]]:
    """Ways to spoil a form: overwrite, remove or repeat a few of its bytes."""
    offset, some = st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=8)
    overwritten = st.builds(lambda at, new: lambda body: body[:at] + new + body[at + len(new) :], offset, some)
    removed = st.builds(lambda at, many: lambda body: body[:at] + body[at + many :], offset, st.integers(1, 300))
    repeated = st.builds(lambda at, many: lambda body: body[: at + many] + body[at:], offset, st.integers(1, 300))
    return st.one_of(overwritten, removed, repeated)


@unhurried
@given(spoil=st.lists(_mutations(), min_size=1, max_size=3))
def test_a_spoilt_form_is_a_form_or_a_problem(spoil: list[Callable[[bytes], bytes]], tmp_path: Path) -> None:
    """And never anything else, nor a file that is left."""
    body = WHOLE
    for mutation in spoil:
        body = mutation(body)
    form = _form(tmp_path / "forms")
    with suppress(ProblemError):
        form.feed(body)
        form.finish()
    form.discard()
    assert list((tmp_path / "forms").iterdir()) == []
