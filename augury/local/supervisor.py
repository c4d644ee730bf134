"""Keep processes alive: wait for them, restart them with back-off, stop them in order."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from augury.errors import StackFailed
from augury.local.log_files import keep_small
from augury.local.processes import Guard, Process

POLL_SECONDS = 0.05
SUPERVISION_SECONDS = 0.2


class Stopping(Exception):  # noqa: N818 - not an error
    """The stack was told to stop while something was being waited for."""


@dataclass
class Restarts:
    """How often one process died lately, and what follows from that."""

    limit: int = 5
    window_seconds: float = 60.0
    first_delay_seconds: float = 0.5
    _deaths: deque[float] = field(default_factory=deque)

    def delay_after_death(self, now: float) -> float | None:
        """Seconds to wait before the next start; None when it has died too often to try again."""
        while self._deaths and self._deaths[0] <= now - self.window_seconds:
            self._deaths.popleft()
        self._deaths.append(now)
        deaths = len(self._deaths)
        return self.first_delay_seconds * 2.0 ** (deaths - 1) if deaths <= self.limit else None


class Supervisor:
    """The processes of one stack.

    All of it is used from one thread, which must live as long as they do: the kernel takes the end of the thread
    that started a process for the end of its parent.
    """

    def __init__(self, guard: Guard, log_dir: Path, restarts: Callable[[], Restarts] = Restarts) -> None:
        """Supervise nothing yet; *restarts* says how often each process may die."""
        self.stopping = threading.Event()
        self.killing = threading.Event()
        self._guard = guard
        self._log_dir = log_dir
        self._processes: dict[str, Process] = {}
        self._new_record = restarts
        self._restarts: dict[str, Restarts] = {}
        self._due: dict[str, float] = {}

    @property
    def pids(self) -> dict[str, int]:
        """The process id of each that runs."""
        return {name: process.pid for name, process in self._processes.items() if process.pid is not None}

    def start(
        self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None, files: Sequence[int] = ()
    ) -> Process:
        """Start a process and take it on, with the descriptors that it shares; one of the same name is replaced."""
        if self.stopping.is_set():
            raise Stopping
        self.drop(name)
        process = Process(name, command, guard=self._guard, log_dir=self._log_dir, env=env, files=files)
        self._processes[name] = process
        self._restarts[name] = self._new_record()
        process.start()
        return process

    def drop(self, name: str) -> None:
        """End a process at once, if there is one of that name, and forget it."""
        self._due.pop(name, None)
        process = self._processes.pop(name, None)
        if process is not None:
            process.kill()

    def run_once(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Run a command to its end, which must be a success."""
        process = self.start(name, command, env)
        while process.exit_code is None:
            self.pause()
        if process.exit_code != 0:
            raise StackFailed(explain(f"{name} failed with exit code {process.exit_code}", process))
        self.drop(name)

    def is_up(self, process: Process, answers: Callable[[], bool], seconds: float) -> bool:
        """Wait until *answers()*; False when *process* has ended instead."""
        give_up_at = time.monotonic() + seconds
        while process.exit_code is None:
            if answers():
                return True
            if time.monotonic() > give_up_at:
                raise StackFailed(explain(f"{process.name} did not come up within {seconds:g} s", process))
            self.pause()
        return False

    def pause(self) -> None:
        """Wait for a moment; raises `Stopping` when the stack was told to stop."""
        if self.stopping.wait(POLL_SECONDS):
            raise Stopping

    def run(self, on_change: Callable[[], None]) -> None:
        """Restart what dies, until told to stop; *on_change* is called after each restart. Logs are kept small."""
        while not self.stopping.wait(SUPERVISION_SECONDS):
            for process in self._processes.values():
                keep_small(process.log)
            were_started = [self._revive(process, time.monotonic()) for process in self._processes.values()]
            if any(were_started):
                on_change()

    def _revive(self, process: Process, now: float) -> bool:
        """Do what is due for one process; whether it was started."""
        due = self._due.get(process.name)
        if due is not None:
            if now < due:
                return False
            del self._due[process.name]
            process.start()
            return True
        if process.exit_code is not None:
            self._due[process.name] = now + self._delay(process, now)
            process.kill()
        return False

    def _delay(self, process: Process, now: float) -> float:
        record = self._restarts[process.name]
        delay = record.delay_after_death(now)
        if delay is None:
            what = f"{process.name} ended {record.limit + 1} times within {record.window_seconds:g} s"
            raise StackFailed(explain(f"{what}, at last with exit code {process.exit_code}", process))
        return delay

    def stop(self, names: Sequence[str], grace_seconds: float) -> None:
        """End these processes: ask, wait for at most so long, kill. Once `killing` is set, kill at once."""
        processes = [self._processes[name] for name in names if name in self._processes]
        for process in processes:
            process.terminate()
        give_up_at = time.monotonic() + grace_seconds
        while any(process.pid is not None for process in processes) and time.monotonic() < give_up_at:
            if self.killing.wait(POLL_SECONDS):
                break
        for process in processes:
            self.drop(process.name)

    def stop_rest(self) -> None:
        """End at once whatever is left."""
        for name in list(self._processes):
            self.drop(name)


def explain(what: str, process: Process) -> str:
    """*what* went wrong, with the end of the log that should say why."""
    return f"{what}; the end of {process.log}:\n{process.tail() or '(nothing was written)'}"
