"""From listed images to a snapshot's folder: one shape for all, labels, and facts that are true."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from api_schemas.datasets.references import ImageOptions
from augury.datasets.images import decoder_pool
from augury.datasets.labelled_images import ArrayImages, EncodedImages, Listing
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot import open_snapshot_folder
from augury.datasets.snapshot_builder import AssembledSnapshot, assemble
from tests.augury.datasets.makers import LIMITS, encoded, folder_of, photographs, pixels, read, refused, stored

Array = np.ndarray[Any, Any]


def of_array(
    images: Array, path: Path, labels: list[str] | None = None, limits: IngestSettings = LIMITS, **options: Any
) -> AssembledSnapshot:
    """The snapshot of an array with these labels, or two classes in turns."""
    names = labels or [f"class {number % 2}" for number in range(len(images))]
    listing = Listing("array", [f"row {row}" for row in range(len(images))], names, ArrayImages(images))
    return assemble(listing, ImageOptions(**options), path, limits, lambda *_: None)


def of_files(files: list[bytes], path: Path, limits: IngestSettings = LIMITS, **options: Any) -> AssembledSnapshot:
    """The snapshot of encoded images in two classes."""
    names = [f"{number:03}.png" for number in range(len(files))]
    listing = Listing("files", names, [f"class {n % 2}" for n in range(len(files))], EncodedImages(files.__getitem__))
    return assemble(listing, ImageOptions(**options), path, limits, lambda *_: None)


def test_a_snapshot_is_four_files(tmp_path: Path) -> None:
    """Pixels, labels in the order of sorted class names, and names."""
    snapshot = read(folder_of(tmp_path / "given", photographs()))
    meta = json.loads((snapshot.folder / "meta.json").read_text())
    assert sorted(path.name for path in snapshot.folder.iterdir()) == [
        "images.npy",
        "labels.npy",
        "meta.json",
        "names.npy",
    ]
    assert meta["class_names"] == ["class-0", "class-1"]
    assert list(open_snapshot_folder(snapshot.folder).names) == sorted(photographs())
    assert (meta["splits"], meta["groups"]) == (None, None)
    np.testing.assert_array_equal(np.load(snapshot.folder / "labels.npy"), [0, 0, 0, 1, 1, 1])
    expected = [pixels(100 * label + number) for label in range(2) for number in range(3)]
    np.testing.assert_array_equal(stored(snapshot), expected)


@settings(max_examples=25, deadline=None)
@given(
    images=hnp.arrays(
        st.sampled_from([np.uint8, np.uint16, np.float32]),
        st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 4])),
        elements={"min_value": 0, "max_value": 250},
    )
)
def test_facts_are_what_numpy_says(images: Array, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Range, mean and deviation of every channel, copies and constant images, for any array."""
    facts = of_array(images, tmp_path_factory.mktemp("facts")).facts
    assert facts.shape == images.shape[1:]
    assert facts.value_range == (images.min(), images.max())
    np.testing.assert_allclose(facts.channel_mean, images.mean(axis=(0, 1, 2), dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(facts.channel_std, images.std(axis=(0, 1, 2), dtype=np.float64), rtol=1e-9, atol=1e-9)
    assert facts.duplicates == len(images) - len(np.unique(images.reshape(len(images), -1), axis=0))
    spread = np.ptp(images.astype(np.float64), axis=(1, 2)).max(axis=-1)
    assert facts.near_constant == (spread <= 0.02 * float(np.ptp(images.astype(np.float64)))).sum()


def test_facts_of_many_blocks_are_those_of_the_whole(tmp_path: Path) -> None:
    """However the images were shared out."""
    images = np.concatenate([pixels(1, (300, 64, 64, 3)) // 2, pixels(2, (300, 64, 64, 3))])
    facts = of_files([encoded(image, "BMP") for image in images], tmp_path).facts
    np.testing.assert_allclose(facts.channel_mean, images.mean(axis=(0, 1, 2), dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(facts.channel_std, images.std(axis=(0, 1, 2), dtype=np.float64), rtol=1e-12)


def test_copies_are_counted_by_what_they_spoil(tmp_path: Path) -> None:
    """Of another class; in another split; and a warning for each."""
    images = pixels(shape=(4, 8, 8, 3))[[0, 1, 2, 3, 0, 1, 2]]
    listing = Listing(
        "array",
        list("abcdefg"),
        ["x", "x", "y", "y", "y", "x", "y"],
        ArrayImages(images),
        splits=["train"] * 5 + ["test"] * 2,
        groups=["1", "2", "3", "4", "1", "2", "3"],
    )
    facts = assemble(listing, ImageOptions(), tmp_path, LIMITS, lambda *_: None).facts
    assert (facts.duplicates, facts.duplicates_with_other_label, facts.duplicates_across_splits) == (3, 1, 2)
    assert facts.groups == 4
    assert any("2 images are exact copies of images in another split" in warning for warning in facts.warnings)
    assert any("1 images are exact copies of images of another class" in warning for warning in facts.warnings)


def test_different_sizes_are_refused_with_their_counts_unless_one_is_requested(tmp_path: Path) -> None:
    """The most frequent first; and with image_size all are resized, and that is said."""
    files = [encoded(pixels(n, (8, 8, 3))) for n in range(5)] + [encoded(pixels(n, (6, 9, 3))) for n in range(2)]
    with refused("images.sizes_differ", "5 of 8x8, 2 of 6x9", "image_size"):
        of_files(files, tmp_path)
    (tmp_path / "again").mkdir()
    facts = of_files(files, tmp_path / "again", image_size=[4, 5]).facts
    assert facts.shape == (4, 5, 3)
    assert facts.sizes == {"8x8": 5, "6x9": 2}
    assert any("resized to 4x5" in warning for warning in facts.warnings)


def test_a_rare_other_size_is_resized_to_the_one_that_all_others_have(tmp_path: Path) -> None:
    """One image in a hundred, with a warning; two in a hundred are for the client to decide."""
    usual, other = encoded(pixels(0, (8, 8, 3))), encoded(pixels(1, (6, 9, 3)))
    facts = of_files([usual] * 99 + [other], tmp_path).facts
    assert facts.shape == (8, 8, 3)
    assert any("1 images had another size and were resized to 8x8" in warning for warning in facts.warnings)
    (tmp_path / "again").mkdir()
    with refused("images.sizes_differ", "98 of 8x8, 2 of 6x9"):
        of_files([usual] * 98 + [other] * 2, tmp_path / "again")


def test_the_channels_are_what_all_images_have(tmp_path: Path) -> None:
    """Grey only where all are grey, transparency only where all have it; unless a mode is asked for."""
    colour = Image.fromarray(pixels())
    files = {mode: encoded(colour.convert(mode)) for mode in ("L", "RGB", "RGBA")}
    cases = {("L", "L"): 1, ("L", "RGB"): 3, ("RGBA", "RGBA"): 4, ("RGBA", "L"): 3, ("RGB", "RGBA"): 3}
    for number, (modes, channels) in enumerate(cases.items()):
        (tmp_path / str(number)).mkdir()
        assert of_files([files[mode] for mode in modes], tmp_path / str(number)).facts.shape[2] == channels
    asked = of_files([files["L"], files["RGBA"]], tmp_path, color_mode="rgba")
    assert stored(asked)[0, ..., 3].tolist() == [[255] * 8] * 8


def test_an_odd_image_among_many_changes_the_shape_of_all(tmp_path: Path) -> None:
    """Also where none of those that were looked at first is like it."""
    files = [encoded(pixels(number)[..., 0]) for number in range(200)]
    files[77] = encoded(pixels())
    snapshot = of_files(files, tmp_path)
    assert snapshot.facts.shape == (8, 8, 3)
    np.testing.assert_array_equal(stored(snapshot)[77], pixels())
    np.testing.assert_array_equal(stored(snapshot)[78], np.repeat(pixels(78)[..., :1], 3, axis=-1))


def test_sixteen_bits_stay_only_where_all_have_them(tmp_path: Path) -> None:
    """Among images of 8 bits they become 8, with a warning."""
    deep = [encoded(pixels(number, (8, 8), np.uint16)) for number in range(3)]
    assert of_files(deep, tmp_path).facts.dtype == "uint16"
    (tmp_path / "again").mkdir()
    facts = of_files([*deep, encoded(pixels()[..., 0])], tmp_path / "again").facts
    assert facts.dtype == "uint8"
    assert facts.warnings[0].startswith("3 images have 16 bits and others have 8")


def test_damaged_images_leave_no_holes(tmp_path: Path) -> None:
    """They are counted with the reason, and labels, names and pixels of the rest stay together."""
    files = [encoded(pixels(number)) for number in range(10)]
    files[0] = files[0][:60]
    files[4] = b"no image"
    files[5] = b"\x89PNG\r\n\x1a\n" + b"?" * 50
    snapshot = of_files(files, tmp_path)
    kept = [1, 2, 3, 6, 7, 8, 9]
    np.testing.assert_array_equal(stored(snapshot), [pixels(number) for number in kept])
    np.testing.assert_array_equal(np.load(snapshot.folder / "labels.npy"), [number % 2 for number in kept])
    assert list(open_snapshot_folder(snapshot.folder).names) == [f"{n:03}.png" for n in kept]
    assert sum(entry.count for entry in snapshot.facts.skipped) == 3
    assert np.load(snapshot.folder / "images.npy", mmap_mode="r").nbytes == 7 * 8 * 8 * 3


def test_no_usable_image_is_an_error_with_the_reasons(tmp_path: Path) -> None:
    """How many for which reason."""
    with refused("images.none", "2 x not an image"):
        of_files([b"nothing", b"neither"], tmp_path)


def _kill(index: int) -> bytes:
    if index == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return encoded(pixels(index))


def _hang(index: int) -> bytes:
    if index == 3:
        time.sleep(1000)
    return encoded(pixels(index))


@pytest.mark.parametrize(("read_image", "reason"), [(_kill, decoder_pool.CRASHED), (_hang, decoder_pool.STUCK)])
def test_an_image_that_takes_its_decoder_with_it_costs_only_itself(
    read_image: Any, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash or an endless loop in the decoder is a reason to skip an image, and nothing hangs."""
    monkeypatch.setattr(decoder_pool, "_IMAGE_SECONDS", 0.5)
    listing = Listing("files", [f"{n}.png" for n in range(6)], list("ababab"), EncodedImages(read_image))
    snapshot = assemble(listing, ImageOptions(), tmp_path, LIMITS, lambda *_: None)
    np.testing.assert_array_equal(stored(snapshot), [pixels(number) for number in (0, 1, 2, 4, 5)])
    assert [(entry.reason, entry.examples) for entry in snapshot.facts.skipped] == [(reason, ["3.png"])]


def test_decoders_that_crash_again_and_again_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an error, and not one process after the other for ever."""

    def crash(index: int) -> bytes:
        os.kill(os.getpid(), signal.SIGKILL)
        return b""

    monkeypatch.setattr(decoder_pool, "_MAX_LOST", 3)
    listing = Listing("files", [f"{n}.png" for n in range(9)], list("aaaabbbbb"), EncodedImages(crash))
    with refused("images.too_large", "AUGURY_INGEST_MAX_MEMORY_BYTES"):
        assemble(listing, ImageOptions(), tmp_path, LIMITS, lambda *_: None)


def test_a_report_that_raises_ends_it_at_once_and_leaves_no_process(tmp_path: Path) -> None:
    """A cancelled ingestion does not go on in the background."""

    def slow(index: int) -> bytes:
        time.sleep(0.05)
        return encoded(pixels(index))

    def stop(step: str, done: int, total: int) -> None:
        if step == "decoding":
            raise KeyboardInterrupt

    listing = Listing("files", [f"{n}.png" for n in range(999)], ["a"] * 999, EncodedImages(slow))
    before = set(multiprocessing.active_children())
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        assemble(listing, ImageOptions(), tmp_path, LIMITS, stop)
    assert time.monotonic() - began < 20
    assert set(multiprocessing.active_children()) <= before


ARRAYS = {
    "uint8": (np.array([[[0, 255]]], np.uint8), "uint8", [0, 255]),
    "big-endian uint16": (np.array([[[0, 300]]], ">u2"), "uint16", [0, 300]),
    "small integers": (np.array([[[0, 255]]], np.int64), "uint8", [0, 255]),
    "integers": (np.array([[[0, 256]]], np.int32), "uint16", [0, 256]),
    "booleans": (np.array([[[False, True]]]), "uint8", [0, 255]),
    "doubles": (np.array([[[0.25, -1.5]]]), "float32", [0.25, -1.5]),
    "halves": (np.array([[[0.25, -1.5]]], np.float16), "float32", [0.25, -1.5]),
}


@pytest.mark.parametrize(("given_array", "dtype", "expected"), ARRAYS.values(), ids=list(ARRAYS))
def test_arrays_of_every_real_type_have_a_stored_type(
    given_array: Array, dtype: str, expected: list[float], tmp_path: Path
) -> None:
    """Without losing anything."""
    snapshot = of_array(given_array, tmp_path)
    assert snapshot.facts.dtype == dtype
    assert stored(snapshot)[0, 0, :, 0].tolist() == expected


REFUSED = {
    "array.range": (np.array([[[-1, 5]]]), "from -1 to 5"),
    "array.not_finite": (np.array([[[0.0, 0.0]], [[0.0, np.nan]]]), "image 1"),
    "array.dtype": (np.array([[[1j]]]), "complex128"),
    "array.channels": (np.zeros((2, 3, 8, 8), np.uint8), "np.moveaxis"),
    "array.shape": (np.zeros((5, 64), np.uint8), "(5, 64)"),
    "images.none": (np.zeros((0, 8, 8), np.uint8), "no images"),
}


@pytest.mark.parametrize("rule", REFUSED)
def test_arrays_that_are_no_images_are_refused(rule: str, tmp_path: Path) -> None:
    """With what was got and what was expected."""
    images, words = REFUSED[rule]
    with refused(rule, words):
        of_array(images, tmp_path)


def test_arrays_are_brought_into_shape_as_files_are(tmp_path: Path) -> None:
    """The same pixels give the same snapshot, whether they come in files or in an array."""
    images = pixels(shape=(5, 20, 30, 3))
    options: dict[str, Any] = {"image_size": [7, 7], "color_mode": "grayscale", "resize": "crop"}
    (tmp_path / "files").mkdir()
    from_files = of_files([encoded(image) for image in images], tmp_path / "files", **options)
    np.testing.assert_array_equal(stored(of_array(images, tmp_path, **options)), stored(from_files))


def test_floats_keep_their_range_when_they_are_resized(tmp_path: Path) -> None:
    """A constant stays that constant, to the precision of floats, whatever its channels."""
    images = np.full((2, 9, 9, 3), 0.1)
    small = stored(of_array(images, tmp_path, image_size=[4, 4], color_mode="grayscale"))
    assert (small.shape, small.dtype) == ((2, 4, 4, 1), np.float32)
    np.testing.assert_allclose(small, 0.1, rtol=1e-6)


def test_rows_of_an_array_may_be_chosen(tmp_path: Path) -> None:
    """In any order."""
    images = pixels(shape=(6, 4, 4))
    rows = np.array([4, 0, 5])
    listing = Listing("array", ["4", "0", "5"], ["b", "a", "a"], ArrayImages(images, rows))
    snapshot = assemble(listing, ImageOptions(), tmp_path, LIMITS, lambda *_: None)
    np.testing.assert_array_equal(stored(snapshot)[..., 0], images[rows])
    np.testing.assert_array_equal(np.load(snapshot.folder / "labels.npy"), [1, 0, 0])


@pytest.mark.parametrize(
    ("limit", "rule"), [("max_snapshot_bytes", "snapshot.too_large"), ("max_classes", "labels.too_many_classes")]
)
def test_limits_name_their_variable(limit: str, rule: str, tmp_path: Path) -> None:
    """And nothing is written before they are checked."""
    limits = LIMITS.model_copy(update={limit: 1})
    with refused(rule, f"AUGURY_INGEST_{limit.upper()}"):
        of_array(pixels(shape=(4, 8, 8)), tmp_path, limits=limits)
    assert not list(tmp_path.rglob("images.npy"))


def test_warnings_tell_of_small_unequal_and_empty_classes(tmp_path: Path) -> None:
    """With their names."""
    listing = Listing(
        "array",
        [str(row) for row in range(40)],
        ["many"] * 38 + ["few"] * 2,
        ArrayImages(pixels(shape=(40, 4, 4))),
        class_names=["many", "few", "none"],
    )
    warnings = " / ".join(assemble(listing, ImageOptions(), tmp_path, LIMITS, lambda *_: None).facts.warnings)
    assert "1 class has no images: 'none'" in warnings
    assert "1 class has fewer than 10 images: 'few'" in warnings
