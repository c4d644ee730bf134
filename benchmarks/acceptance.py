"""How fast are jobs accepted, compared with a bare FastAPI route that calls Celery's ``delay()``?

    python benchmarks/acceptance.py [--json] [--seconds 4] [--rounds 3] [--clients 16] [--processes 1]

Both services run in turn, several times, against the same broker; nothing consumes the queue. Augury validates the
request, commits the job to SQLite with full synchronisation, and publishes beside the request. No two requests are the
same. Clients and services share the cores: where other work does, too, the seconds of processors that a service takes
for a request say more than how many it answers in a second.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from tests.servers import Broker, free_port, wait_for

BARE = """
import os
from celery import Celery
from fastapi import FastAPI
from pydantic import BaseModel
celery = Celery("bare", broker=os.environ["AUGURY_BROKER_URL"])
@celery.task
def work(body): ...
class Request(BaseModel):
    kind: str
    dataset: dict
    candidates: list
    evaluation: dict
app = FastAPI()
@app.get("/healthz")
def healthz(): return {}
@app.post("/v1/jobs", status_code=202)
def submit(request: Request):
    return {"id": work.delay(request.model_dump()).id}
"""
_PATIENCE_SECONDS = 300.0
_WARM_UP_SECONDS = 20.0
_NUMBERS = itertools.count()
_TICKS = os.sysconf("SC_CLK_TCK")


def body() -> str:
    """A request that nobody has sent before: other seeds, and a label."""
    number = next(_NUMBERS)
    return json.dumps(
        {
            "kind": "comparison",
            "dataset": {"kind": "builtin", "name": "digits"},
            "candidates": [{"name": "flip", "spec": {"horizontal_flip": True}}],
            "evaluation": {"seeds": 5, "first_seed": 10 * number},
            "labels": {"number": str(number)},
        }
    )


def processor_seconds(pids: Iterable[int]) -> float:
    """What processes and the processes that they have started have taken of processors, in all their threads."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        total += (int(fields[11]) + int(fields[12])) / _TICKS + processor_seconds(map(int, children))
    return total


def load(pids: Sequence[int], port: int, clients: int, seconds: float) -> dict[str, float]:
    """Requests a second, the 99th percentile of latency, and what each takes of the processors of the processes.

    From so many clients that send one after the other.
    """
    began_at = processor_seconds(pids)
    latencies: list[float] = []
    stop_at = time.perf_counter() + seconds

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < stop_at:
            began = time.perf_counter()
            connection.request("POST", "/v1/jobs", body(), {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            assert response.status == 202, response.status
            latencies.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "requests_per_second": len(latencies) / seconds,
        "p99_milliseconds": 1000 * statistics.quantiles(latencies, n=100)[98],
        "processor_milliseconds": 1000 * (processor_seconds(pids) - began_at) / len(latencies),
    }


@contextmanager
def serving(commands: Sequence[list[str]], port: int, environment: dict[str, str]) -> Iterator[list[int]]:
    """The processes of a service, which all have the socket that listens at the port, if there are several commands."""
    with socket.socket() as listener:
        files, extra = (), {}
        if len(commands) > 1:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen()
            files, extra = (listener.fileno(),), {"AUGURY_LISTEN_FD": str(listener.fileno())}
        started = [
            subprocess.Popen(
                [sys.executable, *command], env=environment | extra, stderr=subprocess.DEVNULL, pass_fds=files
            )
            for command in commands
        ]
    try:
        wait_for(partial(_answers, port), "the service to answer", _PATIENCE_SECONDS)
        yield [process.pid for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def measure(folder: Path, clients: int, seconds: float, rounds: int, processes: int) -> dict[str, Any]:
    """Both services in turn, *rounds* times, with so many processes each."""
    (folder / "bare.py").write_text(BARE)
    broker = Broker(folder / "broker")
    broker.start()
    port = free_port()
    environment = {
        **os.environ, "AUGURY_BROKER_URL": broker.url, "AUGURY_PORT": str(port), "PYTHONPATH": str(folder),
    }  # fmt: skip
    bare = ["-m", "uvicorn", "bare:app", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    several = ["--workers", str(processes)] if processes > 1 else []
    commands = {"bare": [[*bare, *several]], "augury": [["-m", "service"]] * processes}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for number in range(rounds):
        for name, of_service in commands.items():
            data = {"AUGURY_DATA_DIR": str(folder / f"data{number}")}
            with serving(of_service, port, environment | data) as pids:
                if processes > 1:  # one answers, and the others are to do so, too
                    time.sleep(_WARM_UP_SECONDS)
                load(pids, port, clients, 1.0)
                runs[name].append(load(pids, port, clients, seconds))
    broker.kill()
    pairs = list(zip(runs["augury"], runs["bare"], strict=True))
    ratios = [augury["requests_per_second"] / bare["requests_per_second"] for augury, bare in pairs]
    by_processors = [bare["processor_milliseconds"] / augury["processor_milliseconds"] for augury, bare in pairs]
    return {
        "clients": clients, "processes": processes, "runs": runs,
        "ratios": ratios, "median_ratio": statistics.median(ratios),
        "ratios_by_processors": by_processors, "median_ratio_by_processors": statistics.median(by_processors),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder), arguments.clients, arguments.seconds, arguments.rounds, arguments.processes)
    if arguments.json:
        print(json.dumps(result))
        return
    for name, runs in result["runs"].items():
        for run in runs:
            print(
                f"{name:7} {run['requests_per_second']:7.0f} requests/s   p99 {run['p99_milliseconds']:6.1f} ms   "
                f"{run['processor_milliseconds']:5.2f} ms of processors each"
            )
    print(f"median ratio, augury to bare: {result['median_ratio']:.2f}")
    print(f"by what a request takes of processors: {result['median_ratio_by_processors']:.2f}")


if __name__ == "__main__":
    main()
