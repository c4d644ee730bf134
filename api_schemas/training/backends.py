"""What computes the models of trials."""

from __future__ import annotations

from typing import Literal

Backend = Literal["tensorflow", "jax"]
DEFAULT_BACKEND: Backend = "tensorflow"
NAMES: dict[Backend, str] = {"tensorflow": "TensorFlow", "jax": "JAX"}
"""For people."""
MAX_TRIALS_PER_STEP = 32
"""Each has a thread that prepares its images."""
