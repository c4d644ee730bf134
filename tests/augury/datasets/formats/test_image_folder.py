"""Class folders, with splits around them or not, deep or ragged: where the labels come from, and what is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from api_schemas.datasets.references import ImageOptions
from augury.datasets.formats import recognise
from augury.datasets.labelled_images import Listing
from tests.augury.datasets.makers import LIMITS, encoded, folder_of, opened, photographs, pixels, read, refused, zip_of

IMAGE = encoded(pixels())


def listed(path: Path, *names: str, **others: bytes) -> Listing:
    """What is recognised in a folder with these images."""
    folder_of(path / "given", dict.fromkeys(names, IMAGE) | others)
    with opened(path / "given") as contents:
        return recognise(contents, ImageOptions(), LIMITS)


def reasons(listing: Listing) -> dict[str, int]:
    """What was skipped, by reason."""
    return {entry.reason: entry.count for entry in listing.skipped.summary()}


def test_the_first_folder_is_the_class(tmp_path: Path) -> None:
    """Deeper folders belong to it."""
    listing = listed(tmp_path, "b/1.png", "a/deep/deeper/2.png", "a/3.jpg")
    assert listing.format == "image folder"
    assert listing.names == ["a/3.jpg", "a/deep/deeper/2.png", "b/1.png"]
    assert listing.labels == ["a", "a", "b"]
    assert listing.splits is None


def test_folders_around_the_classes_are_left_out_even_beside_other_files(tmp_path: Path) -> None:
    """A note beside the one folder does not become a level."""
    listing = listed(tmp_path, "images/all/a/1.png", "images/all/b/2.png", **{"README.md": b"# hello"})
    assert listing.labels == ["a", "b"]
    assert reasons(listing) == {"not an image": 1}


def test_split_folders_give_fixed_splits(tmp_path: Path) -> None:
    """Under any of their usual names."""
    listing = listed(tmp_path, "Train/a/1.png", "Train/b/2.png", "val/a/3.png", "testing/b/4.png")
    assert list(zip(listing.labels, listing.splits or [], strict=True)) == [
        ("a", "train"),
        ("b", "train"),
        ("b", "test"),
        ("a", "validation"),
    ]


def test_one_split_alone_is_none(tmp_path: Path) -> None:
    """A training folder leaves the split to the trials; test images without classes are counted."""
    listing = listed(tmp_path, "train/a/1.png", "train/b/2.png", "test/3.png", "test/4.png")
    assert (listing.labels, listing.splits) == (["a", "b"], None)
    assert reasons(listing) == {"lies in a folder of images without classes": 2}


def test_splits_are_no_classes(tmp_path: Path) -> None:
    """Images right in the folders of splits have no label."""
    with refused("labels.missing"):
        listed(tmp_path, "train/1.png", "test/2.png")


def test_what_lies_beside_the_splits_is_counted(tmp_path: Path) -> None:
    """It belongs to none."""
    listing = listed(tmp_path, "train/a/1.png", "test/a/2.png", "extra/a/3.png")
    assert listing.labels == ["a", "a"]
    assert reasons(listing) == {"lies beside the folders of the splits": 1}


def test_images_beside_the_class_folders_are_counted(tmp_path: Path) -> None:
    """They have no class."""
    listing = listed(tmp_path, "a/1.png", "b/2.png", "3.png")
    assert listing.labels == ["a", "b"]
    assert reasons(listing) == {"lies in no class's folder": 1}


def test_images_are_known_by_their_bytes_where_their_names_do_not_tell(tmp_path: Path) -> None:
    """No extension, or a wrong one."""
    listing = listed(tmp_path, "a/one", "a/two.dat", "b/three.png", **{"b/four.dat": b"nothing", "b/five": b""})
    assert listing.names == ["a/one", "a/two.dat", "b/three.png"]
    assert reasons(listing) == {"not an image": 2}


def test_archives_inside_are_not_opened(tmp_path: Path) -> None:
    """Not one level, and not three."""
    inner = zip_of(tmp_path / "inner.zip", photographs()).read_bytes()
    middle = zip_of(tmp_path / "middle.zip", {"inner.zip": inner}).read_bytes()
    listing = listed(tmp_path, "a/1.png", "b/2.png", **{"b/more.zip": middle, "b/unnamed": inner})
    assert len(listing.names) == 2
    assert reasons(listing) == {"archive inside the reference, not opened": 2}


def test_images_without_class_folders_are_refused(tmp_path: Path) -> None:
    """The message says what was expected."""
    with refused("labels.missing", "2 images", "a folder for each class", "manifest"):
        listed(tmp_path, "images/1.png", "images/2.png")


def test_a_folder_of_images_alone_is_the_class_that_it_is_called(tmp_path: Path) -> None:
    """Whoever names ~/dog means dogs; a note says what was taken."""
    facts = read(folder_of(tmp_path / "dog", {f"{number}.png": encoded(pixels(number)) for number in range(3)})).facts
    assert facts.classes == {"dog": 3}
    assert any("all images lie in one folder, 'dog'" in warning for warning in facts.warnings)


@pytest.mark.parametrize("name", ["images", "train", "data"])
def test_a_folder_that_is_called_nothing_in_particular_is_no_class(tmp_path: Path, name: str) -> None:
    """Its name says nothing of what is in it."""
    with refused("labels.missing"):
        read(folder_of(tmp_path / name, {"1.png": encoded(pixels())}))


def test_facts_tell_of_the_splits_and_extensions(tmp_path: Path) -> None:
    """By class, in the splits' order."""
    files = {f"{split}/{name}": content for split in ("train", "test") for name, content in photographs().items()}
    facts = read(folder_of(tmp_path / "given", files)).facts
    assert facts.splits == {"train": {"class-0": 3, "class-1": 3}, "test": {"class-0": 3, "class-1": 3}}
    assert facts.extensions == {".png": 12}
    assert facts.duplicates_across_splits == 6
