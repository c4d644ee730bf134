"""The processes of a local stack: started so that none can outlive it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from augury.private_files import OWNER_ONLY_UMASK, make_private_folder, private_opener

GUARD_GRACE_SECONDS = 10.0
TAIL_LINES = 20
TAIL_BYTES = 16_384
_HERE = Path(__file__).resolve().parent
_PLAIN_PYTHON = (sys.executable, "-I", "-S")


class Guard:
    """The process that ends the others if this one dies without doing so."""

    def __init__(self, lock: int, grace_seconds: float = GUARD_GRACE_SECONDS) -> None:
        """Start it. It shares the file descriptor *lock*, so what that locks stays locked until all is over."""
        self._process = subprocess.Popen(
            [*_PLAIN_PYTHON, str(_HERE / "orphan_reaper.py"), str(grace_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(lock,),
            text=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def began(self, group: int) -> None:
        """Note a process group that was started."""
        self._tell(f"+{group}")

    def ended(self, group: int) -> None:
        """Note a process group that is gone."""
        self._tell(f"-{group}")

    def dismiss(self) -> None:
        """Let it go; returns when it is gone, and with it whatever it still knew of."""
        with contextlib.suppress(OSError):
            self._process.communicate()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        # A stack that lost its guard is as well off as any other program.
        with contextlib.suppress(OSError):
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()


class Process:
    """One program of the stack, in a session of its own, that writes to a log. It can be started again."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        guard: Guard,
        log_dir: Path,
        env: Mapping[str, str] | None = None,
        files: Sequence[int] = (),
    ) -> None:
        """Describe the program; `start` starts it.

        *command* begins with the path of an executable; *files* are descriptors that it shares with this process.
        """
        self.name = name
        self.log = log_dir / f"{name}.log"
        self._command = list(command)
        self._env = env
        self._files = tuple(files)
        self._guard = guard
        self._popen: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._popen.pid if self._popen is not None and self.exit_code is None else None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs, and before it was started."""
        return None if self._popen is None else self._popen.poll()

    def start(self) -> None:
        """Start the program; what it prints is appended to its log."""
        make_private_folder(self.log.parent)
        launch = [*_PLAIN_PYTHON, str(_HERE / "exec_with_deathsig.py"), str(os.getpid())]
        with open(self.log, "ab", opener=private_opener) as log:
            self._popen = subprocess.Popen(
                [*launch, *self._command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._env,
                start_new_session=True,
                umask=OWNER_ONLY_UMASK,
                pass_fds=self._files,
            )
        self._guard.began(self._popen.pid)

    def terminate(self) -> None:
        """Ask it to stop."""
        if self._popen is not None and self._popen.poll() is None:
            self._popen.terminate()

    def kill(self) -> None:
        """End it and all its children at once. Needed after an exit too: children can outlive a crashed parent."""
        if self._popen is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()
        self._guard.ended(self._popen.pid)
        self._popen = None

    def tail(self) -> str:
        """The end of its log."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
                lines = log.read().decode("utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-TAIL_LINES:])
