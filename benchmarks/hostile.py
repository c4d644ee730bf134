"""Does the service stay awake while others are hostile, or merely many?

    python benchmarks/hostile.py [--json] [--seconds 8] [--half-sent 20000] [--only NAME ...]

A real process of the service on the loopback address; each attack is a process, too. While it goes on, `/healthz` is
asked ten times a second and a job is submitted twice a second, each on a connection of its own; beside idle uploads a
megabyte is uploaded again and again. The reference is the same without an attack. Under all of them together `/healthz`
should answer within 100 ms and a submission be accepted within a second, where the attacks do not take the cores that
the service needs.
"""

from __future__ import annotations

import argparse
import http.client
import json
import math
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.hostility.victim import Victim, attacked, victim

HALF_SENT = 20_000
HEALTH_EVERY_SECONDS, SUBMIT_EVERY_SECONDS = 0.1, 0.5


def scenarios(half_sent: int = HALF_SENT) -> dict[str, dict[str, int]]:
    """The attacks that go on together, with their counts, by the name of the scenario."""
    single = {"fields": 4, "waiters": 50, "previews": 60, "half-sent": half_sent, "idle-uploads": 8}
    return {"quiet": {}} | {name: {name: count} for name, count in single.items()} | {"together": single}


def measure(target: Victim, attacks: dict[str, int], seconds: float) -> dict[str, Any]:
    """How long the service took to answer, in milliseconds, and how much of a core it used."""
    with attacked(target, attacks):
        used, began = target.processor_seconds(), time.monotonic()
        figures = _probed(target, seconds, does_upload="idle-uploads" in attacks)
        figures["cores"] = (target.processor_seconds() - used) / (time.monotonic() - began)
    return figures


def _probed(target: Victim, seconds: float, *, does_upload: bool) -> dict[str, Any]:
    probes: dict[str, tuple[Callable[[], object], float]] = {
        "healthz": (target.is_alive, HEALTH_EVERY_SECONDS),
        "submission": (target.submit, SUBMIT_EVERY_SECONDS),
    }
    if does_upload:
        probes["upload"] = (target.upload, SUBMIT_EVERY_SECONDS)
    taken: dict[str, list[float]] = {name: [] for name in probes}
    refused: dict[str, int] = dict.fromkeys(probes, 0)
    stop_at = time.monotonic() + seconds

    def probe(name: str, action: Callable[[], object], every: float) -> None:
        while time.monotonic() < stop_at:
            began = time.monotonic()
            try:
                action()
            except (OSError, http.client.HTTPException):
                refused[name] += 1
            taken[name].append(time.monotonic() - began)
            time.sleep(max(0.0, every - taken[name][-1]))

    threads = [threading.Thread(target=probe, args=(name, *how)) for name, how in probes.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {name: _summary(taken[name]) | {"refused": refused[name]} for name in probes}


def _summary(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(1000 * each for each in seconds)
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: ordered[math.ceil(share * len(ordered)) - 1] for name, share in at.items()} | {"count": len(ordered)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--half-sent", type=int, default=HALF_SENT)
    parser.add_argument("--only", nargs="+", choices=list(scenarios()), default=list(scenarios()))
    arguments = parser.parse_args()
    chosen = {name: attacks for name, attacks in scenarios(arguments.half_sent).items() if name in arguments.only}
    result: dict[str, Any] = {}
    for name, attacks in chosen.items():
        with tempfile.TemporaryDirectory() as folder, victim(Path(folder)) as target:
            result[name] = measure(target, attacks, arguments.seconds)
        if not arguments.json:
            _show(name, result[name])
    if arguments.json:
        print(json.dumps(result))


def _show(name: str, figures: dict[str, Any]) -> None:
    for probe, taken in figures.items():
        if probe != "cores":
            said = f"p50 {taken['p50']:7.1f}  p99 {taken['p99']:7.1f}  max {taken['max']:7.1f} ms"
            print(f"{name:14}{probe:12}{said}  of {taken['count']:4}, {taken['refused']} refused", flush=True)
    print(f"{name:14}uses {figures['cores']:.2f} of a core", flush=True)


if __name__ == "__main__":
    main()
