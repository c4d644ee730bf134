"""An upload outlives the service that takes it, and the program that sends it."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from augury import Client, ServiceUnreachable
from augury.client import uploads
from tests.servers import free_port, wait_for
from tests.service.conftest import UNREACHABLE, application, listening
from tests.store.databases import migrated_copy

CONTENT = hashlib.sha256(b"photographs").digest() * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MIN_BYTES", 1)
    monkeypatch.setattr(uploads, "PIECE_BYTES", 50_000)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """The file that is sent."""
    path = tmp_path / "photographs.zip"
    path.write_bytes(CONTENT)
    return path


class _Killable:
    """A service in a process of its own."""

    def __init__(self, folder: Path) -> None:
        migrated_copy(folder).close()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {
            "AUGURY_DATA_DIR": str(folder), "AUGURY_PORT": str(self.port), "AUGURY_BROKER_URL": UNREACHABLE,
        }  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "service"], env=self._environment, stderr=subprocess.DEVNULL
        )
        wait_for(self._answers, "the service")

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/healthz").status_code == 200
        except httpx2.TransportError:
            return False


@pytest.fixture
def killable(tmp_path: Path) -> Iterator[_Killable]:
    """One that is gone in the end."""
    service = _Killable(tmp_path / "data")
    yield service
    service.kill()


def test_a_service_that_is_killed_within_a_piece_keeps_what_came(
    killable: _Killable, photographs: Path, tmp_path: Path
) -> None:
    """Started again, it takes the rest alone, and the dataset is there."""
    said = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in (("sha256", SHA256),))
    headers = {"Upload-Length": str(len(CONTENT)), "Upload-Metadata": said}
    upload = httpx2.post(f"{killable.url}/v1/uploads", headers=headers).json()
    with socket.create_connection(("127.0.0.1", killable.port)) as connection:
        lines = [
            f"PATCH /v1/uploads/{upload['id']} HTTP/1.1", f"Host: 127.0.0.1:{killable.port}", "Upload-Offset: 0",
            "Content-Type: application/offset+octet-stream", f"Content-Length: {len(CONTENT)}", "", "",
        ]  # fmt: skip
        connection.sendall("\r\n".join(lines).encode() + CONTENT[: len(CONTENT) - 10])
        file = tmp_path / "data" / "uploading" / upload["id"]
        wait_for(lambda: file.exists() and file.stat().st_size > 0, "some of the file")
        killable.kill()
    kept = file.stat().st_size
    assert 0 < kept < len(CONTENT)
    killable.start()
    told: list[int] = []
    with Client(killable.url) as client:
        dataset = client.add_dataset(photographs, on_progress=lambda sent, _total: told.append(sent))
    assert dataset.reference["sha256"] == SHA256
    assert told[0] == kept
    assert told == sorted(told)
    assert told[-1] == len(CONTENT)


def test_a_program_that_ends_in_the_middle_goes_on_the_next_time(photographs: Path, tmp_path: Path) -> None:
    """It knows by the file's checksum what has come of it, and sends the rest."""
    migrated_copy(tmp_path / "data").close()
    with listening(application(tmp_path / "data")) as (host, port), Client(f"http://{host}:{port}") as client:
        first: list[int] = []

        def end_in_the_middle(sent: int, _total: int) -> None:
            first.append(sent)
            if sent >= 100_000:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            client.add_dataset(photographs, on_progress=end_in_the_middle)
        again: list[int] = []
        dataset = client.add_dataset(photographs, on_progress=lambda sent, _total: again.append(sent))
    assert first == [0, 50_000, 100_000]
    assert again[0] == 100_000
    assert dataset.reference["sha256"] == SHA256


def test_a_service_that_stays_away_is_said_to_be(photographs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After as much patience as there is."""
    monkeypatch.setattr(uploads, "_PATIENCE_SECONDS", 0.2)
    with Client(f"http://127.0.0.1:{free_port()}", patience=0.2) as client, pytest.raises(ServiceUnreachable):
        client.add_dataset(photographs)
