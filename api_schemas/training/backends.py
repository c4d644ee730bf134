"""What computes the models of trials, and who does."""

from __future__ import annotations

from typing import Literal

Backend = Literal["tensorflow", "jax"]
DEFAULT_BACKEND: Backend = "tensorflow"
NAMES: dict[Backend, str] = {"tensorflow": "TensorFlow", "jax": "JAX"}
"""For people."""


def kind_of_worker(device: str, backend: Backend) -> str:
    """The kind of worker that computes on a device, by a backend: a process has one of each."""
    return device if backend == DEFAULT_BACKEND else f"{device}-{backend}"


MAX_TRIALS_PER_STEP = 32
"""Each has a thread that prepares its images."""
