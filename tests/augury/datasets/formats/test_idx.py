"""IDX: MNIST's own files, plain and packed, honest and not."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.datasets.formats.arrays.idx import recognise
from augury.datasets.labelled_images import ArrayImages, Listing
from augury.datasets.settings import IngestSettings
from tests.augury.datasets.formats.format_contents import pixels, read_folder, refused, skipped_of, survives

CODES = {"u1": 8, "i1": 9, ">i2": 11, ">i4": 12, ">f4": 13, ">f8": 14}
X, Y = pixels(12), np.arange(12, dtype=np.uint8)


def idx(array: npt.NDArray[Any], dtype: str = "u1", shape: tuple[int, ...] | None = None) -> bytes:
    """An array in IDX; *shape* is what it says of itself."""
    sizes = array.shape if shape is None else shape
    return struct.pack(f">HBB{len(sizes)}I", 0, CODES[dtype], len(sizes), *sizes) + array.astype(dtype).tobytes()


IMAGES, LABELS = idx(X), idx(Y)


def listing_of(folder: Path, files: dict[str, bytes]) -> Listing:
    """The listing of what is certainly IDX."""
    listing = read_folder(folder, files, recognise)
    assert listing is not None
    return listing


def all_pixels(listing: Listing) -> Any:
    """The images as one array."""
    assert isinstance(listing.images, ArrayImages)
    return np.asarray(listing.images.pixels)


@pytest.mark.parametrize("packed", [True, False])
def test_mnist_comes_back_with_its_two_splits(tmp_path: Path, packed: bool) -> None:
    """By the names that its files have; train before t10k; classes in the order of numbers."""
    files = {
        "t10k-images-idx3-ubyte": idx(X[:2]),
        "t10k-labels-idx1-ubyte": idx(Y[:2]),
        "train-images-idx3-ubyte": IMAGES,
        "train-labels-idx1-ubyte": LABELS,
        "README": b"about",
    }
    if packed:
        files = {f"{name}.gz": gzip.compress(content) for name, content in files.items()}
    listing = listing_of(tmp_path, files)
    assert np.array_equal(all_pixels(listing), np.concatenate([X, X[:2]]))
    assert listing.labels == [str(label) for label in [*Y, 0, 1]]
    assert listing.splits == ["train"] * 12 + ["test"] * 2
    assert listing.class_names == [str(number) for number in range(12)]
    assert skipped_of(listing) == {"not an IDX file": 1}


@pytest.mark.parametrize(
    ("images", "labels"),
    [("train-images-idx3-ubyte", "train-labels-idx1-ubyte"), ("pictures", "answers"), ("train/images", "train/labels")],
)
def test_one_pair_has_no_fixed_splits(tmp_path: Path, images: str, labels: str) -> None:
    """Whatever the names: content tells what is what."""
    listing = listing_of(tmp_path, {images: IMAGES, labels: LABELS})
    assert listing.splits is None
    assert np.array_equal(all_pixels(listing), X)


@settings(max_examples=15, deadline=None)
@given(dtype=st.sampled_from(sorted(CODES)), channels=st.sampled_from([(), (1,), (3,)]))
def test_every_type_and_shape_comes_back(
    tmp_path_factory: pytest.TempPathFactory, dtype: str, channels: tuple[int, ...]
) -> None:
    """Big-endian, as the format has it."""
    images = pixels(3, 4, 2, *channels).astype(dtype)
    files = {"images": idx(images, dtype), "labels": idx(Y[:3])}
    assert np.array_equal(all_pixels(listing_of(tmp_path_factory.mktemp("idx"), files)), images)


REFUSALS: dict[str, tuple[dict[str, bytes], str]] = {
    "more than there is": ({"images": idx(X, shape=(2**32 - 1, 1024, 1024)), "labels": LABELS}, "idx.size"),
    "less than there is": ({"images": idx(X, shape=(1, 5, 4)), "labels": LABELS}, "idx.size"),
    "nothing": ({"images": idx(X[:0]), "labels": LABELS}, "idx.size"),
    "more than its gzip holds": ({"a.gz": gzip.compress(idx(X, shape=(99, 5, 4))), "labels": LABELS}, "idx.size"),
    "a gzip cut off": ({"a.gz": gzip.compress(IMAGES)[:-9], "labels": LABELS}, "idx.damaged"),
    "too few labels": ({"images": IMAGES, "labels": idx(Y[:-1])}, "labels.count"),
    "no labels": ({"images": IMAGES}, "idx.unpaired"),
    "no images": ({"labels": LABELS}, "idx.unpaired"),
    "other labels": ({"a-images": IMAGES, "b-images": IMAGES, "a-labels": LABELS, "c-labels": LABELS}, "idx.unpaired"),
    "two sets": ({"a-images": IMAGES, "a-labels": LABELS, "b-images": IMAGES, "b-labels": LABELS}, "idx.several"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_files_that_do_not_agree_are_refused(tmp_path: Path, case: str) -> None:
    """Headers with sizes, images with labels, names with names."""
    files, rule = REFUSALS[case]
    assert refused(tmp_path, files, recognise).rule == rule


def test_a_gzip_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    """50 MB of zeros in 50 kB, with an honest header."""
    bomb = gzip.compress(idx(np.zeros((50, 1000, 1000), np.uint8)))
    error = refused(
        tmp_path, {"images.gz": bomb, "labels": LABELS}, recognise, limits=IngestSettings(max_unpacked_bytes=10**7)
    )
    assert error.rule == "archive.bomb"
    assert "AUGURY_INGEST_MAX_UNPACKED_BYTES" in str(error)
    assert sum(path.stat().st_size for path in (tmp_path / "workspace").iterdir()) <= 10**7


@pytest.mark.parametrize(
    "content",
    [b"\0\0\x01\0", b"\0\0\x08", b"\0\0\x08\x09" + bytes(40), gzip.compress(b"text"), b"x"],
    ids=["unknown type", "cut off", "nine dimensions", "packed text", "text"],
)
def test_other_files_are_not_taken_for_idx(tmp_path: Path, content: bytes) -> None:
    """Icons, and what ends too early."""
    assert read_folder(tmp_path, {"favicon.dat": content}, recognise) is None


@settings(max_examples=100, deadline=None, derandomize=True)
@given(offset=st.integers(0, 60), new=st.binary(max_size=6), packed=st.booleans())
def test_no_bytes_upset_the_reader(offset: int, new: bytes, packed: bool) -> None:
    """A file with some bytes exchanged."""
    content = gzip.compress(LABELS) if packed else LABELS
    survives(content[:offset] + new + content[offset + len(new) :], "labels", recognise)
