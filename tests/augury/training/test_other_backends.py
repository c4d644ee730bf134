"""The training code names no backend: what runs on TensorFlow runs on JAX, where that is installed."""

from __future__ import annotations

import json

from tests.augury.jax_beside import require_jax, run_on_jax

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


def test_a_trial_trains_on_jax() -> None:
    """With KERAS_BACKEND=jax the same code learns."""
    require_jax()
    backend, losses = json.loads(run_on_jax("-c", TRIAL))
    assert backend == "jax"
    assert losses[-1] < 0.95 * losses[0]
