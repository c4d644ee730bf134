"""How far a comparison is, on a terminal or in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from augury.comparing.rounds import Said


@contextmanager
def telling(is_shown: bool) -> Iterator[Said]:
    """What hears of progress: a bar, or nobody."""
    if not is_shown:
        yield lambda _what, _done, _total, _under_way: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(what: str, done: int, total: int, under_way: float) -> None:
            bar.update(task, description=what, completed=done + under_way, total=total or None)

        yield tell


class Reading:
    """Hears of the reading of a dataset."""

    def __init__(self, tell: Said) -> None:
        self._tell = tell

    def report_progress(self, **progress: Any) -> None:
        """Hear of a step, how much of it is done and how much there is."""
        message = progress["progress"]
        self._tell(f"reading: {message['step']}", message["done"], message["total"], 0.0)

    def raise_if_cancelled(self) -> None:
        """Nobody but Ctrl-C ends it."""
