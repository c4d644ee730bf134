"""Whom long work reports to."""

from __future__ import annotations

from typing import Any, Protocol


class WorkMonitor(Protocol):
    """Whoever wants to hear of progress and may end the work."""

    def report_progress(self, **progress: Any) -> None:
        """Hear of progress."""

    def raise_if_cancelled(self) -> None:
        """Raise to end the work."""
