"""How far a job has come: a bar on a terminal, plain lines anywhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from api_schemas.jobs import Job, JobKind, JobState

_CHUNKS_ARE: dict[JobKind, str] = {
    JobKind.COMPARISON: "models asked",
    JobKind.TRAINING: "probes",
    JobKind.AUGMENTATION: "chunks",
}
"""What people call the units of work that a job has for itself."""


class JobProgress:
    """Shows a job on a console while it is watched."""

    def __init__(self, console: Console) -> None:
        """Show nothing yet."""
        self._console = console
        self._bar = _Bar(console) if console.is_interactive and not console.is_dumb_terminal else None
        self._last: tuple[str, int, bool] | None = None

    def __enter__(self) -> Self:
        """Take the console's last line."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Give it back."""
        if self._bar is not None:
            self._bar.stop()

    def show(self, job: Job) -> None:
        """Show the job as it is now."""
        if self._bar is not None:
            self._bar.show(job)
            return
        current = (phase(job), job.progress.trials_done + job.progress.chunks_done, bool(job.progress.waiting_for))
        if current != self._last:
            self._last = current
            parts = (work(job), remaining(job, datetime.now(UTC)), job.progress.waiting_for)
            details = ", ".join(part for part in parts if part)
            self._console.print(f"{phase(job)}: {details}" if details else phase(job), soft_wrap=True)


class _Bar:
    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[work]}"),
            TextColumn("{task.fields[remaining]}"),
        )
        self._progress = Progress(*columns, console=console, expand=True)
        self._task: TaskID = self._progress.add_task("waiting", total=1.0, work="", remaining="")
        self.start, self.stop = self._progress.start, self._progress.stop

    def show(self, job: Job) -> None:
        self._progress.update(
            self._task,
            completed=job.progress.fraction,
            description=phase(job),
            work=work(job),
            remaining=remaining(job, datetime.now(UTC)),
        )


def phase(job: Job) -> str:
    """What is going on, or how it ended, in a word."""
    return job.state if job.is_terminal or job.state is JobState.CANCELLING else job.phase


def work(job: Job) -> str:
    """How many trials, and models that are asked or chunks, are done, once it is known how many there are."""
    progress = job.progress
    reused = f" ({progress.trials_reused} reused)" if progress.trials_reused else ""
    counts = []
    if progress.trials_total:
        counts.append(f"{progress.trials_done}/{progress.trials_total} trials{reused}")
    if progress.chunks_total:
        counts.append(f"{progress.chunks_done}/{progress.chunks_total} {_CHUNKS_ARE[job.kind]}")
    return ", ".join(counts)


def remaining(job: Job, now: datetime) -> str:
    """How long it will still take, as far as anybody knows."""
    finish = job.progress.estimated_finish
    if finish is None or job.is_terminal:
        return ""
    return f"about {duration((datetime.fromisoformat(finish) - now).total_seconds())} left"


def duration(seconds: float) -> str:
    """A length of time, as people say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
