"""The training code names no backend: what runs on TensorFlow runs on JAX, where that is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TRIAL = """
import json
from tests.augury.datasets.digits import digits_snapshot
from tests.augury.training.conftest import Nobody, definition
from augury.training.warmup import warm_up

warm_up(threads=1)
import keras
from augury.training.trial import train_trial

settings = definition({"rescale": 1 / 255, "rotation_range": 10}, epochs=6)
trained = train_trial(settings, digits_snapshot(), Nobody())
print(json.dumps([keras.backend.backend(), trained.result.curves.training_loss]))
"""


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed: pip install jax")
def test_a_trial_trains_on_jax() -> None:
    """With KERAS_BACKEND=jax the same code learns."""
    environment = {**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", TRIAL], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    backend, losses = json.loads(done.stdout.splitlines()[-1])
    assert backend == "jax"
    assert losses[-1] < 0.95 * losses[0]
