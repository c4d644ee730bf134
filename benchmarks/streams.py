"""What open streams of events and waiting clients cost the service while nothing happens, and how soon they hear.

    python benchmarks/streams.py [--postgres] [--json] [--streams 500] [--waiting 50] [--jobs 250] [--seconds 30]

One process of the service over SQLite or PostgreSQL, without workers. Half of the streams are of a project, half of a
job each; the waiting clients hold ``Prefer: wait``. Processor seconds are the service's own, from the system's books:
first with no client, then with all of them while nothing is written, then while a row that nobody listens to is written
every second, as workers do.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from sqlalchemy import text

from benchmarks.chaos import database_url
from store.database import Database
from tests.servers import free_port, wait_for

BODY = json.dumps(
    {
        "kind": "comparison",
        "dataset": {"kind": "builtin", "name": "digits"},
        "candidates": [{"name": "flip", "spec": {"horizontal_flip": True}}],
    }
)


def measure(folder: Path, url: str, streams: int, waiting: int, job_count: int, seconds: float) -> dict[str, Any]:
    """Start the service on *folder* and that database, and count."""
    port = free_port()
    environment = {
        **os.environ,
        "AUGURY_DATA_DIR": str(folder),
        "AUGURY_DATABASE_URL": url,
        "AUGURY_BROKER_URL": "redis://127.0.0.1:1/0",
        "AUGURY_PORT": str(port),
        "AUGURY_MAX_WAIT_SECONDS": "3600",
    }
    subprocess.run([sys.executable, "-m", "store", "migrate"], env=environment, check=True)
    process = subprocess.Popen([sys.executable, "-m", "service"], env=environment, stderr=subprocess.DEVNULL)
    database = Database(url)
    try:
        wait_for(lambda: _status(port) == 200, "the service to answer")
        jobs = [_submit(port) for _ in range(job_count)]
        time.sleep(2)
        found: dict[str, Any] = {"nobody": _cost(process.pid, seconds)}
        with contextlib.ExitStack() as opened:
            listeners = [_open(opened, port, _path(number, jobs)) for number in range(streams)]
            _read_until(listeners, b"retry:")
            for number in range(waiting):
                _open(opened, port, f"/v1/jobs/{jobs[number % len(jobs)]}", "Prefer: wait=3600\r\n")
            time.sleep(3)
            found["nothing_happens"] = _cost(process.pid, seconds)
            with _writing(database) as write:
                found["a_write_a_second"] = _cost(process.pid, seconds, write)
            found["heard_after_milliseconds"] = _latencies(port, listeners[::2])
    finally:
        process.terminate()
        process.wait()
        database.close()
    return found


def _path(number: int, jobs: list[str]) -> str:
    return f"/v1/jobs/{jobs[number % len(jobs)]}/events" if number % 2 else "/v1/events"


def _status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except OSError:
        return 0


def _submit(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/v1/jobs", BODY, {"Content-Type": "application/json"})
    return str(json.loads(connection.getresponse().read())["id"])


def _open(opened: contextlib.ExitStack, port: int, path: str, headers: str = "") -> socket.socket:
    connection = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode())
    return connection


def _read_until(connections: list[socket.socket], wanted: bytes) -> list[float]:
    """When each of them had this in what it was sent, by the monotonic clock."""
    heard = dict.fromkeys(connections, b"")
    when: dict[socket.socket, float] = {}
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while len(when) < len(connections):
            for key, _ in selector.select(60):
                assert isinstance(key.fileobj, socket.socket)
                heard[key.fileobj] += key.fileobj.recv(65536)
                if wanted in heard[key.fileobj]:
                    when.setdefault(key.fileobj, time.monotonic())
    return list(when.values())


def _latencies(port: int, listeners: list[socket.socket], rounds: int = 5) -> dict[str, float]:
    """From the answer to a submission until all of them have heard of it."""
    last = []
    for _ in range(rounds):
        job_id = _submit(port)
        accepted_at = time.monotonic()
        last.append(1000 * (max(_read_until(listeners, job_id.encode())) - accepted_at))
    return {"median_of_the_last": statistics.median(last), "worst": max(last)}


def _cost(pid: int, seconds: float, each_second: Callable[[], None] = lambda: None) -> dict[str, float]:
    """The share of a core, threads, memory and files of a process, over so many seconds."""
    before, began = _processor_seconds(pid), time.monotonic()
    while time.monotonic() - began < seconds:
        time.sleep(1)
        each_second()
    share = (_processor_seconds(pid) - before) / (time.monotonic() - began)
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {
        "share_of_a_core": round(share, 4),
        "threads": int(status["Threads"]),
        "memory_mib": round(int(status["VmRSS"].split()[0]) / 1024, 1),
        "files": len(os.listdir(f"/proc/{pid}/fd")),
    }


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def _writing(database: Database) -> Iterator[Callable[[], None]]:
    def write() -> None:
        with database.writing() as session:
            session.execute(text("delete from workers_seen where kind = 'nobody'"))
            session.execute(text("insert into workers_seen (kind, seen_at) values ('nobody', 1.0)"))

    yield write


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--streams", type=int, default=500)
    parser.add_argument("--waiting", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=250, help="that are listened to and waited for")
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        database_url(Path(name), is_postgres=options.postgres) as (url, _restart),
    ):
        found = measure(Path(name), url, options.streams, options.waiting, options.jobs, options.seconds)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    for name, figures in found.items():
        print(f"{name}: " + ", ".join(f"{figure} {value:g}" for figure, value in figures.items()))


if __name__ == "__main__":
    main()
