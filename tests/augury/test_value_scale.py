"""The default scale follows the values of a dataset, whatever type they are stored in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.datasets.references import ImageOptions
from augury.datasets.labelled_images import ArrayImages, Listing
from augury.datasets.snapshot_builder import assemble
from augury.planning.comparison import default_baseline, plan_comparison
from augury.value_scale import FULL_SCALES, MAX_OUTLIER_FREE, Values
from tests.augury.datasets.makers import LIMITS
from tests.augury.stored_cases import read_case
from tests.store.databases import FACTS, comparison

Array = np.ndarray[Any, Any]
SHAPE = (40, 24, 24, 1)


def _facts(images: Array, path: Path) -> DatasetFacts:
    labels = [f"class {number % 2}" for number in range(len(images))]
    listing = Listing("array", [f"row {row}" for row in range(len(images))], labels, ArrayImages(images))
    return assemble(listing, ImageOptions(), path, LIMITS, lambda *_: None).facts


def _uniform(low: float, high: float, dtype: str) -> Array:
    values = np.random.default_rng(0).uniform(low, high, SHAPE)
    return (np.rint(values) if dtype != "float32" else values).astype(dtype)


def _with_hot_pixels(images: Array, value: float, *, each: int = 1) -> Array:
    images[::each, 3, 4] = value
    return images


@pytest.mark.parametrize(("case", "full"), [("ct.zip", 4095), ("eight.zip", 255), ("pets.zip", 255), ("rare.npz", 255)])
def test_twelve_bits_in_sixteen_are_scaled_as_twelve_and_eight_as_eight(case: str, full: int, tmp_path: Path) -> None:
    """The same pictures in 12 and in 8 bits come to the same values."""
    facts = read_case(case, tmp_path).facts
    assert default_baseline(facts).rescale == 1 / full


@pytest.mark.parametrize(
    ("images", "rescale"),
    [
        (_uniform(0, 1, "uint8"), None),
        (_uniform(0, 3, "uint8"), 1 / 3),
        (_uniform(0, 16, "uint8"), 1 / 16),
        (_uniform(0, 60, "uint8"), 1 / 255),
        (_uniform(0, 255, "uint8"), 1 / 255),
        (_uniform(0, 1000, "uint16"), 1 / 1023),
        (_uniform(0, 4095, "uint16"), 1 / 4095),
        (_uniform(0, 16_000, "uint16"), 1 / 16_383),
        (_uniform(0, 65_535, "uint16"), 1 / 65_535),
        (_uniform(0, 1, "float32"), None),
        (_uniform(0, 254.9, "float32"), 1 / 255),
        (_uniform(-3, 4, "float32"), None),
        (_with_hot_pixels(_uniform(0, 4095, "uint16"), 65_535), 1 / 4095),
        (_with_hot_pixels(_uniform(0, 1, "uint8"), 255, each=5), None),
        (_with_hot_pixels(_uniform(0, 1, "float32"), 1000.0, each=2), None),
        (_with_hot_pixels(np.zeros(SHAPE, np.uint8), 255), 1 / 255),
    ],
    ids=[
        "0 and 1", "a mask", "16 levels", "dark photographs", "photographs", "10 bits", "12 bits", "14 bits", "16 bits",
        "floats in 0-1", "floats in 0-255", "standardised", "hot pixels", "a mask with spots",
        "floats with outliers", "a few strokes on black",
    ],
)  # fmt: skip
def test_the_default_brings_what_is_read_to_0_to_1(images: Array, rescale: float | None, tmp_path: Path) -> None:
    """By the values: neither the type nor single outliers decide."""
    assert default_baseline(_facts(images, tmp_path)).rescale == rescale


def test_floats_of_any_other_range_are_divided_by_what_they_reach(tmp_path: Path) -> None:
    """Hounsfield units and reflectances have no full scale that a name is known for."""
    facts = _facts(_uniform(-1024, 3071, "float32"), tmp_path)
    assert default_baseline(facts).rescale == 1 / facts.value_range[1]


@pytest.mark.parametrize(
    ("dtype", "values", "rescale"),
    [("uint8", (0, 255), 1 / 255), ("uint16", (3, 4019), 1 / 4095), ("uint8", (0, 1), None), ("float32", (0, 1), None)],
)
def test_datasets_that_were_read_before_go_by_their_extremes(
    dtype: str, values: tuple[float, float], rescale: float | None
) -> None:
    """Their facts have no quantiles, and what is known of them decides."""
    facts = FACTS.model_copy(update={"dtype": dtype, "value_range": values})
    assert facts.value_quantiles is None
    assert default_baseline(facts).rescale == rescale


def test_the_plan_says_where_the_scale_comes_from(tmp_path: Path) -> None:
    """With the numbers that decided."""
    facts = _facts(_with_hot_pixels(_uniform(0, 4000, "uint16"), 65_535), tmp_path)
    rule = plan_comparison(comparison(), facts).baseline_rule or ""
    assert "rescale is 1/4095" in rule
    assert "65535" in rule
    assert "outliers do not decide" in rule
    assert "assumed" in (plan_comparison(comparison(), "uint8").baseline_rule or "")
    assert "request" in (plan_comparison(comparison(baseline={"spec": {}}), facts).baseline_rule or "")


@given(st.integers(1, 65_535), st.integers(1, 65_535))
def test_what_nearly_all_integers_are_never_exceeds_full_scale(one: int, other: int) -> None:
    """And full scale is never far above what decided, so that nothing is scaled to nearly nothing."""
    usual, high = sorted((one, other))
    values = Values(0, high, 0, usual, are_integers=True)
    assert usual <= values.full_scale <= FULL_SCALES[-1]
    assert values.full_scale <= max(MAX_OUTLIER_FREE * usual * 8, 255)


@given(st.floats(-1e6, 1e6, width=32), st.floats(-1e6, 1e6, width=32))
def test_floats_are_never_scaled_beyond_a_unit_that_they_had(one: float, other: float) -> None:
    """Scaled values lie within the magnitude that is taken as it is."""
    low, high = sorted((one, other))
    values = Values(low, high, low, high, are_integers=False)
    assert max(abs(low), abs(high)) / values.full_scale <= 10 * (1 + 1e-9)
