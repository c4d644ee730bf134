"""What the engine promises beyond Keras: draws that depend on nothing but the sample, and odd input borne."""

from __future__ import annotations

import multiprocessing
import threading
from typing import Any

import numpy as np
import pytest

from api_schemas.augmentation import ImageDataGeneratorSpec
from augury.augmentation import Pipeline
from augury.augmentation.kernels.philox import philox4x32, uniforms

BUSY = ImageDataGeneratorSpec(
    rotation_range=40, width_shift_range=0.2, height_shift_range=[1, 2], zoom_range=0.3, shear_range=10,
    channel_shift_range=20, brightness_range=(0.7, 1.3), horizontal_flip=True, rescale=1 / 255,
)  # fmt: skip
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 20, 24, 3), np.uint8)


def _augmented(indices: Any, *, threads: int = 1, epoch: int = 0, **options: Any) -> np.ndarray:
    pipeline = Pipeline(BUSY, threads=threads, **options)
    chosen = np.asarray(indices)
    draws = pipeline.draw(IMAGES.shape[1:], seed=9, epoch=epoch, indices=chosen)
    return pipeline.augment(IMAGES, draws, chosen)


def _augment_in_a_process(queue: Any) -> None:
    queue.put(_augmented(range(40), threads=2))


def test_philox_gives_the_published_numbers() -> None:
    """Known answers of the reference implementation (Random123), for zeros and for ones."""
    assert philox4x32(0, 0, 0, 0, 0, 0) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    ones = 0xFFFFFFFF
    assert philox4x32(ones, ones, ones, ones, ones, ones) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    """Mean and variance of 1/2 and 1/12, no two samples alike."""
    numbers = uniforms(3, 1, np.arange(20_000), 4)
    assert abs(numbers.mean() - 0.5) < 0.005
    assert abs(numbers.var() - 1 / 12) < 0.002
    assert len(np.unique(numbers)) == numbers.size


def test_an_image_does_not_depend_on_its_batch_or_on_threads() -> None:
    """One by one, in another order, or all at once on two threads: the same pixels."""
    whole = _augmented(range(40), threads=2)
    np.testing.assert_array_equal(whole, np.concatenate([_augmented([index]) for index in range(40)]))
    np.testing.assert_array_equal(whole[::-1], _augmented(range(39, -1, -1)))
    assert not np.array_equal(whole, _augmented(range(40), epoch=1))


def test_two_threads_and_two_processes_get_the_same_images_as_one() -> None:
    """Pipelines may be used from anywhere at once, also by processes forked after their first use."""
    expected, seen = _augmented(range(40), threads=2), []
    threads = [threading.Thread(target=lambda: seen.append(_augmented(range(40), threads=2))) for _ in range(2)]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=_augment_in_a_process, args=(queue,)) for _ in range(2)]
    for worker in (*threads, *processes):
        worker.start()
    seen += [queue.get(timeout=60) for _ in processes]
    for worker in (*threads, *processes):
        worker.join()
    assert len(seen) == 4
    for images in seen:
        np.testing.assert_array_equal(images, expected)


def test_adding_a_parameter_leaves_the_other_draws_alone() -> None:
    """Every parameter has its own index in a sample's stream."""
    alone = Pipeline(ImageDataGeneratorSpec(rotation_range=40)).draw((8, 8, 1), seed=1, indices=[5]).parameters(0)
    more = Pipeline(BUSY).draw((8, 8, 1), seed=1, indices=[5]).parameters(0)
    assert alone["theta"] == more["theta"] != 0


def test_p_is_the_share_of_images_left_alone() -> None:
    """With 0.25 a quarter of many samples is untouched; with 1 every one."""
    draws = Pipeline(BUSY, identity_probability=0.25).draw((8, 8, 1), seed=1, indices=np.arange(4000))
    untouched = np.mean([draws.parameters(index)["theta"] == 0 for index in range(4000)])
    assert abs(untouched - 0.25) < 0.03
    np.testing.assert_array_equal(_augmented(range(40), identity_probability=1.0), Pipeline(BUSY).preprocess(IMAGES))


def test_corrected_shifts_move_along_the_axis_they_name() -> None:
    """A dot in a wide image: height_shift moves its row, under keras semantics its column."""
    image = np.zeros((20, 30, 1), np.float32)
    image[10, 15] = 255
    moved = {"tx": 4.0}
    spec = ImageDataGeneratorSpec(height_shift_range=4.0)
    assert Pipeline(spec, semantics="corrected").apply_transform(image, moved)[6, 15, 0] == 255
    assert Pipeline(spec).apply_transform(image, moved)[10, 11, 0] == 255


def test_corrected_rotation_turns_about_the_centre() -> None:
    """Half a turn of an image that is not square is its mirror image in both directions."""
    image = np.random.default_rng(1).integers(0, 256, (12, 31, 3)).astype(np.float32)
    turned = Pipeline(ImageDataGeneratorSpec(rotation_range=180), semantics="corrected").apply_transform(
        image, {"theta": 180.0}
    )
    np.testing.assert_allclose(turned, image[::-1, ::-1], atol=0.01)


def test_corrected_brightness_works_on_floats_in_the_unit_interval() -> None:
    """Keras's 8-bit detour makes such an image black; the corrected one multiplies it."""
    image = np.full((4, 4, 1), 0.5, np.float32)
    spec = ImageDataGeneratorSpec(brightness_range=(1.2, 1.2))
    assert Pipeline(spec).apply_transform(image, {"brightness": 1.2}).max() == 0
    corrected = Pipeline(spec, semantics="corrected").apply_transform(image, {"brightness": 1.2})
    np.testing.assert_allclose(corrected, 0.6, rtol=1e-6)


ODD = ["none", "1x1", "1xN", "constant", "fortran", "strided", "big-endian", "int64", "bool", "nan", "inf"]


@pytest.mark.parametrize("order", [1, 3])
def test_corrected_brightness_of_floats_does_not_depend_on_the_batch(order: int) -> None:
    """Images in 0-1 and in 0-255 in one batch come out as they do alone, by the kernels and by the plain path."""
    images = np.random.default_rng(2).random((6, 8, 8, 3)).astype(np.float32)
    images[::2] *= 200
    spec = ImageDataGeneratorSpec(brightness_range=(1.5, 2.0), interpolation_order=order)
    pipeline = Pipeline(spec, semantics="corrected")
    draws = pipeline.draw(images.shape[1:], seed=1, indices=np.arange(6))
    whole = pipeline.transform(images, draws)
    alone = [pipeline.transform(images[i : i + 1], draws[i : i + 1])[0] for i in range(6)]
    np.testing.assert_array_equal(whole, np.stack(alone))
    assert whole[1::2].max() == 1
    assert whole[::2].max() == 255


@pytest.mark.parametrize("images", [
    np.zeros((0, 8, 8, 3), np.uint8),
    np.full((2, 1, 1, 1), 9, np.uint8),
    np.full((2, 1, 9, 3), 0.5, np.float32),
    np.full((3, 8, 8, 1), 7, np.uint8),
    np.asfortranarray(IMAGES[:3]),
    IMAGES[:3, ::2, ::3],
    IMAGES[:3].astype(">u2"),
    IMAGES[:3].astype(np.int64),
    IMAGES[:3] > 100,
    np.where(IMAGES[:3] > 200, np.nan, IMAGES[:3]).astype(np.float32),
    np.where(IMAGES[:3] > 200, np.inf, IMAGES[:3]).astype(np.float32),
], ids=ODD)  # fmt: skip
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_odd_images_are_borne(images: np.ndarray) -> None:
    """Whatever the layout, type or values, there is a result of the right shape, and the source stays as it was."""
    images = images.copy(order="K") if images.flags.owndata else images
    images.flags.writeable = False
    before = images.copy()
    for order in (1, 3):
        spec = BUSY.model_copy(update={"interpolation_order": order})
        batch = next(Pipeline(spec).flow(images, batch_size=4, seed=0))
        assert batch.shape == images.shape
        assert batch.dtype == np.float32
    np.testing.assert_array_equal(images, before)


def test_a_memory_map_is_read_without_being_copied(tmp_path: Any) -> None:
    """The images of a file come out as those of an array."""
    np.save(tmp_path / "images.npy", IMAGES)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    expected, got = Pipeline(BUSY).flow(IMAGES, seed=1), Pipeline(BUSY).flow(mapped, seed=1)
    np.testing.assert_array_equal(next(got), next(expected))


@pytest.mark.parametrize(("call", "words"), [
    (lambda p: p.flow(IMAGES[0]), "x must be images with four dimensions"),
    (lambda p: p.flow(IMAGES, np.arange(3)), r"`y` \(labels\) should have the same length, got 40 and 3"),
    (lambda p: p.flow(IMAGES, sample_weight=[1.0]), "`sample_weight` should have the same length, got 40 and 1"),
    (lambda p: p.flow(IMAGES, batch_size=0), "batch_size must be 1 or more, got 0"),
    (lambda p: p.flow(IMAGES, subset="test"), "Invalid subset name: 'test'; expected 'training' or"),
    (lambda p: p.fit(IMAGES[0]), "x must be images with four dimensions"),
    (lambda p: p.fit(IMAGES[:0]), "x must hold at least one image"),
    (lambda p: p.apply_transform(IMAGES[0], {"angle": 3}), "unknown transform parameters"),
    (lambda p: p.draw((8, 8, 1), seed=-1, indices=[0]), "seed must be in"),
    (lambda _: Pipeline(BUSY, identity_probability=2), "identity_probability must be in"),
    (lambda _: Pipeline(BUSY, semantics="fixed"), "semantics must be"),
])  # fmt: skip
def test_errors_name_the_parameter_and_what_was_received(call: Any, words: str) -> None:
    """A mistake is answered in a sentence."""
    with pytest.raises(ValueError, match=words):
        call(Pipeline(BUSY))


def test_normalisation_that_was_not_fitted_warns() -> None:
    """As in Keras: it does nothing and says so."""
    with pytest.warns(UserWarning, match="featurewise_center does nothing before fit"):
        next(Pipeline(ImageDataGeneratorSpec(featurewise_center=True)).flow(IMAGES, seed=0))
