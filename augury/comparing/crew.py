"""A few processes that train at the same time, each told one task after the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, BinaryIO

from augury.comparing.errors import ComparisonFailedError

Task = dict[str, Any]
Heard = Callable[[Task, dict[str, Any]], None]
"""Told of a task's progress, and of its end by an empty message; on the thread of the process that carries it out."""

_LAST_LINES = 20


@dataclass
class Crew:
    """Processes that are started when there is something to do, and end with the block that they are used in."""

    size: int
    _idle: list[_Process] = field(default_factory=list)
    _is_over: Event = field(default_factory=Event)

    def carry_out(self, tasks: Sequence[Task], heard: Heard) -> dict[int, str]:
        """Have all of *tasks* done. What could not be, by its number, and why.

        Raises:
            ComparisonFailedError: a process ended without an answer.
        """
        waiting: SimpleQueue[tuple[int, Task]] = SimpleQueue()
        for numbered in enumerate(tasks):
            waiting.put(numbered)
        refused: dict[int, str] = {}
        broken: list[Exception] = []

        def work(process: _Process) -> None:
            while not broken and not self._is_over.is_set():
                try:
                    number, task = waiting.get_nowait()
                except Empty:
                    return
                try:
                    refusal = process.carry_out(task, heard)
                except Exception as error:  # told to whoever waits, below
                    broken.append(error)
                    return
                if refusal is not None:
                    refused[number] = refusal

        while len(self._idle) < min(self.size, len(tasks)):
            self._idle.append(_Process())
        threads = [Thread(target=work, args=(process,), daemon=True) for process in self._idle[: len(tasks)]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if broken:
            raise broken[0]
        return refused

    def end(self) -> None:
        """End all processes, whatever they do."""
        self._is_over.set()
        for process in self._idle:
            process.end()
        self._idle.clear()


@contextmanager
def crew(size: int) -> Iterator[Crew]:
    """A crew, for the length of the block."""
    found = Crew(size)
    try:
        yield found
    finally:
        found.end()


class _Process:
    def __init__(self) -> None:
        self._log: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "augury.comparing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            bufsize=1,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                "KERAS_BACKEND": "tensorflow",  # whatever the process that asks has: what is kept is TensorFlow's
            },
        )

    def carry_out(self, task: Task, heard: Heard) -> str | None:
        """Have a task done; why it could not be, or None."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(task) + "\n")
        except BrokenPipeError:
            raise ComparisonFailedError(self._last_words()) from None
        for line in self._process.stdout:
            message = json.loads(line)
            if "progress" in message:
                heard(task, message["progress"])
                continue
            heard(task, {})
            refusal: str | None = message.get("error")
            return refusal
        raise ComparisonFailedError(self._last_words())

    def end(self) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue  # what it was to be told, and did not hear

    def _last_words(self) -> str:
        code = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()[-_LAST_LINES:]
        return "\n".join([f"a process that trained ended with {code}; its last lines:", *lines])
