"""``augury up``, ``run --local`` and ``compare --local``, as a person would start and stop them."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx2

from tests.end_to_end.stack import comparison
from tests.servers import NOBODY, PATIENCE_SECONDS, free_port, wait_for

UNDER_WAY = re.compile(r"^(waiting|training)", re.MULTILINE)
ONE_PROCESS = {"AUGURY_WORKER_CONCURRENCY": "1"}
"""To train in: each spends seconds on getting ready."""
AUGURY = [str(Path(sys.executable).with_name("augury"))]


def _is_ready(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/readyz", verify=NOBODY).status_code == 200
    except httpx2.TransportError:
        return False


def processes_of(data_dir: Path) -> list[int]:
    """All processes that were started for a data directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str(data_dir).encode() in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # it ended while we looked
    return found


def test_up_becomes_ready_keeps_going_and_leaves_no_process_behind(tmp_path: Path) -> None:
    """Processes of the service share the port: one that is killed is started again, and nobody is refused meanwhile.

    One signal ends all of the stack, though its workers may be loading TensorFlow still.
    """
    port = free_port()
    command = [*AUGURY, "up", "--data-dir", str(tmp_path), "--port", str(port), "--processes", "2"]
    with (tmp_path / "up.log").open("wb") as log:
        up = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **ONE_PROCESS})
    wait_for(lambda: _is_ready(port), "readyz")
    wait_for(lambda: {"api", "api-2", "cpu"} <= _pids(tmp_path).keys(), "both processes to be started")
    killed = _pids(tmp_path)["api"]
    os.kill(killed, signal.SIGKILL)
    assert httpx2.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_SECONDS).status_code == 200
    wait_for(lambda: _pids(tmp_path).get("api", killed) != killed, "the process to be started again")
    wait_for(lambda: len(processes_of(tmp_path)) >= 6, "the workers to be started")

    up.send_signal(signal.SIGTERM)
    up.wait(PATIENCE_SECONDS)

    wait_for(lambda: not processes_of(tmp_path), "all processes to be gone")


def _pids(data_dir: Path) -> dict[str, int]:
    """Of the processes of a stack, by their names, as it has announced them."""
    pids: dict[str, int] = json.loads((data_dir / "stack.json").read_text())["pids"]
    return pids


def test_run_local_prints_a_table_and_writes_the_report(tmp_path: Path) -> None:
    """The way of the demo: a stack of its own, a table for a person, a file for a program."""
    request, report = tmp_path / "request.json", tmp_path / "out" / "report.json"
    request.write_text(json.dumps(comparison(epochs=3, first_seed=0)))
    arguments = ["run", str(request), "--local", "--data-dir", str(tmp_path / "data"), "--output", str(report)]
    environment = {**os.environ, **ONE_PROCESS, "COLUMNS": "100"}
    run = subprocess.run([*AUGURY, *arguments], capture_output=True, text=True, env=environment)

    assert run.returncode == 0, run.stderr
    assert "baseline" in run.stdout
    assert "flip" in run.stdout
    assert json.loads(report.read_text())["complete"] is True
    assert not processes_of(tmp_path)


def test_a_stack_of_the_commands_own_ends_with_ctrl_c_and_leaves_no_work_behind(tmp_path: Path) -> None:
    """The job is cancelled, so that the next service in this folder does not go on with it."""
    command = [*AUGURY, "compare", "digits", "--flip", "--local", "--data-dir", str(tmp_path / "data")]
    log = tmp_path / "log"
    with log.open("wb") as file:
        environment = {**os.environ, **ONE_PROCESS}
        running = subprocess.Popen(command, stdout=file, stderr=file, cwd=tmp_path, env=environment)
    try:
        wait_for(lambda: UNDER_WAY.search(log.read_text()), "the job to be watched", 4 * PATIENCE_SECONDS)
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE_SECONDS) == 130, log.read_text()
    finally:
        running.kill()
    assert "The same command goes on from there." in log.read_text()
    with sqlite3.connect(tmp_path / "data" / "augury.db") as database:
        assert [state for (state,) in database.execute("SELECT state FROM jobs")] == ["cancelled"]
    wait_for(lambda: not processes_of(tmp_path), "all processes to be gone")
