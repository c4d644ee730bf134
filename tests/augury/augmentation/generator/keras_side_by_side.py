"""Doing the same with Keras's generator and with ours, and comparing what comes of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from keras.src.legacy.preprocessing import image as keras_image

import augury.augmentation as ours

BOTH = (keras_image, ours)
TOLERANCE = 0.01  # on a 0-255 scale


def outcome(action: Callable[[Any], Any], library: Any) -> tuple[Any, type[Exception] | None, list[str]]:
    """Result, kind of error and the categories of the warnings of an action, with NumPy's generator set to 0 first."""
    np.random.seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, error = action(library), None
        except Exception as raised:
            result, error = None, type(raised)
    # SciPy's about the namespace that Keras uses, NumPy's about values and Python's about files of the garbage that is
    # collected meanwhile are no one's behaviour.
    others = (RuntimeWarning, ResourceWarning)
    told = {w.category.__name__ for w in caught if "scipy" not in str(w.message) and w.category not in others}
    return result, error, sorted(told)


def assert_same(action: Callable[[Any], Any], tolerance: float = TOLERANCE, share: float = 0.0) -> Any:
    """Both give the same, fail in the same way, warn in the same categories, and leave NumPy's generator alike."""
    expected, expected_error, expected_warnings = outcome(action, keras_image)
    state = np.random.get_state()
    got, error, told = outcome(action, ours)
    kinds = [each or type(None) for each in (error, expected_error)]
    assert issubclass(*kinds) or issubclass(*reversed(kinds)), kinds
    if error is None:
        assert told == expected_warnings, (told, expected_warnings)
        assert_alike(got, expected, tolerance, share)
        assert np.array_equal(np.random.get_state()[1], state[1])
        assert np.random.get_state()[2] == state[2]
    return got


def assert_alike(got: Any, expected: Any, tolerance: float, share: float) -> None:
    """Equal structure, types and numbers; of an array, a *share* of the numbers may differ by more."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys()
        for key, value in expected.items():
            assert_alike(got[key], value, tolerance, share)
    elif isinstance(expected, list | tuple):
        assert type(got) is type(expected)
        assert len(got) == len(expected)
        for mine, theirs in zip(got, expected, strict=True):
            assert_alike(mine, theirs, tolerance, share)
    elif isinstance(expected, np.ndarray):
        assert isinstance(got, np.ndarray)
        assert (got.shape, got.dtype) == (expected.shape, expected.dtype)
        if expected.dtype.kind in "biufc":
            error = np.abs(got.astype(np.float64) - expected.astype(np.float64))
            assert np.mean(~(error <= tolerance)) <= share, float(error.max())
        else:
            assert list(got) == list(expected)
    elif isinstance(expected, float | np.floating):
        assert abs(float(got) - float(expected)) < 1e-9
    else:
        assert got == expected
