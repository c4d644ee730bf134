"""``upload`` and ``builtin`` references: what the service or an installed package has already."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from augury.datasets.labelled_images import ArrayImages, Listing
from augury.datasets.sources import fetch
from augury.datasets.sources.base import Request
from augury.datasets.sources.builtin import of_pairs
from augury.failures import DatasetError
from store.files.artifacts import Artifacts
from tests.augury.datasets.sources.fetches import content_of, request_for

CONTENT = b"an uploaded file"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(params=["folder", "bucket"])
def request_of_upload(request: pytest.FixtureRequest, tmp_path: Path) -> Request:
    """A request for an upload that was stored in a folder, and in a bucket."""
    made = request_for(tmp_path, {"kind": "upload", "sha256": SHA256})
    url = str(tmp_path / "artifacts") if request.param == "folder" else f"s3://{request.getfixturevalue('bucket')}/a"
    artifacts = Artifacts(url)
    artifacts.write(f"uploads/{SHA256}", CONTENT)
    return Request(made.reference, made.workspace, artifacts, made.settings, made.report)


def _fetch(request: Request) -> object:
    return fetch(request.reference, request.workspace, request.artifacts, request.settings, request.report)


def _rule(request: Request) -> str:
    with pytest.raises(DatasetError) as caught:
        _fetch(request)
    return caught.value.rule


def test_an_upload_is_found_by_its_checksum(request_of_upload: Request) -> None:
    """Wherever artifacts are kept; in a folder it is not copied."""
    assert content_of(_fetch(request_of_upload)) == CONTENT
    copies = [path.name for path in request_of_upload.workspace.iterdir()]
    assert copies == ([] if request_of_upload.artifacts.is_local else ["upload"])


def test_an_upload_that_was_removed_is_missing(request_of_upload: Request) -> None:
    """Which is what the client has to hear."""
    request_of_upload.artifacts.delete(f"uploads/{SHA256}")
    assert _rule(request_of_upload) == "upload.missing"


def test_an_upload_that_changed_in_the_bucket_is_refused(bucket: str, tmp_path: Path) -> None:
    """It is not what was uploaded."""
    made = request_for(tmp_path, {"kind": "upload", "sha256": SHA256})
    artifacts = Artifacts(f"s3://{bucket}/a")
    artifacts.write(f"uploads/{SHA256}", CONTENT[::-1])
    assert _rule(Request(made.reference, made.workspace, artifacts, made.settings, made.report)) == "upload.damaged"


def test_the_digits_come_as_arrays(tmp_path: Path) -> None:
    """1,797 images of 8x8 in one channel, 0 to 255, with their classes in order and no fixed splits."""
    listing = _fetch(request_for(tmp_path, {"kind": "builtin", "name": "digits"}))
    assert isinstance(listing, Listing)
    assert isinstance(listing.images, ArrayImages)
    pixels = listing.images.pixels
    assert (pixels.shape, pixels.dtype, pixels.min(), pixels.max()) == ((1797, 8, 8, 1), np.uint8, 0, 255)
    assert list(listing.class_names or ()) == sorted(set(listing.labels)) == [str(digit) for digit in range(10)]
    assert len(listing.names) == len(set(listing.names)) == len(listing.labels) == 1797
    assert listing.splits is None


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
        _fetch(request)
    assert caught.value.rule == "builtin.downloads"


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    """Even where downloads are allowed, and before Keras is asked."""
    assert _rule(request_for(tmp_path, {"kind": "builtin", "name": "letters"}, downloads=True)) == "builtin.unknown"
