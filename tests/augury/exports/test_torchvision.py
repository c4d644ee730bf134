"""The exact transform of torchvision v2: its draws and its pixels, beside the engine's."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Fidelity
from augury.augmentation import Pipeline
from augury.augmentation.drawing import Ranges, draw_stateless
from augury.augmentation.parameters import NAMES, Draws
from augury.augmentation.settings import Settings
from augury.exports.options import ExportOptions
from augury.exports.torchvision import export_torchvision
from tests.augury.exports import peers

TOLERANCE = 0.01
"""Of 255: what exact means."""
SPECS = 120
_IMAGES = 3
_KINDS_OF_SHIFT: tuple[Any, ...] = (0.0, 0.3, 2.5, 4, [1, -3], [0.1, 0.2])
_BRIGHTNESS = (None, None, (0.5, 1.5))


def _random_spec(number: int) -> tuple[ImageDataGeneratorSpec, ExportOptions]:
    chance = random.Random(number)  # noqa: S311 - specs, not secrets
    arguments = {
        "rotation_range": chance.choice([0, chance.uniform(0, 180)]),
        "width_shift_range": chance.choice(_KINDS_OF_SHIFT),
        "height_shift_range": chance.choice(_KINDS_OF_SHIFT),
        "shear_range": chance.choice([0.0, chance.uniform(0, 60)]),
        "zoom_range": chance.choice([0.0, chance.uniform(0, 0.9), (0.3, 2.0)]),
        "fill_mode": ("constant", "nearest", "reflect", "wrap")[number % 4],
        "cval": chance.uniform(0, 255),
        "interpolation_order": chance.choice([0, 1, 1]),
        "horizontal_flip": chance.random() < 0.5,
        "vertical_flip": chance.random() < 0.5,
        "channel_shift_range": chance.choice([0, chance.uniform(0, 60)]),
        "brightness_range": chance.choice(_BRIGHTNESS),
        "rescale": chance.choice([None, 1 / 255]),
        "samplewise_center": chance.random() < 0.2,
        "preprocessing_function": chance.choice([None, None, "imagenet_caffe", "imagenet_tf", "imagenet_torch"]),
    }
    return ImageDataGeneratorSpec(**arguments), ExportOptions(chance.choice(["keras", "corrected"]))


def _random_images(number: int, channels: int | None) -> npt.NDArray[Any]:
    chance = random.Random(number)  # noqa: S311 - images, not secrets
    generator = np.random.default_rng(number)
    height, width = chance.randint(3, 40), chance.randint(3, 40)
    shape = (_IMAGES, height, height if chance.random() < 0.3 else width, channels or chance.choice([1, 3, 4]))
    images = generator.integers(0, 256, shape, np.uint8)
    return images if chance.random() < 0.7 else images.astype(np.float32) / np.float32(255)


def _given(spec: ImageDataGeneratorSpec, options: ExportOptions, images: npt.NDArray[Any], draws: Draws) -> peers.Case:
    drawn = {name: draws.table[:, column] for column, name in enumerate(NAMES)}
    told = {name: values for name, values in drawn.items() if not np.isnan(values).any()}
    code = export_torchvision(spec, options).content
    return peers.Case("torchvision-given", code, {"images": images, **told}, {"drawn": list(told)})


def test_the_same_parameters_give_the_same_pixels_in_every_fill_mode_and_both_semantics() -> None:
    """Of 120 random specs, on images of random sizes and types; the largest difference is printed by fill mode."""
    peers.require("torchvision")
    cases, expected, modes = [], [], []
    for number in range(SPECS):
        spec, options = _random_spec(number)
        images = _random_images(number, 3 if spec.preprocessing_function else None)
        pipeline = Pipeline(spec, semantics=options.semantics, threads=1)
        draws = pipeline.draw(seed=number, epoch=0, indices=np.arange(_IMAGES), shape=images.shape[1:])
        changed = pipeline.transform(images, draws)
        finished = np.stack([pipeline.standardize(image.copy()) for image in changed])
        cases.append(_given(spec, options, images, draws))
        expected.append((changed, finished))
        modes.append(spec.fill_mode)
    worst: dict[str, float] = {}
    for mode, (changed, finished), made in zip(modes, expected, peers.run(cases), strict=True):
        worst[mode] = max(worst.get(mode, 0.0), float(np.abs(made["changed"] - changed).max()))
        np.testing.assert_allclose(made["finished"], finished, rtol=1e-3, atol=TOLERANCE)
    print("largest difference of 255 by fill mode:", worst)  # noqa: T201 - the figure that the documentation states
    assert max(worst.values()) <= TOLERANCE


def test_on_the_border_of_a_constant_fill_the_last_bit_decides_as_in_numpy() -> None:
    """Shearing alone, an odd image's middle column lies exactly on its border."""
    peers.require("torchvision")
    spec = ImageDataGeneratorSpec(shear_range=20.0, fill_mode="constant", cval=77.0)
    images = np.random.default_rng(1).integers(0, 256, (40, 27, 27, 3), np.uint8)
    pipeline = Pipeline(spec, threads=1)
    draws = pipeline.draw(seed=5, epoch=0, indices=np.arange(40), shape=images.shape[1:])
    [made] = peers.run([_given(spec, ExportOptions(), images, draws)])
    np.testing.assert_allclose(made["changed"], pipeline.transform(images, draws), atol=TOLERANCE)


_NORMALISED: tuple[dict[str, bool], ...] = (
    {"samplewise_std_normalization": True},
    {"featurewise_std_normalization": True},
    {"featurewise_center": True, "zca_whitening": True},
)


def test_with_the_training_sets_statistics_it_normalises_and_whitens_as_keras_does() -> None:
    """They are what the constructor takes, as fit has found them."""
    peers.require("torchvision")
    images = np.random.default_rng(2).integers(0, 256, (40, 5, 4, 3), np.uint8)
    cases, expected = [], []
    for asked in _NORMALISED:
        spec = ImageDataGeneratorSpec(rescale=1 / 255, horizontal_flip=True, **asked)
        pipeline = Pipeline(spec, threads=1)
        pipeline.fit(images)
        draws = pipeline.draw(seed=1, epoch=0, indices=np.arange(40), shape=images.shape[1:])
        case = _given(spec, ExportOptions(), images, draws)
        learned = {"mean": pipeline.mean, "std": pipeline.std, "whitening": pipeline.zca_whitening_matrix}
        case.arrays |= {name: values for name, values in learned.items() if values is not None}
        cases.append(case)
        expected.append(np.stack([pipeline.standardize(each.copy()) for each in pipeline.transform(images, draws)]))
    for made, finished in zip(peers.run(cases), expected, strict=True):
        np.testing.assert_allclose(made["finished"], finished, rtol=1e-3, atol=1e-3)


_RANGES = (
    {"rotation_range": 30, "shear_range": 10.0, "zoom_range": (0.5, 1.2), "channel_shift_range": 9.0},
    {"width_shift_range": 0.2, "height_shift_range": 3.0, "brightness_range": (0.2, 1.1)},
    {"width_shift_range": 4, "height_shift_range": [0.1, -0.3], "horizontal_flip": True, "vertical_flip": True},
)


def test_what_it_draws_is_distributed_as_what_the_engine_draws() -> None:
    """By the Kolmogorov–Smirnov distance of 20,000 draws of every parameter; seeds are fixed."""
    peers.require("torchvision")
    count, shape = 20_000, (30, 50, 3)
    specs = [ImageDataGeneratorSpec(**ranges) for ranges in _RANGES]
    more = {"count": count, "size": shape[:2], "seed": 3}
    cases = [peers.Case("torchvision-drawn", export_torchvision(s, ExportOptions()).content, more=more) for s in specs]
    for spec, made in zip(specs, peers.run(cases), strict=True):
        ranges = Ranges.of(Settings.of_spec(spec))
        table = draw_stateless(ranges, seed=1, epoch=0, indices=np.arange(count), shape=shape).table
        for column, name in enumerate(NAMES):
            ours = table[:, column]
            if np.isnan(ours).all():
                assert name not in made
                continue
            assert stats.ks_2samp(ours, made[name]).statistic < 0.02, (spec, name)


def test_it_takes_whatever_torchvision_has_images_in_and_refuses_what_would_no_longer_fit() -> None:
    """PIL, tensors, tv_tensors, with a label, in batches: one seed, one result; a mask is refused."""
    peers.require("torchvision")
    spec = ImageDataGeneratorSpec(rotation_range=30, rescale=1 / 255)
    images = np.random.default_rng(3).integers(0, 256, (1, 20, 20, 3), np.uint8)
    code = export_torchvision(spec, ExportOptions()).content
    [made] = peers.run([peers.Case("torchvision-used", code, {"images": images}, {"seed": 4})])
    assert "Mask" in str(made.pop("refused"))
    assert made["pil"].shape == (20, 20, 3)
    assert made["pil"].max() <= 1
    for name, values in made.items():
        np.testing.assert_array_equal(values, made["pil"], err_msg=name)


@pytest.mark.parametrize(
    ("spec", "fidelity"),
    [
        ({}, Fidelity.EXACT),
        ({"rotation_range": 20, "fill_mode": "wrap", "brightness_range": [0.5, 1.5]}, Fidelity.EXACT),
        ({"featurewise_center": True}, Fidelity.EXACT),
        ({"rotation_range": 20, "interpolation_order": 3}, Fidelity.APPROXIMATE),
        ({"horizontal_flip": True, "interpolation_order": 3}, Fidelity.EXACT),
    ],
)
def test_it_is_exact_but_for_splines(spec: dict[str, Any], fidelity: Fidelity) -> None:
    """These need a filter over the whole image; where nothing is resampled they do not matter."""
    assert export_torchvision(ImageDataGeneratorSpec(**spec), ExportOptions()).fidelity is fidelity


def test_the_file_is_whole_and_has_nothing_left_to_fill_in() -> None:
    """It compiles, imports nothing of ours, and says what it is."""
    code = export_torchvision(ImageDataGeneratorSpec(featurewise_center=True), ExportOptions("corrected")).content
    compile(code, "augmentation.py", "exec")
    assert "#SETTINGS#" not in code
    assert "augury" not in code
    assert "IS_CORRECTED = True" in code
    assert "featurewise_center: exact with the statistics" in code
