"""How many processes a worker uses and how closely it is watched. Read from ``AUGURY_*`` variables."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import Field

from api_schemas.training.backends import DEFAULT_BACKEND, MAX_TRIALS_PER_STEP, Backend
from store.settings import StoreSettings


def _usable_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WorkerSettings(StoreSettings):
    """The shared settings, and what only workers need."""

    worker_kind: Literal["control", "cpu", "gpu", "cpu-jax", "gpu-jax"] = Field(
        "cpu", description="Set by `python -m workers KIND`."
    )
    worker_concurrency: int = Field(
        default_factory=_usable_cores, ge=1, description="Training processes of a CPU worker; default: one per core."
    )
    worker_devices: int = Field(
        1, ge=1, description="GPU workers that share this machine's cores; set by `python -m workers gpu`."
    )
    trials_per_step: int | None = Field(
        None,
        ge=1,
        le=MAX_TRIALS_PER_STEP,
        description="Small trials that a JAX worker computes in one step; default: as many as its GPU has memory for, "
        "and one on processors.",
    )
    worker_memory_bytes: int = Field(
        2 * 2**30, ge=2**20, description="A training process that holds more after a unit of work is replaced."
    )
    cancel_poll_seconds: float = Field(0.4, gt=0, le=2, description="How often a running trial looks for a cancel.")
    cancel_grace_seconds: float = Field(1.2, gt=0, description="A trial that ignores a cancel for so long is killed.")

    @property
    def backend(self) -> Backend:
        """What computes models in this worker's processes."""
        return "jax" if self.worker_kind.endswith("-jax") else DEFAULT_BACKEND

    @property
    def threads_per_process(self) -> int:
        """Threads for one training process, so that all of its kind together fill the machine once."""
        processes = self.worker_devices if self.worker_kind.startswith("gpu") else self.worker_concurrency
        return max(1, _usable_cores() // processes)
