"""The constructor of ``ImageDataGenerator``: the order of its parameters, and what it takes for what."""

from __future__ import annotations

from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec

PARAMETERS = (
    "featurewise_center",
    "samplewise_center",
    "featurewise_std_normalization",
    "samplewise_std_normalization",
    "zca_whitening",
    "zca_epsilon",
    "rotation_range",
    "width_shift_range",
    "height_shift_range",
    "brightness_range",
    "shear_range",
    "zoom_range",
    "channel_shift_range",
    "fill_mode",
    "cval",
    "horizontal_flip",
    "vertical_flip",
    "rescale",
    "preprocessing_function",
    "data_format",
    "validation_split",
    "interpolation_order",
    "dtype",
)
"""In the order of Keras 3.15 (``keras/src/legacy/preprocessing/image.py``)."""

FLAGS = frozenset(name for name, field in ImageDataGeneratorSpec.model_fields.items() if field.annotation is bool)
"""Parameters of which Keras asks only whether they are true."""

_OFF_WHERE_FALSE = frozenset(
    {
        "rotation_range",
        "width_shift_range",
        "height_shift_range",
        "shear_range",
        "channel_shift_range",
        "rescale",
        "validation_split",
    }
)
"""Parameters that Keras leaves out where they are None or False, whatever their default is."""


def as_keras_takes(name: str, value: Any) -> Any:
    """The value that means the same in a spec: true or false for flags, the default for what Keras leaves out."""
    if name in FLAGS and (value is None or isinstance(value, int | float)):
        return bool(value)
    if name in _OFF_WHERE_FALSE and (value is None or value is False):
        return ImageDataGeneratorSpec.model_fields[name].default
    return _as_json(value)


def _as_json(value: Any) -> Any:
    return [_as_json(each) for each in value] if isinstance(value, tuple | list) else value
