"""From a Keras model to a function from images to answers, compiled once for all models of one structure."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Classify = Callable[[Array], npt.NDArray[np.int64]]
"""Preprocessed images ``[N, H, W, C]`` float32 to the class that each is taken for ``[N]``."""
Predict = Callable[[Array], npt.NDArray[np.float32]]
"""The same to the probability of each class ``[N, classes]``."""

_MAX_BATCH, _MIN_BATCH = 128, 8
_PIXELS = 2_000_000
"""Of one pass, as the layers of a model take many times the memory of the images."""


def model_from(content: bytes) -> Any:
    """The Keras model stored as ``model.keras``. Custom code is refused (safe mode).

    Raises:
        ValueError: the content is no model.
    """
    import keras

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(content)
        return keras.saving.load_model(path, compile=False, safe_mode=True)


def classifier(model: Any) -> Classify:
    """What a Keras model takes images for: the class of its largest output; see ``predictor``."""
    predict = predictor(model)
    return lambda images: predict(images).argmax(axis=1)


def predictor(model: Any) -> Predict:
    """The outputs of a Keras model.

    The weights are copied at once into a model that all of its structure share and that was compiled before. So only
    the latest predictor of a structure is valid.
    """
    shared = _of_structure(model.to_json())
    shared.set_weights(model.get_weights())

    def predict(images: Array) -> npt.NDArray[np.float32]:
        answers = np.empty((len(images), *shared.output_shape[1:]), np.float32)
        size = batch_size(images.shape[1:])
        batch = np.zeros((size, *images.shape[1:]), np.float32)
        for start in range(0, len(images), size):
            part = images[start : start + size]
            batch[: len(part)] = part  # always of one size, as every other one would be compiled anew
            outputs = np.asarray(shared.predict_on_batch(batch))
            answers[start : start + len(part)] = outputs[: len(part)]
        return answers

    return predict


def batch_size(shape: tuple[int, ...]) -> int:
    """Images in one pass, for images of height, width and channels."""
    return max(_MIN_BATCH, min(_MAX_BATCH, _PIXELS // (shape[0] * shape[1])))


@lru_cache(maxsize=2)
def _of_structure(config: str) -> Any:
    import keras

    return keras.models.model_from_json(config)
