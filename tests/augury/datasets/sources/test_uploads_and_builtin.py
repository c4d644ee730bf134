"""``upload`` and ``builtin`` references: what the service or an installed package has already."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from augury.datasets.errors import DatasetError
from augury.datasets.labelled_images import ArrayImages, Listing
from augury.datasets.sources import fetch
from augury.datasets.sources.base import Request
from augury.datasets.sources.builtin import digits, of_pairs
from tests.augury.datasets.sources.fetches import content_of, request_for

CONTENT = b"an uploaded file"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def _upload(folder: Path, content: bytes = CONTENT, **settings: Any) -> Request:
    """A request for an upload that was brought here."""
    (folder / "file").write_bytes(content)
    made = request_for(folder, {"kind": "upload", "sha256": SHA256}, **settings)
    return replace(made, upload=folder / "file")


def _rule(request: Request) -> str:
    with pytest.raises(DatasetError) as caught:
        fetch(request)
    return caught.value.rule


def test_an_upload_is_opened_where_it_was_brought_to(tmp_path: Path) -> None:
    """It is not copied."""
    request = _upload(tmp_path)
    assert content_of(fetch(request)) == CONTENT
    assert list(request.workspace.iterdir()) == []


def test_an_upload_that_nobody_brought_is_missing(tmp_path: Path) -> None:
    """Whether it was not brought at all, or is gone."""
    assert _rule(replace(_upload(tmp_path), upload=None)) == "upload.missing"
    assert _rule(replace(_upload(tmp_path), upload=tmp_path / "gone")) == "upload.missing"


def test_an_upload_whose_content_changed_is_refused(tmp_path: Path) -> None:
    """It is not what was uploaded."""
    assert _rule(_upload(tmp_path, CONTENT[::-1])) == "upload.damaged"


def test_an_upload_with_too_many_bytes_is_refused(tmp_path: Path) -> None:
    """The limit may have been lowered since it was accepted."""
    assert _rule(_upload(tmp_path, max_bytes=3)) == "upload.too_large"


def test_the_digits_come_as_arrays(tmp_path: Path) -> None:
    """1,797 images of 8x8 in one channel, 0 to 255, with their classes in order and no fixed splits."""
    listing = fetch(request_for(tmp_path, {"kind": "builtin", "name": "digits"}))
    assert isinstance(listing, Listing)
    assert isinstance(listing.images, ArrayImages)
    pixels = listing.images.pixels
    assert (pixels.shape, pixels.dtype, pixels.min(), pixels.max()) == ((1797, 8, 8, 1), np.uint8, 0, 255)
    assert list(listing.class_names or ()) == sorted(set(listing.labels)) == [str(digit) for digit in range(10)]
    assert len(listing.names) == len(set(listing.names)) == len(listing.labels) == 1797
    assert listing.splits is None


def test_the_digits_are_those_of_scikit_learn() -> None:
    """Its own function reads the same images and labels from its file as is done here without it."""
    listing, bunch = digits(), load_digits()
    assert isinstance(listing.images, ArrayImages)
    np.testing.assert_array_equal(listing.images.pixels[..., 0], np.rint(bunch.images * (255 / 16)).astype(np.uint8))
    assert listing.labels == [str(label) for label in bunch.target]


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("mnist", (28, 28), 10),
        ("fashion_mnist", (28, 28), 10),
        ("cifar10", (32, 32, 3), 10),
        ("cifar100", (32, 32, 3), 100),
    ],
)
def test_kerass_sets_become_splits(name: str, shape: tuple[int, ...], classes: int) -> None:
    """Training and test images in one list, each knowing where it was; labels by their names."""
    training, test = np.zeros((classes, *shape), np.uint8), np.ones((3, *shape), np.uint8)
    labels = np.arange(classes).reshape(-1, 1) if len(shape) == 3 else np.arange(classes)
    listing = of_pairs(name, (training, labels), (test, labels[:3]))
    assert isinstance(listing.images, ArrayImages)
    assert listing.images.pixels.shape == (classes + 3, *shape)
    assert list(listing.labels) == [*(listing.class_names or ()), *(listing.class_names or ())[:3]]
    assert len(set(listing.labels)) == classes
    assert list(listing.splits or ()) == ["train"] * classes + ["test"] * 3


def test_kerass_sets_are_not_downloaded_unless_the_operator_allows_it(tmp_path: Path) -> None:
    """The message says what to set."""
    request = request_for(tmp_path, {"kind": "builtin", "name": "mnist"})
    with pytest.raises(DatasetError, match="AUGURY_INGEST_DOWNLOADS") as caught:
        fetch(request)
    assert caught.value.rule == "builtin.downloads"


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    """Even where downloads are allowed, and before Keras is asked."""
    assert _rule(request_for(tmp_path, {"kind": "builtin", "name": "letters"}, downloads=True)) == "builtin.unknown"
