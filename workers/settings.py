"""How many processes a worker uses and how closely it is watched. Read from ``AUGURY_*`` variables."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import Field

from store.settings import StoreSettings


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerSettings(StoreSettings):
    """The shared settings, and what only workers need."""

    worker_kind: Literal["control", "cpu", "gpu"] = Field("cpu", description="Set by `python -m workers KIND`.")
    worker_concurrency: int = Field(
        default_factory=_usable_cores, ge=1, description="Training processes of a CPU worker; default: one per core."
    )
    cancel_poll_seconds: float = Field(0.4, gt=0, le=2, description="How often a running trial looks for a cancel.")
    cancel_grace_seconds: float = Field(1.2, gt=0, description="A trial that ignores a cancel for so long is killed.")

    @property
    def threads_per_process(self) -> int:
        """Threads for one training process, so that all of them together fill the machine once."""
        return max(1, _usable_cores() // self.worker_concurrency)
