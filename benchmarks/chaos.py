"""Is every accepted job over in the end, and nothing done twice, whatever is killed meanwhile?

    python benchmarks/chaos.py [--jobs N] [--postgres] [--json]

Two services, two control workers, four CPU workers, one broker and one database carry out 1,000 (--jobs) jobs of tiny
trials. All the time something is killed and comes back: each kind of process in turn, a pool process in the middle of
its work, the broker (empty afterwards) and, with --postgres, the database. Two projects ask for the same, under the
same idempotency keys. Each has a webhook and listens to its stream. Then rows, files and what was told and heard are
looked through: all of it has to be there, where it belongs and nowhere else.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.chaotic import heard
from benchmarks.chaotic.heard import Listener
from benchmarks.chaotic.inspection import faults, live_jobs
from benchmarks.chaotic.told import told
from benchmarks.chaotic.town import Town
from store.database import Database
from tests.servers import postgres_server

PROJECTS = ("default", "other")
_SUBMISSION_PATIENCE_SECONDS = 120.0
REST_SECONDS = 5.0
"""Between two blows: long enough that a worker that was killed works again before the next one."""
_QUIET_SECONDS = 240.0
"""From the last blow on, for each hundred jobs: nothing is killed, and everything has to end."""


def request(number: int) -> dict[str, Any]:
    """A job of two or four tiny trials that no other job of the project has; every tenth asks why, as well."""
    shared = {
        "dataset": {"kind": "builtin", "name": "digits"},
        "model": {"name": "linear"},
        "training": {"epochs": 1},
        "evaluation": {"seeds": 2, "first_seed": 10 * number, "training_images": 60},
    }
    spec = {"horizontal_flip": True, "rescale": 1 / 255}
    if number % 10:
        return {"kind": "training", "spec": spec, **shared}
    return {"kind": "comparison", "candidates": [{"name": "flip", "spec": spec}], **shared}


def submit(town: Town, project: str, number: int) -> str:
    """The id of the job, sent again, with its key, to one service after the other until one has answered."""
    give_up_at = time.monotonic() + _SUBMISSION_PATIENCE_SECONDS
    for attempt in itertools.count(number):
        try:
            response = httpx2.post(
                f"{town.url(attempt)}/v1/jobs",
                json=request(number),
                headers={"Idempotency-Key": f"chaos-{number}", "Authorization": f"Bearer {town.keys[project]}"},
                timeout=30,
            )
        except httpx2.TransportError:
            response = None
        if response is not None and response.status_code == 202:
            return str(response.json()["id"])
        if response is not None and response.status_code not in (500, 503):
            raise RuntimeError(response.text)
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"job {number} was not accepted")
        time.sleep(0.2)
    raise AssertionError("the attempts never end")


def submit_all(town: Town, jobs: int) -> dict[tuple[str, int], str]:
    """The ids of so many jobs, by project and number: each of the projects in turn asks for what the others ask for."""
    due = [(PROJECTS[job % len(PROJECTS)], job // len(PROJECTS)) for job in range(jobs)]
    return {(project, number): submit(town, project, number) for project, number in due}


def blows(town: Town, restart_database: Callable[[], object] | None) -> list[tuple[str, Callable[[], object]]]:
    """What is done to the service, in turn."""
    killed = [(name, lambda name=name: town.kill_and_restart(name)) for name in town.names()]
    children = [(f"child of {name}", lambda name=name: town.kill_child_of(name)) for name in town.names("cpu")]
    others: list[tuple[str, Callable[[], object]]] = [("broker", town.empty_the_broker)]
    if restart_database is not None:
        others.append(("database", restart_database))
    return [blow for group in itertools.zip_longest(children, killed, others) for blow in group if blow is not None]


class Chaos(threading.Thread):
    """Deals one blow after the other until it is told to end; each of them once at least."""

    def __init__(self, town: Town, due: list[tuple[str, Callable[[], object]]], rest_seconds: float) -> None:
        super().__init__(name="chaos", daemon=True)
        self.dealt: list[str] = []
        self.memory: list[dict[str, int]] = []
        self._town, self._due, self._rest_seconds = town, due, rest_seconds
        self._end = threading.Event()

    def run(self) -> None:
        """Strike, and note how large the processes are."""
        for what, strike in itertools.cycle(self._due):
            if self._end.is_set() and len(self.dealt) >= len(self._due):
                return
            self.memory.append(self._town.resident_bytes())
            strike()
            self.dealt.append(what)
            self._end.wait(self._rest_seconds) or time.sleep(0.2)

    def finish(self) -> None:
        """No more of it, once everything was struck."""
        self._end.set()
        self.join()


@contextmanager
def database_url(folder: Path, *, is_postgres: bool) -> Iterator[tuple[str, Callable[[], object] | None]]:
    """A database, and how to restart it where that is a server."""
    if not is_postgres:
        yield f"sqlite:///{folder / 'augury.db'}", None
        return
    with postgres_server() as server:
        yield server.url, server.restart


def measure(
    jobs: int,
    *,
    is_postgres: bool,
    apis: int = 2,
    controls: int = 2,
    cpus: int = 4,
    rest_seconds: float = REST_SECONDS,
    max_blows: float = math.inf,
    is_flaky: bool = True,
) -> dict[str, Any]:
    """Submit, strike, wait, look.

    No more blows are dealt than *max_blows*, but each of them once; by default until a tenth of the jobs is left. What
    happens is told to a webhook, which refuses some of it where it *is_flaky*.
    """
    with (
        tempfile.TemporaryDirectory(prefix="augury-chaos-") as name,
        database_url(Path(name), is_postgres=is_postgres) as (url, restart_database),
        told(PROJECTS, is_flaky=is_flaky) as hearing,
    ):
        town = Town(Path(name), url, hearing.hosts, apis=apis, controls=controls, cpus=cpus, projects=PROJECTS)
        town.start()
        database = Database(url)
        listeners = {project: Listener(town.url(at), town.keys[project]) for at, project in enumerate(PROJECTS)}
        try:
            hearing.register(database, town.data_dir)
            for listener in listeners.values():
                listener.start()
            began = time.monotonic()
            chaos = Chaos(town, blows(town, restart_database), rest_seconds)
            chaos.start()
            accepted = submit_all(town, jobs)
            submitted = time.monotonic() - began
            while live_jobs(database) > jobs // 10 and len(chaos.dealt) < max_blows:
                time.sleep(1)
            chaos.finish()
            give_up_at = time.monotonic() + _QUIET_SECONDS * max(1.0, jobs / 100)
            while (left := live_jobs(database)) and time.monotonic() < give_up_at:
                time.sleep(0.5)
            took = time.monotonic() - began
            time.sleep(3)  # for the sweeps that follow the last job
            found = faults(database, town.data_dir, accepted) | hearing.faults(database)
            found |= heard.faults(database, listeners)
            memory = [*chaos.memory, town.resident_bytes()]
        finally:
            for listener in listeners.values():
                listener.finish()
            database.close()
            town.stop()
    return {
        "jobs": jobs, "database": "postgresql" if is_postgres else "sqlite", "seconds": took,
        "seconds_to_submit": submitted, "blows": len(chaos.dealt), "dealt": sorted(set(chaos.dealt)), "left": left,
        "faults": found, "told_again": hearing.repeated, "largest_bytes": _growth(memory),
        "heard": sum(len(listener.heard) for listener in listeners.values()),
    }  # fmt: skip


def _growth(memory: list[dict[str, int]]) -> dict[str, list[int]]:
    """By kind, the largest process in the second quarter and in the last: flat where both are about the same."""
    quarter = max(1, len(memory) // 4)
    parts = memory[quarter : 2 * quarter] or memory, memory[-quarter:]
    return {kind: [max(seen[kind] for seen in part) for part in parts] for kind in memory[-1]}


def main() -> int:
    """Measure and print; 1 where something was lost or done twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.jobs, is_postgres=arguments.postgres)
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"{result['jobs']} jobs on {result['database']}: {result['seconds']:.0f} s, {result['blows']} blows")
        print("struck:", ", ".join(result["dealt"]))
        for kind, (early, late) in result["largest_bytes"].items():
            early_mb, late_mb = early / 2**20, late / 2**20
            print(f"largest {kind} process: {early_mb:.0f} MB in the second quarter, {late_mb:.0f} in the last")
        print(f"events heard: {result['heard']}; messages that came again under their ids: {result['told_again']}")
        for what, value in result["faults"].items():
            print(f"{what}: {value or 'none'}")
    return int(bool(result["left"] or any(result["faults"].values())))


if __name__ == "__main__":
    sys.exit(main())
