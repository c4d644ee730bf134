"""How far a comparison is: a bar on a terminal, or one line of a notebook that is replaced as it goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib import import_module
from threading import Lock
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from augury.comparing.rounds import Said

MIN_SECONDS_BETWEEN = 0.5
"""Of what is shown in a notebook, which keeps every message."""


@contextmanager
def telling(is_shown: bool) -> Iterator[Said]:
    """What hears of progress: a bar, a line in a notebook, or nobody."""
    if not is_shown:
        yield lambda _what, _done, _total, _under_way: None
        return
    display = _display_of_notebook()
    if display is not None:
        line = NotebookLine(display)
        yield line.tell
        line.end()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def tell(what: str, done: int, total: int, under_way: float) -> None:
            bar.update(task, description=what, completed=done + under_way, total=total or None)

        yield tell


class NotebookLine:
    """One output of a cell that is replaced; the browser draws the bar, so no widget has to be installed."""

    def __init__(self, display: Any) -> None:
        """Show that it begins, by IPython's *display* module."""
        self._began = time.monotonic()
        self._shown_at, self._last = 0.0, ("", 0, 0)
        self._lock = Lock()
        self._handle = display.display(_content("starting", None), raw=True, display_id=True)

    def tell(self, what: str, done: int, total: int, under_way: float) -> None:
        """Show how far it is, where something was finished or the last time is long enough ago; from any thread."""
        now = time.monotonic()
        with self._lock:
            is_news = (what, done, total) != self._last and (what != self._last[0] or done == total)
            if not is_news and now - self._shown_at < MIN_SECONDS_BETWEEN:
                return
            self._shown_at, self._last = now, (what, done, total)
            share = (done + under_way) / total if total else None
            self._handle.update(_content(f"{what}: {done:,} of {total:,}" if total else what, share), raw=True)

    def end(self) -> None:
        """Leave one line behind."""
        self._handle.update(_content(f"compared in {time.monotonic() - self._began:.0f} s", None), raw=True)


def _content(text: str, share: float | None) -> dict[str, str]:
    bar = "" if share is None else f'<progress max="1" value="{share:.3f}" aria-label="{escape(text)}"></progress> '
    return {"text/plain": text, "text/html": f"<div>{bar}{escape(text)}</div>"}


def _display_of_notebook() -> Any | None:
    """IPython's way to show something, where this process is the kernel of a notebook."""
    loaded = sys.modules.get("IPython")  # whoever is in a notebook has it; nobody else has to
    shell = None if loaded is None else loaded.get_ipython()
    return None if getattr(shell, "kernel", None) is None else import_module("IPython.display")


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
