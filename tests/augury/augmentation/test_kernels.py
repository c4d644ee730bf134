"""The kernels against the plain path, where blocks of rows, registers and the border of the result could show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.kernels.fill_modes import FILL_MODES
from augury.augmentation.kernels.fused import NO_STATISTICS, kernel
from augury.augmentation.parameters import BRIGHTNESS, NOTHING, THETA, TX
from augury.augmentation.reference import transform_image

MOVED = {"theta": 33.0, "tx": 9.5, "ty": -21.0, "shear": 12.0, "zx": 1.4, "zy": 1.7}
TOLERANCE = 0.01


def _image(height: int, width: int, channels: int) -> np.ndarray:
    values = np.random.default_rng(height * width + channels).integers(0, 256, (height, width, channels))
    return values.astype(np.float32)


def _spec(**parameters: Any) -> ImageDataGeneratorSpec:
    return ImageDataGeneratorSpec.model_validate(parameters)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("fill_mode", list(FILL_MODES))
@pytest.mark.parametrize("size", [(70, 50, 1), (70, 50, 3), (41, 67, 4), (3, 1100, 3), (1100, 3, 1)])
def test_images_of_several_blocks_of_rows_are_those_of_scipy(
    size: tuple[int, int, int], fill_mode: str, order: int
) -> None:
    """Turned, moved, sheared and zoomed out, mirrored in no, one or both directions: the plain path's pixels."""
    image = _image(*size)
    pipeline = Pipeline(_spec(fill_mode=fill_mode, cval=7.0, interpolation_order=order))
    for flips in ({}, {"flip_horizontal": True}, {"flip_vertical": True, "flip_horizontal": True}):
        got = pipeline.apply_transform(image, MOVED | flips)
        mirrored = [flips.get("flip_horizontal", 0), flips.get("flip_vertical", 0)]
        row = np.array([*MOVED.values(), *mirrored, np.nan, np.nan])
        expected = transform_image(
            image, row, fill_mode=fill_mode, cval=7.0, order=order, corrected=False, top=0.0,
            data_format="channels_last",
        )  # fmt: skip
        np.testing.assert_allclose(got, expected, atol=TOLERANCE)


@pytest.mark.parametrize("fill_mode", list(FILL_MODES))
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("brightness", [np.nan, 1.0])
def test_nothing_is_written_beyond_the_image(channels: int, fill_mode: str, brightness: float) -> None:
    """Three channels are computed in four lanes; behind the last pixel, what was there stays."""
    image = _image(9, 21, channels)[np.newaxis]
    image.flags.writeable = False
    values, row = np.full(image.size + 8, -1.0, np.float32), NOTHING.copy()
    row[TX], row[BRIGHTNESS] = 0.25, brightness
    sampling = (False, FILL_MODES[fill_mode], np.float32(0), 1, 0.0)
    normalisation = (np.float32(1), False, False, NO_STATISTICS, NO_STATISTICS)
    out = values[: image.size].reshape(image.shape)
    kernel(image, np.arange(1), row[np.newaxis], *sampling, *normalisation, out, (0,) * channels)
    assert (out >= 0).all()
    np.testing.assert_array_equal(values[image.size :], -1.0)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("theta", [1e-16, -2.6e-15, 3e-14, 1e-12])
def test_a_rotation_that_rounds_away_at_the_border_leaves_the_border(theta: float, order: int) -> None:
    """The last row and column are read from where SciPy's sums say, however small a step beyond them is."""
    image = _image(8, 9, 1)
    row = NOTHING.copy()
    row[THETA] = theta
    got = Pipeline(_spec(fill_mode="constant", interpolation_order=order)).apply_transform(image, {"theta": theta})
    expected = transform_image(
        image, row, fill_mode="constant", cval=0.0, order=order, corrected=False, top=0.0, data_format="channels_last"
    )
    np.testing.assert_allclose(got, expected, atol=TOLERANCE)


@pytest.mark.parametrize("fill_mode", list(FILL_MODES))
@pytest.mark.parametrize("far", [1e300, np.inf, np.nan])
def test_coordinates_beyond_all_numbers_still_give_values_of_the_image(fill_mode: str, far: float) -> None:
    """However far an image is moved, nothing but its own values and the fill value comes out."""
    image = _image(12, 20, 3)
    pipeline = Pipeline(_spec(fill_mode=fill_mode, cval=7.0))
    got = pipeline.apply_transform(image, {"tx": far, "theta": 30.0, "zy": 2.0})
    assert np.isfinite(got).all()
    assert got.min() >= image.min()
    assert got.max() <= image.max()
