"""Compiling before the first image comes. What is compiled is kept on disk for the next process."""

from __future__ import annotations

import numpy as np

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.pipeline import Pipeline

_CHANNELS = (1, 3)
_SOURCES = (np.uint8,)


def compile_kernels() -> None:
    """Compile (or load) the kernels for the usual images: one or three channels, 8-bit."""
    pipeline = Pipeline(ImageDataGeneratorSpec(rotation_range=1))
    for channels in _CHANNELS:
        for source in _SOURCES:
            images = np.zeros((1, 2, 2, channels), source)
            pipeline.augment(images, pipeline.draw(images.shape[1:], seed=0, indices=[0]))
