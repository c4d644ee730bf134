"""What torchvision's and Albumentations' own transforms do with an exported spec, beside the engine.

A ramp is an image whose values are its coordinates, so that the affine map of an output can be read from it. Maps of
many outputs are compared by the Kolmogorov–Smirnov distance, of which 0.16 is exceeded once in a thousand times where
two samples of 300 have the same distribution; seeds are fixed.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Export, Fidelity, Target
from augury.augmentation import Pipeline
from augury.augmentation.parameters import Draws
from augury.exports import TARGETS
from augury.exports.options import ExportOptions
from tests.augury.exports import peers

Array = npt.NDArray[Any]
SIDE, COUNT = 32, 300
SQUARE = ExportOptions(image_size=(SIDE, SIDE))
MAX_DISTANCE = 0.16
TOLERANCE = 0.01
_STEP = 8
_LIBRARIES: dict[Target, str] = {"albumentations": "albumentations", "torchvision-transforms": "torchvision"}
each_library = pytest.mark.parametrize("target", list(_LIBRARIES))


def _ramp() -> Array:
    row, column = np.mgrid[:SIDE, :SIDE]
    return np.stack([_STEP * row, _STEP * column, np.full_like(row, 100)], axis=-1).astype(np.uint8)


def _noise() -> Array:
    return np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


def _exported(target: Target, **arguments: Any) -> Export:
    return TARGETS[target](ImageDataGeneratorSpec(**arguments), SQUARE)


def _made(target: Target, specs: list[dict[str, Any]], image: Array, count: int = COUNT) -> list[Array]:
    """What the exported pipelines make of an image: ``[count, H, W, C]`` for each spec."""
    peers.require(_LIBRARIES[target])
    codes = [_exported(target, **each).content for each in specs]
    is_json = target == "albumentations"
    case = partial(peers.Case, "albumentations" if is_json else "pipeline")
    more = {"count": count, "seed": 7}
    cases = [case(json.loads(code) if is_json else code, {"images": image[np.newaxis]}, more) for code in codes]
    return [result["made"] for result in peers.run(cases)]


def _engine(image: Array, count: int = COUNT, **arguments: Any) -> Array:
    pipeline = Pipeline(ImageDataGeneratorSpec(**arguments), threads=1)
    draws = pipeline.draw(seed=11, epoch=0, indices=np.arange(count), shape=image.shape)
    return pipeline.transform(np.repeat(image[np.newaxis], count, axis=0), draws)


def _maps(images: Array) -> Array:
    """The map ``[2, 3]`` of each image of a ramp: output (row, column, 1) to where it was read, inside the border."""
    grid = np.stack([*np.mgrid[:SIDE, :SIDE], np.ones((SIDE, SIDE))], axis=-1).reshape(-1, 3)
    found = []
    for image in images:
        source = image[..., :2].reshape(-1, 2) / _STEP
        is_inside = ((source > 1) & (source < SIDE - 2) & (image[..., 2:].reshape(-1, 1) > 99)).all(axis=1)
        solution, *_ = np.linalg.lstsq(grid[is_inside], source[is_inside], rcond=None)
        found.append(solution.T)
    return np.array(found)


def _distance(ours: Array, theirs: Array) -> float:
    """The largest of the distances of the six entries of two samples of maps; rounding noise is not compared."""
    pairs = zip(ours.reshape(len(ours), -1).T, theirs.reshape(len(theirs), -1).T, strict=True)
    return max(float(stats.ks_2samp(np.round(a, 3), np.round(b, 3)).statistic) for a, b in pairs)


@each_library
def test_flips_mirror_half_of_the_images_and_are_exact(target: Target) -> None:
    """All four outcomes come about a quarter of the time each, and nothing else does."""
    spec = {"horizontal_flip": True, "vertical_flip": True}
    assert _exported(target, **spec).fidelity is Fidelity.EXACT
    image = _noise()
    [made] = _made(target, [spec], image)
    outcomes = [image, image[:, ::-1], image[::-1], image[::-1, ::-1]]
    counts = [sum(np.array_equal(one, outcome) for one in made) for outcome in outcomes]
    assert sum(counts) == COUNT
    assert min(counts) > COUNT / 6


@each_library
def test_brightness_and_preprocessing_of_8_bit_images_are_exact(target: Target) -> None:
    """A range of one factor gives that factor's pixels; a wider one is distributed as the engine's."""
    image = _noise()
    functions = [{"preprocessing_function": name} for name in ("imagenet_tf", "imagenet_torch")]
    fixed = [{"brightness_range": (f, f), "rescale": 1 / 255} for f in (0.0, 0.77, 1.0, 1.3)]
    drawn = {"brightness_range": (0.5, 0.9)}
    specs = [*functions, *fixed, {"rescale": -0.5}]
    assert {_exported(target, **spec).fidelity for spec in [*specs, drawn]} == {Fidelity.EXACT}
    for spec, made in zip(specs, _made(target, specs, image, 1), strict=True):
        pipeline = Pipeline(ImageDataGeneratorSpec(**spec), threads=1)
        expected = pipeline.standardize(_engine(image, 1, **spec)[0])
        np.testing.assert_allclose(made[0], expected, atol=1e-4)
    flat = np.full((4, 4, 3), 200, np.uint8)
    [made] = _made(target, [drawn], flat)
    assert stats.ks_2samp(made[:, 0, 0, 0], _engine(flat, **drawn)[:, 0, 0, 0]).statistic < MAX_DISTANCE


@each_library
def test_turning_and_shifting_are_distributed_alike_inside_the_image(target: Target) -> None:
    """Alone and together; shifts are whole pixels there, which is one of the differences that are told."""
    turned = {"rotation_range": 30}
    both = {"rotation_range": 15, "width_shift_range": 0.2, "height_shift_range": 0.1}
    for spec, made in zip((turned, both), _made(target, [turned, both], _ramp()), strict=True):
        ours, theirs = _maps(_engine(_ramp(), **spec)), _maps(made)
        if "width_shift_range" in spec:
            theirs[..., 2] += np.random.default_rng(1).uniform(-0.5, 0.5, theirs.shape[:2])  # undo the rounding
        assert _distance(ours, theirs) < MAX_DISTANCE, spec
    told = {each.parameters[0]: each.message for each in _exported(target, **both).differences}
    assert "whole pixels" in told["width_shift_range"]


@each_library
def test_zoom_is_the_inverse_of_the_scale_which_is_what_is_uniform(target: Target) -> None:
    """One factor gives the engine's pixels inside the border; a range is uniform in its inverse, as is told."""
    image, fixed, drawn = _noise(), {"zoom_range": (0.8, 0.8)}, {"zoom_range": (0.5, 1.5)}
    [made] = _made(target, [fixed], image, 1)
    np.testing.assert_allclose(made[0], _engine(image, 1, **fixed)[0], atol=TOLERANCE)
    [maps] = map(_maps, _made(target, [drawn], _ramp()))
    scales = 1 / maps[:, 0, 0]
    assert stats.kstest(scales, stats.uniform(1 / 1.5, 2 - 1 / 1.5).cdf).statistic < MAX_DISTANCE / 2**0.5
    assert _distance(_maps(_engine(_ramp(), **drawn)), maps) > MAX_DISTANCE
    is_one_number = np.allclose(maps[:, 0, 0], maps[:, 1, 1], atol=1e-3)
    [told] = [each.message for each in _exported(target, **drawn).differences if each.parameters == ["zoom_range"]]
    assert "uniform in [0.6667, 2]" in told
    assert ("one number" in told) == is_one_number


@each_library
def test_after_a_resampling_brightness_is_not_cut_down_to_whole_levels(target: Target) -> None:
    """By less than a level before, which is multiplied, and less than one after; the bound is told."""
    spec = {"zoom_range": (0.8, 0.8), "brightness_range": (1.3, 1.3)}
    image = _noise()
    [made] = _made(target, [spec], image, 1)
    difference = made[0] - _engine(image, 1, **spec)[0]
    assert difference.min() > -TOLERANCE
    assert 1 < difference.max() < 2.3
    told = {each.parameters[0]: each.message for each in _exported(target, **spec).differences}
    assert "up to 2.3 of 255 brighter" in told["brightness_range"]


@each_library
def test_shear_slants_as_far_but_does_not_stretch(target: Target) -> None:
    """Keras reads rows at cos(angle), these at 1; how far a row is displaced over its height is distributed alike."""
    spec = {"shear_range": 30.0}
    ours = _maps(_engine(_ramp(), **spec))
    [theirs] = map(_maps, _made(target, [spec], _ramp()))
    np.testing.assert_allclose(theirs[:, 0, 0], 1, atol=1e-3)
    assert ours[:, 0, 0].min() < np.cos(np.deg2rad(25))
    slants = [maps[:, 1, 0] / maps[:, 0, 0] for maps in (ours, theirs)]
    assert stats.ks_2samp(*np.round(slants, 3)).statistic < MAX_DISTANCE
    [told] = [each.message for each in _exported(target, **spec).differences if each.parameters == ["shear_range"]]
    assert "1/cos" in told


@pytest.mark.parametrize("fill_mode", ["nearest", "reflect"])
def test_for_one_angle_albumentations_gives_the_engines_pixels(fill_mode: str) -> None:
    """What it calls the same distribution is the same pixels, to 0.01 of 255, border included."""
    peers.require("albumentations")
    image, angles = _noise(), (-90.0, -3.0, 7.3, 55.5)
    spec = ImageDataGeneratorSpec(rotation_range=90, fill_mode=fill_mode)
    exported = TARGETS["albumentations"](spec, SQUARE)
    assert exported.fidelity is Fidelity.SAME_DISTRIBUTION
    cases = []
    for angle in angles:
        pipeline = json.loads(exported.content)
        [affine] = [each for each in pipeline["transform"]["transforms"] if "rotate" in each]
        affine["rotate"] = [angle, angle]
        cases.append(peers.Case("albumentations", pipeline, {"images": image[np.newaxis]}, {"count": 1, "seed": 1}))
    engine = Pipeline(spec, threads=1)
    for angle, result in zip(angles, peers.run(cases), strict=True):
        expected = engine.transform(image[np.newaxis], Draws.of_parameters({"theta": angle}))
        np.testing.assert_allclose(result["made"], expected, atol=TOLERANCE)


def test_albumentations_shifts_intensities_as_keras_but_for_where_it_cuts_off() -> None:
    """The amount is the same for all channels and distributed alike; at the image's own extremes Keras cuts off."""
    spec = {"channel_shift_range": 20.0}
    image = np.full((4, 4, 3), 100, np.uint8)
    image[0, 0], image[0, 1] = 0, 255
    [made] = _made("albumentations", [spec], image)
    assert np.ptp(made[:, 2:], axis=(1, 2, 3)).max() < 1e-3
    assert stats.ks_2samp(made[:, 3, 3, 0], _engine(image, **spec)[:, 3, 3, 0]).statistic < MAX_DISTANCE
    [told] = _exported("albumentations", **spec).differences
    assert told.fidelity is Fidelity.APPROXIMATE
    assert "own darkest" in told.message


def test_one_seed_for_all_of_albumentations_transforms_makes_two_flips_one() -> None:
    """That is what ``Compose(seed=...)`` does, and why the guide advises against it: they draw the same numbers."""
    peers.require("albumentations")
    spec = ImageDataGeneratorSpec(horizontal_flip=True, vertical_flip=True)
    pipeline = json.loads(TARGETS["albumentations"](spec, SQUARE).content)
    more = {"count": COUNT, "seed": 7, "seed_step": 0}
    [result] = peers.run([peers.Case("albumentations", pipeline, {"images": _noise()[np.newaxis]}, more)])
    mirrored_once = [_noise()[:, ::-1], _noise()[::-1]]
    assert not any(np.array_equal(made, once) for made in result["made"] for once in mirrored_once)


def test_albumentations_normalises_an_image_by_itself_as_keras() -> None:
    """Within 0.001 deviations where it is not nearly constant."""
    spec = {"samplewise_center": True, "samplewise_std_normalization": True, "rescale": 1 / 255}
    [made] = _made("albumentations", [spec], _noise(), 1)
    expected = Pipeline(ImageDataGeneratorSpec(**spec), threads=1).standardize(_noise().astype(np.float32))
    np.testing.assert_allclose(made[0], expected, atol=1e-3)
