"""The processes of a stack: restarted when they die, and gone when it ends, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from augury.errors import StackFailed
from augury.local.supervisor import Restarts, Stopping, Supervisor
from tests.augury.local.processes import STUBBORN, is_running
from tests.servers import wait_for

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_process_logs_to_its_own_file(supervisor: Supervisor, tmp_path: Path) -> None:
    """What a process prints is appended to a log of its name."""
    for word in ("one", "two"):
        supervisor.run_once("talker", [sys.executable, "-c", f"print({word!r})"])
    assert (tmp_path / "logs" / "talker.log").read_text() == "one\ntwo\n"


def test_a_command_that_fails_shows_the_end_of_its_log(supervisor: Supervisor) -> None:
    """The error names the exit code and quotes what the command said."""
    with pytest.raises(StackFailed, match=r"(?s)exit code 3.*the reason"):
        supervisor.run_once("migrate", [sys.executable, "-c", "print('the reason'); exit(3)"])


def test_a_command_that_cannot_be_run_is_reported(supervisor: Supervisor) -> None:
    """A missing executable is a failure with a reason, not a hang."""
    with pytest.raises(StackFailed, match="No such file"):
        supervisor.run_once("missing", ["/does/not/exist"])


def test_a_process_that_dies_is_restarted(supervisor: Supervisor) -> None:
    """After a crash there is a new process, and it is announced."""
    first = supervisor.start("worker", SLEEP).pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    announced = threading.Event()

    def on_change() -> None:
        announced.set()
        supervisor.stopping.set()

    supervisor.run(on_change)
    assert announced.is_set()
    assert supervisor.pids["worker"] != first


def test_a_process_that_keeps_dying_ends_the_stack(supervisor: Supervisor) -> None:
    """When the restarts are used up, the error says how often it died and quotes the log."""
    supervisor.start("worker", [sys.executable, "-c", "print('cannot work'); exit(7)"])
    with pytest.raises(StackFailed, match=r"(?s)worker ended 3 times.*exit code 7.*cannot work"):
        supervisor.run(lambda: None)


def test_restarts_back_off_and_are_forgiven_in_time() -> None:
    """The delay doubles with each death; deaths older than the window no longer count."""
    restarts = Restarts()
    assert [restarts.delay_after_death(now) for now in range(6)] == [0.5, 1, 2, 4, 8, None]
    assert restarts.delay_after_death(1000) == 0.5


def test_stopping_interrupts_whatever_is_waited_for(supervisor: Supervisor) -> None:
    """A stack that is told to stop while it starts does not wait for the start to end."""
    threading.Timer(0.2, supervisor.stopping.set).start()
    with pytest.raises(Stopping):
        supervisor.run_once("endless", SLEEP)


def test_stopping_leaves_no_process(supervisor: Supervisor, tmp_path: Path) -> None:
    """A process that ignores SIGTERM, and the child that it has, are killed when the grace is over."""
    parent = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]).pid, flush=True)\n"
    process = supervisor.start("parent", [sys.executable, "-c", parent + STUBBORN])
    log = tmp_path / "logs" / "parent.log"
    wait_for(lambda: log.read_text().count("deaf") == 2, "both to be deaf")
    child = next(int(word) for word in log.read_text().split() if word.isdigit())
    pids = [process.pid or 0, child]
    supervisor.stop(["parent"], grace_seconds=0.2)
    wait_for(lambda: not any(map(is_running, pids)), "both to be gone")


def test_killing_cuts_the_grace_short(supervisor: Supervisor, tmp_path: Path) -> None:
    """Once `killing` is set, nobody is waited for."""
    supervisor.start("deaf", [sys.executable, "-c", STUBBORN])
    wait_for(lambda: "deaf" in (tmp_path / "logs" / "deaf.log").read_text(), "the process to be deaf")
    supervisor.killing.set()
    began = time.monotonic()
    supervisor.stop(["deaf"], grace_seconds=30)
    assert time.monotonic() - began < 25


OWNER = """
import os, sys, time
from pathlib import Path
from augury.local.processes import Guard
from augury.local.supervisor import Supervisor
lock = os.open(sys.argv[1] + "/lock", os.O_CREAT | os.O_RDWR)
guard = Guard(lock, grace_seconds=0.5)
supervisor = Supervisor(guard, Path(sys.argv[1]) / "logs")
polite = supervisor.start("polite", [sys.executable, "-c", "import time; time.sleep(60)"])
deaf = supervisor.start("deaf", [sys.executable, "-c", sys.argv[2]])
while "deaf" not in deaf.tail():
    time.sleep(0.02)
print(guard.pid, polite.pid, deaf.pid, flush=True)
time.sleep(60)
"""


def test_nothing_survives_an_owner_that_is_killed(tmp_path: Path) -> None:
    """After SIGKILL of the stack's own process, its processes end: the polite ones are told to, the deaf are killed."""
    command = [sys.executable, "-c", OWNER, str(tmp_path), STUBBORN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert all(map(is_running, pids))
        owner.kill()
    wait_for(lambda: not any(map(is_running, pids)), "both to be gone")
