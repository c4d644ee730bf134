"""``s3`` and ``gs`` references: objects and prefixes of allowed buckets, from a real S3 server on loopback."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import pytest

from augury.datasets.errors import DatasetError
from augury.datasets.sources import fetch
from augury.datasets.sources.base import Fetched
from tests.augury.datasets.sources.fetches import answering, content_of, files_of, request_for, serving
from tests.servers import free_port


@pytest.fixture
def filled(bucket: str) -> str:
    """A bucket with a small image folder and other things in it."""
    objects = {
        "sets/flowers/rose/1.png": b"r1",
        "sets/flowers/rose/2.png": b"r2",
        "sets/flowers/tulip/1.png": b"t1",
        "sets/flowers/empty.txt": b"",
        "sets/flowers/marker/": b"",
        "sets/flowers.zip": os.urandom(100_000),
        "sets/flowers-other/1.png": b"no",
    }
    put(bucket, objects)
    return bucket


def put(bucket: str, objects: dict[str, bytes]) -> None:
    """Store objects."""
    client = boto3.client("s3")
    for key, content in objects.items():
        client.put_object(Bucket=bucket, Key=key, Body=content)


def _fetch(folder: Path, bucket: str, key: str, **settings: Any) -> Fetched:
    reference = {"kind": "s3", "bucket": bucket, "key": key}
    request = request_for(folder, reference, **({"buckets": [f"s3://{bucket}"]} | settings))
    fetched = fetch(request)
    assert isinstance(fetched, Fetched)
    return fetched


def _rule(folder: Path, bucket: str, key: str, **settings: Any) -> str:
    with pytest.raises(DatasetError) as caught:
        _fetch(folder, bucket, key, **settings)
    return caught.value.rule


def test_an_object_is_downloaded_as_a_file(tmp_path: Path, bucket: str) -> None:
    """In pieces, and whole in the end."""
    expected = os.urandom(17 * 2**20)
    put(bucket, {"sets/flowers.zip": expected})
    reports: list[tuple[str, int, int]] = []
    fetched = _fetch(tmp_path, bucket, "sets/flowers.zip", report=lambda *progress: reports.append(progress))
    assert fetched.name == "flowers.zip"
    assert content_of(fetched) == expected
    assert reports[-1] == ("downloading", len(expected), len(expected))


def test_a_prefix_is_downloaded_as_a_folder(tmp_path: Path, filled: str) -> None:
    """With its class folders, without their neighbours and without what only marks a folder."""
    assert files_of(_fetch(tmp_path, filled, "sets/flowers/")) == {
        "rose/1.png": b"r1",
        "rose/2.png": b"r2",
        "tulip/1.png": b"t1",
        "empty.txt": b"",
    }


def test_an_empty_key_means_the_whole_bucket(tmp_path: Path, filled: str) -> None:
    """Every object, under its whole key."""
    files = files_of(_fetch(tmp_path, filled, ""))
    assert len(files) == 6
    assert files["sets/flowers/rose/1.png"] == b"r1"


@pytest.mark.parametrize("key", ["nothing", "nothing/", "sets/flower", "sets/flowers"])
def test_what_is_not_there_is_missing(tmp_path: Path, filled: str, key: str) -> None:
    """An object, a prefix, and a prefix that was given without its slash."""
    assert _rule(tmp_path, filled, key) == "bucket.missing"


def test_a_bucket_that_is_not_there_is_missing(tmp_path: Path, bucket: str) -> None:
    """Though it is allowed."""
    assert _rule(tmp_path, f"{bucket}-other", "a") == "bucket.missing"
    assert _rule(tmp_path, f"{bucket}-other", "a/") == "bucket.missing"


def test_only_the_operators_buckets_are_asked(tmp_path: Path, filled: str) -> None:
    """Whatever the credentials would allow."""
    assert (
        _rule(tmp_path, filled, "sets/flowers.zip", buckets=["s3://another", f"gs://{filled}"]) == "bucket.not_allowed"
    )


def test_the_limits_are_looked_at_before_anything_is_downloaded(tmp_path: Path, filled: str) -> None:
    """Bytes of one object and of all together, and their number."""
    assert _rule(tmp_path, filled, "sets/flowers.zip", max_bytes=1000) == "bucket.too_large"
    assert _rule(tmp_path, filled, "sets/", max_bytes=100_000) == "bucket.too_large"
    assert _rule(tmp_path, filled, "sets/flowers/", max_members=3) == "bucket.too_many"
    assert list((tmp_path / "workspace").iterdir()) == []


@pytest.mark.parametrize("key", ["sets/a//b", "sets/a/./b", "sets/a/../../b", "sets/" + "x" * 300])
def test_a_key_that_is_no_file_name_is_refused(tmp_path: Path, bucket: str, key: str) -> None:
    """Nothing is written anywhere else, and nothing is left out without a word."""
    put(bucket, {key: b"x"})
    assert _rule(tmp_path, bucket, "sets/") == "bucket.key"
    assert {path.name for path in tmp_path.iterdir()} <= {"workspace", "artifacts"}


def test_an_object_named_like_a_folder_is_refused(tmp_path: Path, bucket: str) -> None:
    """A bucket can have 'a' and 'a/b', a folder cannot."""
    for key in ("a", "a/b"):
        put(bucket, {key: b"x"})
    assert _rule(tmp_path, bucket, "") == "bucket.key"


def test_missing_credentials_are_said_so(tmp_path: Path, filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As what they are, and not as a missing object."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert _rule(tmp_path, filled, "sets/flowers.zip") == "bucket.denied"


def test_a_storage_that_does_not_answer_is_said_so(
    tmp_path: Path, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request may be right; the operator has to look."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert _rule(tmp_path, filled, "sets/flowers.zip") == "bucket.unreachable"


def test_a_report_may_stop_the_download(tmp_path: Path, filled: str) -> None:
    """What it raises comes out."""

    class StopError(Exception):
        pass

    def stop(_step: str, _done: int, _total: int) -> None:
        raise StopError

    with pytest.raises(StopError):
        _fetch(tmp_path, filled, "sets/", report=stop)


def test_a_download_has_a_deadline(tmp_path: Path, filled: str) -> None:
    """For everything together."""
    assert _rule(tmp_path, filled, "sets/", max_seconds=0.001) == "bucket.too_slow"


class GoogleStorage:
    """The three calls of Google's JSON interface that reading takes, for one bucket of objects."""

    def __init__(self, objects: dict[str, bytes], status: str = "200 OK") -> None:
        self._objects, self._status = objects, status

    def __call__(self, connection: socket.socket, head: str) -> None:
        """Answer one request."""
        target = urlsplit(head.split(" ")[1])
        options = dict(parse_qsl(target.query))
        key = unquote(target.path.partition("/b/flowers/o")[2].removeprefix("/"))
        if self._status != "200 OK":
            answer = answering(b"{}", status=self._status, headers=JSON)
        elif not key:
            found = [self._describe(name) for name in self._objects if name.startswith(options["prefix"])]
            answer = answering(json.dumps({"items": found}).encode(), headers=JSON)
        elif key not in self._objects:
            answer = answering(b"{}", status="404 Not Found", headers=JSON)
        elif options.get("alt") == "media":
            first, last = re.search(r"(?i)range: bytes=(\d+)-(\d+)", head).groups()  # type: ignore[union-attr]
            answer = answering(self._objects[key][int(first) : int(last) + 1], status="206 Partial", headers=CLOSE)
        else:
            answer = answering(json.dumps(self._describe(key)).encode(), headers=JSON)
        answer(connection, head)

    def _describe(self, key: str) -> dict[str, str]:
        moment = "2026-01-01T00:00:00Z"
        size = str(len(self._objects[key]))
        return {"name": key, "bucket": "flowers", "size": size, "updated": moment, "timeCreated": moment}


CLOSE = "Connection: close\r\n"
JSON = f"Content-Type: application/json\r\n{CLOSE}"


def _fetch_gs(folder: Path, key: str, monkeypatch: pytest.MonkeyPatch, storage: GoogleStorage) -> Fetched:
    reference = {"kind": "gs", "bucket": "flowers", "key": key}
    request = request_for(folder, reference, buckets=["gs://flowers"])
    with serving(storage) as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{server.port}")
        fetched = fetch(request)
    assert isinstance(fetched, Fetched)
    return fetched


def test_googles_storage_is_read_in_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prefix becomes a folder, an object a file; spoken to here is a stand-in for the real service."""
    storage = GoogleStorage({"sets/rose/1.png": b"r1", "sets/tulip/1.png": b"t1", "other": b"no"})
    assert files_of(_fetch_gs(tmp_path, "sets/", monkeypatch, storage)) == {"rose/1.png": b"r1", "tulip/1.png": b"t1"}
    (tmp_path / "other").mkdir()
    assert content_of(_fetch_gs(tmp_path / "other", "sets/rose/1.png", monkeypatch, storage)) == b"r1"


@pytest.mark.parametrize(
    ("key", "status", "rule"),
    [
        ("nothing", "200 OK", "bucket.missing"),
        ("nothing/", "200 OK", "bucket.missing"),
        ("a", "403 Forbidden", "bucket.denied"),
        ("a", "401 Unauthorized", "bucket.denied"),
    ],
)
def test_googles_refusals_are_said_in_the_same_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, status: str, rule: str
) -> None:
    """What is missing, and what may not be read."""
    with pytest.raises(DatasetError) as caught:
        _fetch_gs(tmp_path, key, monkeypatch, GoogleStorage({"a": b"x"}, status))
    assert caught.value.rule == rule
