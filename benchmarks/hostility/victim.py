"""A real process of the service, with what the attacks need: images to preview, and jobs to wait for."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from augury.datasets.snapshot import Snapshot
from benchmarks.hostility.attacks import DIGITS, HOST, JSON, ask
from store import migrate
from store.database import Database
from store.files.artifacts import Artifacts
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, leases
from tests.servers import Broker, free_port, wait_for
from tests.store.snapshots import store_snapshot

ROOT = Path(__file__).resolve().parents[2]
ATTACKS_FILE = Path(__file__).with_name("attacks.py")
_TICKS = os.sysconf("SC_CLK_TCK")


class Victim:
    """The service on a free port, in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.port = process, port

    def submit(self) -> str:
        """Another job."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        body = {
            "kind": "comparison",
            "dataset": DIGITS,
            "candidates": [{"name": "flip", "spec": {"horizontal_flip": True}}],
            "labels": {"number": uuid.uuid4().hex},
        }
        try:
            connection.request("POST", "/v1/jobs", json.dumps(body), JSON)
            response = connection.getresponse()
            content = response.read()
            if response.status != 202:
                raise http.client.HTTPException(f"{response.status}: {content[:200]!r}")
            job_id: str = json.loads(content)["id"]
            return job_id
        finally:
            connection.close()

    def upload(self, size: int = 1_000_000) -> None:
        """A file of so many bytes."""
        content = uuid.uuid4().bytes + bytes(size)
        head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
        form = {"Content-Type": "multipart/form-data; boundary=edge"}
        status = ask(self.port, "POST", "/v1/datasets", head + content + b"\r\n--edge--\r\n", **form)
        if status != 202:
            raise http.client.HTTPException(str(status))

    def is_alive(self) -> None:
        """Ask whether it is, on a connection of its own."""
        status = ask(self.port, "GET", "/healthz", timeout=60)
        if status != 200:
            raise http.client.HTTPException(str(status))

    def processor_seconds(self) -> float:
        """That it has used until now."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def victim(folder: Path, **variables: str) -> Iterator[Victim]:
    """Start one with its own data, and end it."""
    _prepare(folder / "data")
    broker, port = Broker(folder / "broker"), free_port()
    broker.start()
    environment = {
        **os.environ,
        "AUGURY_DATA_DIR": str(folder / "data"),
        "AUGURY_BROKER_URL": broker.url,
        "AUGURY_PORT": str(port),
        **variables,
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "service"], env=environment, cwd=ROOT, stderr=log)
    try:
        wait_for(lambda: _answers(port), "the service to answer", patience=60)
        yield Victim(process, port)
    finally:
        process.kill()
        process.wait()
        broker.kill()


@contextmanager
def attacked(target: Victim, attacks: dict[str, int]) -> Iterator[None]:
    """Each attack by its name, with its count, for the length of the block."""
    job_ids = [target.submit() for _ in range(10)]
    command = [sys.executable, str(ATTACKS_FILE)]
    processes = [
        subprocess.Popen([*command, name, str(target.port), str(count), *job_ids], stderr=subprocess.DEVNULL)
        for name, count in attacks.items()
    ]
    try:
        time.sleep(1.0)  # until they have begun
        yield
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def _prepare(folder: Path) -> None:
    """A database, with photographs in place of the digits."""
    folder.mkdir(parents=True)
    database = Database(f"sqlite:///{folder / 'augury.db'}")
    migrate.upgrade(database)
    pixels = np.random.default_rng(0).integers(0, 256, (500, 64, 64, 3), dtype=np.uint8)
    labels = np.arange(500, dtype=np.int64) % 10
    snapshot = Snapshot(images=pixels, labels=labels, class_names=[str(digit) for digit in range(10)])
    digest = store_snapshot(Artifacts(str(folder / "artifacts"), None), snapshot)
    with database.writing() as session:
        now = database.now(session)
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, now)
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=now, seconds=10)
        assert lease is not None
        datasets.finish_ingestion(session, lease, digest, snapshot.facts(), now)
    database.close()


def _answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz") == 200
    except OSError:
        return False
