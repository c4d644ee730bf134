"""The simulated draws measure what resampling really does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.lint import GeometryMeasurements, Semantics
from augury.linting.intensities import ASSUMED, Jitter, Pixels, effect, rounding_loss, sample_images
from augury.linting.measurements import measure, motion_of
from tests.store.databases import APPROPRIATE, OVER

BLOG = {
    "rotation_range": 40,
    "width_shift_range": 0.2,
    "height_shift_range": 0.2,
    "shear_range": 0.2,
    "zoom_range": 0.2,
}


def _measured(
    spec: dict[str, Any], height: int = 64, width: int = 64, semantics: Semantics = "keras"
) -> GeometryMeasurements:
    return measure(motion_of(ImageDataGeneratorSpec.model_validate(spec)), height, width, semantics)


@pytest.mark.parametrize(
    ("spec", "invented", "kept", "hidden"),
    [
        (OVER, (0.45, 0.64), (0.52, 0.28), 0.51),
        (APPROPRIATE, (0.13, 0.17), (0.87, 0.83), 0.0),
        (BLOG, (0.22, 0.32), (0.77, 0.66), 0.0),
        ({"shear_range": 0.2, "zoom_range": 0.2}, (0.10, 0.21), (0.89, 0.78), 0.0),
    ],
)
def test_popular_specs_invent_and_hide_as_much_as_was_measured_on_images(
    spec: dict[str, Any], invented: tuple[float, float], kept: tuple[float, float], hidden: float
) -> None:
    """Within 3 points of 1,500 draws on 64×64 images that counted half of the border pixels as invented."""
    measured = _measured(spec)
    assert (measured.invented_mean, measured.invented_p90) == pytest.approx(invented, abs=0.03)
    assert (measured.kept_mean, measured.kept_p10) == pytest.approx(kept, abs=0.03)
    assert measured.half_hidden == pytest.approx(hidden, abs=0.06)


def test_whole_pixel_shifts_are_counted_exactly() -> None:
    """An integer 2 draws -1, 0, 0, 1: half of the images stay, the others lose one of 16 columns; nothing blurs."""
    measured = _measured({"height_shift_range": 2}, 16, 16)
    assert measured.unchanged == pytest.approx(0.5, abs=0.06)
    assert measured.invented_mean == pytest.approx((1 - measured.unchanged) / 16)
    assert measured.detail_kept == 1


def test_a_height_shift_moves_columns_in_keras_and_rows_when_corrected() -> None:
    """By a fraction of the height in both: on a wide image that is a smaller share of the columns."""
    spec = {"height_shift_range": 0.25}
    assert _measured(spec, 20, 80).invented_mean == pytest.approx(5 / 80 / 2, abs=0.01)
    assert _measured(spec, 20, 80, "corrected").invented_mean == pytest.approx(0.25 / 2, abs=0.03)


def test_the_centre_of_a_wide_image_drifts_in_keras_only() -> None:
    """The pivot is at row 59.5, column 19.5 of a 40×120 image, which turning by 20 degrees shows."""
    assert _measured({"rotation_range": 20}, 40, 120).centre_drift > 5
    assert _measured({"rotation_range": 20}, 40, 120, "corrected").centre_drift == pytest.approx(0, abs=1e-9)
    assert _measured({"rotation_range": 20}, 40, 40).centre_drift == pytest.approx(0, abs=1e-9)


def test_the_blur_is_that_of_bilinear_resampling() -> None:
    """White noise turned by up to 10 degrees keeps two thirds of its deviation."""
    noise = np.random.default_rng(0).normal(size=(64, 64))
    kept = []
    for angle in np.linspace(-10, 10, 9)[[0, 1, 2, 6, 7, 8]]:
        turned = ndimage.rotate(noise, angle, order=1, reshape=False)
        kept.append(turned[16:-16, 16:-16].std())
    assert _measured({"rotation_range": 10}).detail_kept == pytest.approx(float(np.mean(kept)), abs=0.03)


@pytest.mark.parametrize("pixels", [ASSUMED, Pixels(0, 255, 77, 95), Pixels(-1, 1, 0, 0.4), Pixels(3, 3, 3, 0)])
def test_synthetic_images_have_the_statistics_that_were_asked_for(pixels: Pixels) -> None:
    """Their range, mean and deviation; an empty range gives one value."""
    images = sample_images(pixels)
    assert images.min() >= pixels.low
    assert images.max() <= pixels.high + 1e-9
    assert images.mean() == pytest.approx(pixels.mean, abs=0.03 * pixels.span + 1e-9)
    assert images.std() == pytest.approx(pixels.deviation, abs=0.03 * pixels.span + 1e-9)


def test_samplewise_scaling_divides_brightness_out_where_nothing_is_clipped() -> None:
    """What is left is 8-bit rounding; without normalisation all of it is left."""
    dark = Pixels(0, 100, 50, 20)
    raw = effect(dark, Jitter((0.8, 1.2), 0.0, False, False), "keras")
    standardised = effect(dark, Jitter((0.8, 1.2), 0.0, True, True), "keras")
    assert raw.left == raw.drawn > 0.2
    assert standardised.left < 0.1 * standardised.drawn


def test_eight_bits_are_enough_for_bytes_and_not_for_unit_values() -> None:
    """Rounding down takes half a step of 0-255, and all of 0-1."""
    assert rounding_loss(ASSUMED)[1] < 0.02
    black, loss = rounding_loss(Pixels(0, 1, 0.5, 0.2))
    assert black > 0.99
    assert loss > 1
