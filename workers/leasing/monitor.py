"""Whom long work reports to."""

from __future__ import annotations

from typing import Any, Protocol


class Watcher(Protocol):
    """Whoever wants to hear of progress and may end the work."""

    def note(self, **progress: Any) -> None:
        """Hear of progress."""

    def check(self) -> None:
        """Raise to end the work."""
