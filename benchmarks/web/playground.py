"""How soon the playground shows what a change does: from the key or the slider to the picture, in a real browser.

    python benchmarks/web/playground.py [--json] [--changes 100] [--side 64]

One process of the service over SQLite with a dataset of that size; Chromium beside it. Every change is another angle,
shift, zoom or brightness, so that nothing was seen before; measured by the page itself, from the event of the input to
the decoded picture and the linter's findings in place, the pause for more typing included. What the service's process
took of processors is from the system's books, so that other work on the machine can be told from its own.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from playwright.sync_api import Page

from augury.datasets.snapshot import Snapshot
from service.settings import ServiceSettings
from store.database import Database
from store.files.artifacts import Artifacts
from store.ids import DEFAULT_PROJECT
from store.rows import datasets, leases
from tests.end_to_end.browsers import running_browser
from tests.servers import free_port, wait_for
from tests.store.databases import DIGITS, migrated_copy
from tests.store.snapshots import store_snapshot

TARGET_MS = 200
IMAGES = 500
_NOTE = "addEventListener('playground:shown', ({ detail }) => { (window.seen ??= []).push(detail.milliseconds); })"
_TICKS = os.sysconf("SC_CLK_TCK")
CHANGES = (
    ("rotation_range °", lambda step: f"{10 + step / 10:.1f}"),
    ("width_shift_range of the width", lambda step: f"{0.05 + step / 1000:.3f}"),
    ("zoom_range about 1", lambda step: f"{0.1 + step / 1000:.3f}"),
    ("brightness_range, high", lambda step: f"{1.1 + step / 1000:.3f}"),
)
SPEC = {"rotation_range": 9, "zoom_range": 0.09, "horizontal_flip": True, "brightness_range": [0.8, 1.05]}


def measure(folder: Path, changes: int, side: int) -> dict[str, Any]:
    """Start the service and the browser on *folder*, make so many changes, and look at the clock."""
    with _service(folder, side) as (process, port), running_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(120_000)
        page.add_init_script(_NOTE)
        page.goto(f"http://127.0.0.1:{port}/playground?dataset=digits&spec={json.dumps(SPEC)}")
        page.wait_for_function("() => window.seen?.length")
        for step in range(len(CHANGES)):  # each kind of change once, for what is compiled or drawn the first time
            _change(page, step)
        before = _processor_seconds(process.pid)
        shown = [_change(page, step) for step in range(len(CHANGES), len(CHANGES) + changes)]
        taken = (_processor_seconds(process.pid) - before) / changes
        page.close()
    shown.sort()
    return {
        "changes": changes,
        "side": side,
        "median_ms": round(statistics.median(shown)),
        "p95_ms": round(shown[int(0.95 * (len(shown) - 1))]),
        "max_ms": round(shown[-1]),
        "service_processor_ms": round(1000 * taken),
        "load": round(os.getloadavg()[0], 1),
        "target_ms": TARGET_MS,
    }


def _change(page: Page, step: int) -> float:
    """Change one field; milliseconds until the page has shown it."""
    label, value = CHANGES[step % len(CHANGES)]
    count = page.evaluate("window.seen.length")
    page.get_by_label(label).fill(value(step))
    page.wait_for_function("count => window.seen.length > count", arg=count)
    milliseconds: float = page.evaluate("window.seen.at(-1)")
    return milliseconds


@contextlib.contextmanager
def _service(folder: Path, side: int) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    settings = ServiceSettings(data_dir=folder, database_url=f"sqlite:///{folder / 'augury.db'}")
    _store_images(migrated_copy(folder), Artifacts(settings.resolved_artifacts_url, settings.snapshot_cache), side)
    environment = {
        **os.environ,
        "AUGURY_DATA_DIR": str(folder),
        "AUGURY_DATABASE_URL": f"sqlite:///{folder / 'augury.db'}",
        "AUGURY_BROKER_URL": "redis://127.0.0.1:1/0",
        "AUGURY_PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, "-m", "service"], env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: _answers(port), "the service to answer")
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def _store_images(database: Database, artifacts: Artifacts, side: int) -> None:
    """Smooth ones with some noise, which compress about as photographs do."""
    random = np.random.default_rng(0)
    coarse = random.uniform(0, 255, (IMAGES, 5, 5, 3))
    smooth = np.repeat(np.repeat(coarse, -(-side // 5), axis=1), -(-side // 5), axis=2)[:, :side, :side]
    pixels = np.clip(smooth + random.normal(0, 4, smooth.shape), 0, 255).astype(np.uint8)
    snapshot = Snapshot(images=pixels, labels=np.arange(IMAGES) % 10, class_names=[str(each) for each in range(10)])
    digest = store_snapshot(artifacts, snapshot)
    with database.writing() as session:
        row = datasets.register(session, DEFAULT_PROJECT, DIGITS, time.time())
        lease = leases.claim(session, leases.INGESTIONS, row.id, owner="w", now=time.time(), seconds=60)
        assert lease is not None
        datasets.finish_ingestion(session, lease, digest, snapshot.facts(), time.time())
    database.close()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> int:
    """Measure, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--side", type=int, default=64)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), arguments.changes, arguments.side)
    if arguments.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name:>22} {value}" for name, value in found.items()))
    return 0 if found["p95_ms"] <= TARGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
