"""Does anything grow while a service is used for a long time: memory, files, threads, or how long an answer takes?

    python benchmarks/soak.py [--minutes N] [--per-second R] [--postgres] [--json]

A service with keys, a control worker and a CPU worker; clients of two projects submit, look, wait, list, read, upload,
cancel and delete for 30 minutes (--minutes). Every ten seconds each process is looked at. The first fifth is left out:
processes load what they need, and caches fill. Each figure is a slope with its 95 % interval; what it has in it is not
shown to grow.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.chaos import database_url
from benchmarks.chaotic.town import Town
from benchmarks.soaking.traffic import Traffic
from benchmarks.soaking.trends import Trend, trend_of

SAMPLED_EVERY_SECONDS = 10.0
WARM_UP_SHARE = 0.2
PROJECTS = ("default", "other")
_UNITS = {"bytes": ("MB", 2.0**20), "files": ("files", 1.0), "threads": ("thr.", 1.0), "seconds": ("ms", 0.001)}

Series = dict[str, list[tuple[float, float]]]
"""Of each thing that is measured: when, in seconds from the start, and how much."""


class Client(threading.Thread):
    """Acts so many times a second until it is told to end; slower where the service is."""

    def __init__(self, traffic: Traffic, per_second: float, end: threading.Event) -> None:
        super().__init__(name="client", daemon=True)
        self._traffic, self._rest, self._end = traffic, 1 / per_second, end
        self.failure: Exception | None = None

    def run(self) -> None:
        """Act and rest."""
        try:
            while not self._end.wait(self._rest):
                self._traffic.act()
        except Exception as error:  # said by who has started it
            self.failure = error


def sampled(town: Town, clients: list[Client], seconds: float) -> tuple[Series, float]:
    """How large the processes were, all the time; and when that began.

    Raises:
        Exception: what ended a client.
    """
    series: Series = defaultdict(list)
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        for name, seen in town.seen().items():
            for what, value in seen.items():
                series[f"{name} {what}"].append((now, value))
        for client in clients:
            if client.failure is not None:
                raise client.failure
        time.sleep(SAMPLED_EVERY_SECONDS)
    return series, began


def measure(minutes: float, per_second: float, *, is_postgres: bool) -> dict[str, Any]:
    """Use the service, and look at it."""
    with (
        tempfile.TemporaryDirectory(prefix="augury-soak-") as name,
        database_url(Path(name), is_postgres=is_postgres) as (url, _restart),
    ):
        town = Town(Path(name), url, "", apis=1, controls=1, cpus=1, projects=PROJECTS)
        end, traffics, clients = threading.Event(), list[Traffic](), list[Client]()
        try:
            town.start()
            traffics += [Traffic(town.url(0), town.keys[project], seed) for seed, project in enumerate(PROJECTS, 1)]
            clients += [Client(traffic, per_second / len(traffics), end) for traffic in traffics]
            for client in clients:
                client.start()
            series, began = sampled(town, clients, 60 * minutes)
        finally:
            end.set()
            for client in clients:
                client.join(60)
            town.stop()
        refused: dict[str, int] = defaultdict(int)
        for traffic in traffics:
            traffic.close()
            for what, moments in traffic.seconds.items():
                series[f"{what} seconds"] += [(at - began, took) for at, took in moments]
            for what, count in traffic.refused.items():
                refused[what] += count
    requests = {what: len(moments) for what, moments in series.items() if what.endswith(" seconds")}
    return {
        "minutes": minutes,
        "database": "postgresql" if is_postgres else "sqlite",
        "requests": requests,
        "unexpected": dict(refused),
        "trends": {what: vars(trend) for what, trend in trends_of(series, 60 * minutes).items()},
    }


def trends_of(series: Series, seconds: float) -> dict[str, Trend]:
    """The trend of each series once everything is warm; those that are too short are left out."""
    found: dict[str, Trend] = {}
    for what, moments in sorted(series.items()):
        late = sorted(each for each in moments if each[0] >= WARM_UP_SHARE * seconds)
        try:
            found[what] = trend_of([at for at, _ in late], [value for _, value in late])
        except ValueError:
            print(f"{what}: {len(late)} samples are too few", file=sys.stderr)
    return found


def main() -> int:
    """Measure and print; 1 where something grows or was refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--per-second", type=float, default=4.0, help="what all clients together do, about")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = measure(arguments.minutes, arguments.per_second, is_postgres=arguments.postgres)
    trends = {what: Trend(**values) for what, values in result["trends"].items()}
    if arguments.json:
        print(json.dumps(result))
    else:
        print(f"{result['minutes']:g} minutes on {result['database']}, {sum(result['requests'].values())} requests")
        for what, trend in trends.items():
            print(f"{what:24} {trend.in_words(*_UNITS[what.rsplit(' ', 1)[1]])}")
        for what, count in result["unexpected"].items():
            print(f"unexpected: {what}, {count} times")
    return int(bool(result["unexpected"]) or not all(trend.is_flat for trend in trends.values()))


if __name__ == "__main__":
    sys.exit(main())
