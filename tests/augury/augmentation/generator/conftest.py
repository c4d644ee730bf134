"""TensorFlow as a pool process has it: whoever trains with Keras first in a process settles that for all."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def _warm(warm: None) -> None:
    """For all tests here, some of which fit models."""
