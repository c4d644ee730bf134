"""What the constructor of ``ImageDataGenerator`` refuses, and what it makes of the rest."""

from __future__ import annotations

from typing import Any

_AXES = {"channels_last": (3, 1, 2), "channels_first": (1, 2, 3)}


def axes_of(data_format: Any) -> tuple[int, int, int]:
    """The axes of channels, rows and columns in a batch.

    Raises:
        ValueError: there is no such data format.
    """
    if data_format not in _AXES:
        raise ValueError(
            '`data_format` should be `"channels_last"` (channel after row and column) or `"channels_first"` '
            f"(channel before row and column), got {data_format!r}"
        )
    return _AXES[data_format]


def checked_split(validation_split: Any) -> Any:
    """A share of the images, or nothing.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be strictly between 0 and 1, got {validation_split!r}")
    return validation_split


def checked_brightness(brightness_range: Any) -> Any:
    """A pair of factors, or None.

    Raises:
        ValueError: it is something else.
    """
    is_pair = isinstance(brightness_range, list | tuple) and len(brightness_range) == 2
    if brightness_range is not None and not is_pair:
        raise ValueError(f"`brightness_range` should be tuple or list of two floats, got {brightness_range!r}")
    return brightness_range


def zoom_factors(zoom_range: Any) -> list[float]:
    """The pair of factors that a zoom stands for.

    Raises:
        ValueError: it is neither a number nor a pair of numbers.
    """
    if isinstance(zoom_range, float | int):
        return [1 - zoom_range, 1 + zoom_range]
    if len(zoom_range) == 2 and all(isinstance(factor, float | int) for factor in zoom_range):
        return [zoom_range[0], zoom_range[1]]
    raise ValueError(f"`zoom_range` should be a float or a tuple or list of two floats, got {zoom_range!r}")
