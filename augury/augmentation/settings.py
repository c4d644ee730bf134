"""``Settings``: what the engine carries out, whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation.preprocessing_functions import FUNCTIONS

Array = npt.NDArray[Any]
PreprocessingFunction = Callable[[Array], Any]


@dataclass(frozen=True)
class Settings:
    """The parameters of ``ImageDataGenerator``, resolved, and not restricted to what jobs accept.

    A spec refuses what Keras would carry out differently from what was meant; ``ImageDataGenerator`` carries it out all
    the same. Both become this, so that the engine has one reading of every parameter. Hence ``Any``: what a value may
    be is decided by what NumPy and SciPy do with it.
    """

    featurewise_center: Any
    samplewise_center: Any
    featurewise_std_normalization: Any
    samplewise_std_normalization: Any
    zca_whitening: Any
    zca_epsilon: Any
    rotation_range: Any
    width_shift_range: Any
    height_shift_range: Any
    brightness_range: Any
    """None, or a pair of factors."""
    shear_range: Any
    zoom_range: Any
    """A pair of factors."""
    channel_shift_range: Any
    fill_mode: Any
    cval: Any
    horizontal_flip: Any
    vertical_flip: Any
    rescale: Any
    preprocessing_function: PreprocessingFunction | None
    """Called with one image in ``data_format``."""
    data_format: Any
    interpolation_order: Any
    dtype: Any

    @classmethod
    def read_from(cls, holder: object, **changes: Any) -> Self:
        """The attributes of *holder* that have the names of these fields, but for the changes."""
        return cls(**({each.name: getattr(holder, each.name) for each in fields(cls)} | changes))

    @classmethod
    def of_spec(cls, spec: ImageDataGeneratorSpec) -> Self:
        """A spec's settings, with what Keras's constructor makes of them."""
        zoom, data_format = spec.zoom_range, spec.data_format or "channels_last"
        return cls.read_from(
            spec,
            samplewise_center=spec.samplewise_center or spec.samplewise_std_normalization,
            featurewise_center=spec.needs_fit,
            zoom_range=zoom if isinstance(zoom, tuple) else (1 - zoom, 1 + zoom),
            preprocessing_function=_function_called(spec.preprocessing_function, data_format),
            data_format=data_format,
            dtype=spec.dtype or "float32",
        )

    @property
    def needs_fit(self) -> bool:
        """Whether statistics of the training images are asked for."""
        return bool(self.featurewise_center or self.featurewise_std_normalization or self.zca_whitening)


def _function_called(name: str | None, data_format: str) -> PreprocessingFunction | None:
    if name is None or data_format == "channels_last":
        return FUNCTIONS.get(name or "")
    return partial(_with_channels_last, FUNCTIONS[name])


def _with_channels_last(function: PreprocessingFunction, x: Array) -> Array:
    return np.moveaxis(function(np.moveaxis(x, -3, -1)), -1, -3)
