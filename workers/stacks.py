"""Where each thread of a worker is, for whoever wonders what it is waiting for: ``kill -USR2`` writes it to its log."""

from __future__ import annotations

import faulthandler
import signal

SIGNAL = signal.SIGUSR2  # Celery keeps SIGUSR1 for itself


def write_when_asked() -> None:
    """Have this process, and those that it forks, write the stacks of all their threads when the signal comes."""
    faulthandler.register(SIGNAL, all_threads=True)
