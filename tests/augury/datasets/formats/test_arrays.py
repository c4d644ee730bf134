"""Arrays: which names are understood, and that nothing in a file is believed or executed."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.datasets.formats.arrays.numpy_arrays import recognise
from augury.datasets.labelled_images import ArrayImages, Listing
from augury.datasets.settings import IngestSettings
from tests.augury.datasets.formats.format_contents import (
    image_at,
    npy,
    npz,
    pixels,
    png,
    read_folder,
    refused,
    skipped_of,
    survives,
)

X, Y = pixels(6, 5, 4), np.array([0, 1, 2, 0, 1, 2])


def listing_of(folder: Path, files: dict[str, bytes], **options: Any) -> Listing:
    """The listing of what is certainly arrays."""
    listing = read_folder(folder, files, recognise, **options)
    assert listing is not None
    return listing


def all_pixels(listing: Listing) -> Any:
    """The images as one array."""
    assert isinstance(listing.images, ArrayImages)
    return np.asarray(listing.images.pixels)


def header(description: str, shape: str, *, version: int = 1, length: int | None = None, body: int = 0) -> bytes:
    """An npy file that says anything at all."""
    text = f"{{'descr': {description}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = (len(text) if length is None else length).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + bytes(body)


@pytest.mark.parametrize("packed", [True, False])
def test_keras_pair_of_train_and_test_becomes_two_splits(tmp_path: Path, packed: bool) -> None:
    """As keras.datasets stores them; train comes first."""
    content = npz(x_test=X[4:], y_test=Y[4:], x_train=X[:4], y_train=Y[:4], packed=packed)
    listing = listing_of(tmp_path, {"mnist.npz": content})
    assert np.array_equal(all_pixels(listing), X)
    assert listing.labels == [str(label) for label in Y]
    assert listing.splits == ["train"] * 4 + ["test"] * 2
    assert listing.names[3:5] == ["x_train[3]", "x_test[0]"]
    assert listing.class_names == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("images", "labels"),
    [("x", "y"), ("X", "Y"), ("images", "labels"), ("data", "target"), ("train_images", "train_labels")],
)
def test_the_usual_names_are_understood(tmp_path: Path, images: str, labels: str) -> None:
    """In an npz and as npy files side by side; a part alone is no split."""
    (tmp_path / "npz").mkdir()
    (tmp_path / "npy").mkdir()
    together = listing_of(tmp_path / "npz", {"a.npz": npz(**{images: X, labels: Y})})
    apart = listing_of(tmp_path / "npy", {f"{images}.npy": npy(X), f"{labels}.npy": npy(Y)})
    assert together.labels == apart.labels == [str(label) for label in Y]
    assert together.splits is None
    assert np.array_equal(all_pixels(together), X)
    assert np.array_equal(all_pixels(apart), X)


def test_folders_and_file_names_may_say_the_split(tmp_path: Path) -> None:
    """train/images.npy, and validation.npz."""
    files = {"train/images.npy": npy(X), "train/labels.npy": npy(Y), "validation.npz": npz(x=X[:1], y=Y[:1])}
    assert listing_of(tmp_path, files).splits == ["train"] * 6 + ["validation"]


@pytest.mark.parametrize("key", ["arr_0", "data", "array"])
@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("k49-{}-imgs", "k49-{}-labels"),
        ("{}_images", "{}_labels"),
        ("X_{}", "y_{}"),
        ("x{}", "y{}"),
        ("mydata_x_{}_v2", "mydata_y_{}_v2"),
        ("{}/imgs", "{}/lbls"),
        ("emnist-letters-{}-images", "emnist-letters-{}-labels"),
    ],
)
def test_files_with_one_array_each_pair_up_by_their_names(tmp_path: Path, key: str, images: str, labels: str) -> None:
    """Whatever the dataset's name before or after, and whatever the only array inside is called; npz or npy."""
    parts = {"train": slice(0, 3), "valid": slice(3, 4), "test": slice(4, 6)}
    packed = {
        f"{name.format(split)}.npz": npz(**{key: array[rows]})
        for split, rows in parts.items()
        for name, array in ((images, X), (labels, Y))
    }
    plain = {
        f"{name.format(split)}.npy": npy(array[rows])
        for split, rows in parts.items()
        for name, array in ((images, X), (labels, Y))
    }
    for folder, files in (("packed", packed), ("plain", plain)):
        (tmp_path / folder).mkdir()
        listing = listing_of(tmp_path / folder, files)
        assert listing.splits == ["train"] * 3 + ["validation"] + ["test"] * 2
        assert listing.labels == [str(label) for label in Y]
        assert np.array_equal(all_pixels(listing), X)


@pytest.mark.parametrize(
    "labels",
    [
        Y.astype(np.uint8),
        Y.astype(np.float32),
        Y[:, np.newaxis],
        np.eye(3)[Y],
        np.eye(3, dtype=bool)[Y],
        Y.astype("U3"),
        Y.astype("S3"),
        Y.astype(">i8"),
    ],
    ids=["uint8", "float", "column", "one-hot", "booleans", "text", "bytes", "big-endian"],
)
def test_labels_come_in_many_forms(tmp_path: Path, labels: np.ndarray[Any, Any]) -> None:
    """Numbers, text, a column, one-hot rows."""
    assert listing_of(tmp_path, {"a.npz": npz(x=X, y=labels)}).labels == ["0", "1", "2", "0", "1", "2"]


def test_class_names_splits_and_groups_are_arrays_too(tmp_path: Path) -> None:
    """Classes keep the order of the names that are given; arrays of no use are counted."""
    names = np.array(["zebra", "ant", "cow"])
    splits = np.array(["train", "train", "test"] * 2)
    content = npz(images=X, labels=Y, class_names=names, splits=splits, patients=Y * 2, mean=X[0])
    listing = listing_of(tmp_path, {"a.npz": content})
    assert listing.labels == ["zebra", "ant", "cow"] * 2
    assert listing.class_names == ["zebra", "ant", "cow"]
    assert listing.splits == ["train", "train", "test"] * 2
    assert listing.groups == ["0", "2", "4"] * 2
    assert skipped_of(listing) == {"not part of the arrays": 1}


def test_keys_of_any_name_can_be_given(tmp_path: Path) -> None:
    """For all four purposes."""
    content = npz(bilder=X, klassen=Y, teil=np.array(["train", "test"] * 3), wer=Y)
    columns = {"file": "bilder", "label": "klassen", "split": "teil", "group": "wer"}
    listing = listing_of(tmp_path, {"a.npz": content}, columns=columns)
    assert listing.splits == ["train", "test"] * 3
    assert listing.groups == ["0", "1", "2"] * 2


def test_arrays_in_fortran_order_are_the_same_images(tmp_path: Path) -> None:
    """Alone, and joined with others."""
    content = npz(x_train=np.asfortranarray(X), y_train=Y, x_test=X, y_test=Y)
    assert np.array_equal(all_pixels(listing_of(tmp_path, {"a.npz": content})), np.concatenate([X, X]))


def test_what_cannot_be_executed_is_not(tmp_path: Path) -> None:
    """A pickle in an npy or in an npz is refused and never run."""

    class Touch:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.touch, (Path(tmp_path / "touched"),)  # type: ignore[return-value]

    objects = np.array([Touch()], dtype=object)
    for number, files in enumerate(
        [{"x.npy": npy(objects), "y.npy": npy(Y)}, {"a.npz": npz(x=objects, y=Y)}, {"a.npz": npz(x=X, y=objects)}]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert refused(folder, files, recognise).rule == "array.pickled"
    bare = pickle.dumps(Touch())
    survives(bare, "x.npy", recognise)
    assert not (tmp_path / "touched").exists()


LIES = {
    "a terabyte": (header("'<f8'", "(131072, 1024, 1024)"), "array.header_lies"),
    "32 GiB": (header("'|u1'", "(34359738368,)"), "array.header_lies"),
    "beyond 64 bits": (header("'|u1'", f"({10**18}, {10**18}, {10**18})"), "array.header_lies"),
    "too little": (header("'|u1'", "(2, 2, 2)", body=9), "array.header_lies"),
    "a negative side": (header("'|u1'", "(-1, 2, 2)", body=4), "array.header_lies"),
    "items of nothing": (header("'<U0'", "(1000000000000,)"), "array.header_lies"),
    "a longer header": (header("'|u1'", "(2, 2, 2)", length=60_000), "array.header_lies"),
    "a header of 4 GiB": (header("'|u1'", "(2,)", version=2, length=2**32 - 1), "array.header_lies"),
    "records": (header("[('a', '<i4'), ('b', 'O')]", "(2,)", body=24), "array.pickled"),
    "fields": (header("[('a', '<i4')]", "(2,)", body=8), "array.dtype"),
    "dates": (header("'<M8[s]'", "(2,)", body=16), "array.dtype"),
    "objects": (header("'|O'", "(2,)", body=16), "array.pickled"),
    "code": (header("__import__('os')", "(2,)", body=16), "array.damaged"),
    "a nest of brackets": (header("'|u1'", "(" * 5000), "array.damaged"),
    "another version": (header("'|u1'", "(2, 2, 2)", version=9, body=8), "array.damaged"),
    "its name only": (b"\x93NUMPY", "array.damaged"),
}


@pytest.mark.parametrize("case", LIES)
@pytest.mark.parametrize("container", ["npy", "npz"])
def test_a_header_is_believed_only_if_the_bytes_agree(tmp_path: Path, case: str, container: str) -> None:
    """Before anything of the size it claims is allocated."""
    content, rule = LIES[case]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", npy(Y))
    files = {"a.npz": buffer.getvalue()} if container == "npz" else {"x.npy": content, "y.npy": npy(Y)}
    assert refused(tmp_path, files, recognise).rule == rule


def test_an_npz_bomb_is_stopped_by_its_ratio(tmp_path: Path) -> None:
    """30 MB of zeros in 30 kB; the limit's variable is named, and no more than it is written."""
    limits = IngestSettings(max_ratio=10)
    error = refused(tmp_path, {"a.npz": npz(x=np.zeros((30, 1000, 1000), np.uint8), y=Y)}, recognise, limits=limits)
    assert error.rule == "archive.bomb"
    assert "AUGURY_INGEST_MAX_RATIO" in str(error)
    assert sum(path.stat().st_size for path in (tmp_path / "workspace").iterdir()) < 4_000_000


def test_an_npz_with_a_wrong_checksum_is_damaged(tmp_path: Path) -> None:
    """One flipped bit in the middle of the images."""
    content = bytearray(npz(x=X, y=Y, packed=False))
    content[200] ^= 1
    assert refused(tmp_path, {"a.npz": bytes(content)}, recognise).rule == "array.damaged"


REFUSALS: dict[str, tuple[dict[str, bytes], str]] = {
    "no labels": ({"x.npy": npy(X)}, "labels.missing"),
    "no labels in an npz": ({"a.npz": npz(arr_0=X)}, "labels.missing"),
    "no known names": ({"a.npz": npz(arr_0=X, arr_1=Y)}, "array.keys"),
    "two candidates": ({"a.npz": npz(x=X, images=X, y=Y)}, "array.keys"),
    "a part without a split": ({"a.npz": npz(x=X, y=Y, x_test=X, y_test=Y)}, "array.keys"),
    "too few labels": ({"a.npz": npz(x=X, y=Y[:-1])}, "labels.count"),
    "two classes at once": ({"a.npz": npz(x=X, y=np.ones((6, 3)))}, "labels.one_hot"),
    "labels between classes": ({"a.npz": npz(x=X, y=Y + 0.5)}, "labels.dtype"),
    "labels that are no numbers": ({"a.npz": npz(x=X, y=Y + 0.5)}, "labels.dtype"),
    "labels in three dimensions": ({"a.npz": npz(x=X, y=X)}, "labels.shape"),
    "fewer names than classes": ({"a.npz": npz(x=X, y=Y, class_names=np.array(["a"]))}, "labels.names"),
    "vectors instead of images": ({"a.npz": npz(x=X.reshape(6, -1), y=Y)}, "array.shape"),
    "no images": ({"a.npz": npz(x=X[:0], y=Y[:0])}, "array.shape"),
    "sizes that differ": ({"a.npz": npz(x_train=X, y_train=Y, x_test=X[:, 1:], y_test=Y)}, "array.shapes_differ"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, case: str) -> None:
    """With a rule for each mistake."""
    files, rule = REFUSALS[case]
    assert refused(tmp_path, files, recognise).rule == rule


@pytest.mark.parametrize("files", [{}, {"mean.npy": npy(X)}, {"notes.txt": b"x"}])
def test_arrays_that_do_not_pair_up_beside_images_are_left_alone(tmp_path: Path, files: dict[str, bytes]) -> None:
    """A mean image, for example."""
    assert read_folder(tmp_path, {"cat/a.png": png(1), "dog/a.png": png(2), **files}, recognise) is None


@settings(max_examples=20, deadline=None)
@given(
    dtype=st.sampled_from(["u1", "<u2", ">u2", "<i4", "<f4", ">f8", "?"]),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4)),
    channels=st.sampled_from([(), (1,), (3,)]),
)
def test_whatever_numpy_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, dtype: str, shape: tuple[int, int, int], channels: tuple[int, ...]
) -> None:
    """Every kind of number, in every shape of images."""
    images = pixels(shape[0], *shape[1:], *channels).astype(dtype)
    listing = listing_of(tmp_path_factory.mktemp("arrays"), {"a.npz": npz(x=images, y=np.arange(len(images)))})
    assert np.array_equal(all_pixels(listing), images)
    assert all_pixels(listing).dtype == np.dtype(dtype)
    assert np.array_equal(image_at(listing, 0), images[0])


VALID = {"a.npz": npz(x=X, y=Y, packed=False), "b.npz": npz(x=X, y=Y), "x.npy": npy(X)}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(name=st.sampled_from(list(VALID)), position=st.floats(0, 1), new=st.binary(max_size=8), cut=st.booleans())
def test_no_bytes_upset_the_reader(name: str, position: float, new: bytes, cut: bool) -> None:
    """Files with some bytes exchanged, or cut off there."""
    content = VALID[name]
    offset = int(position * len(content))
    survives(content[:offset] + new + (b"" if cut else content[offset + len(new) :]), name, recognise)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.binary(max_size=100))
def test_no_bytes_after_the_magic_upset_the_reader(rest: bytes) -> None:
    """A header is not even a header."""
    survives(b"\x93NUMPY" + rest, "x.npy", recognise)
    survives(b"PK\x03\x04" + rest, "a.npz", recognise)
