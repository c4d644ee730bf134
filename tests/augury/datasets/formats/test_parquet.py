"""Parquet with the images in it: Hugging Face's layout, read a few rows at a time."""

from __future__ import annotations

import io
import json
import multiprocessing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.datasets.errors import DatasetError
from augury.datasets.formats.tables import manifest
from augury.datasets.formats.tables.parquet import recognise
from augury.datasets.formats.tables.parquet_images import ParquetImages, Shard, require_small_row_groups
from augury.datasets.labelled_images import Listing
from augury.datasets.settings import IngestSettings
from tests.augury.datasets.formats.format_contents import (
    image_at,
    png,
    read_folder,
    refused,
    same_images,
    skipped_of,
    survives,
)

COUNT = 100
IMAGES = [png(value) for value in range(COUNT)]
CLASSES = ["zebra", "ant", "cow"]
LABELS = [number % 3 for number in range(COUNT)]


def hugging_face(
    images: list[bytes | None] = IMAGES,  # type: ignore[assignment]
    labels: list[Any] = LABELS,
    classes: list[str] | None = CLASSES,
    row_group_size: int = 30,
    **more: list[Any],
) -> bytes:
    """A shard as the hub converts datasets: a struct of bytes and path, and the features in the metadata."""
    structs = [{"bytes": image, "path": f"{number}.png"} for number, image in enumerate(images)]
    table = pa.table({"image": structs, "label": labels, **more})
    if classes:
        features = {"image": {"_type": "Image"}, "label": {"names": classes, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    return written(table, row_group_size)


def written(table: pa.Table, row_group_size: int = 30) -> bytes:
    """A table as pyarrow writes it."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, row_group_size=row_group_size)
    return buffer.getvalue()


def listing_of(folder: Path, files: dict[str, bytes], **options: Any) -> Listing:
    """The listing of what is certainly Parquet with images."""
    listing = read_folder(folder, files, recognise, **options)
    assert listing is not None
    return listing


def test_a_dataset_of_the_hub_comes_back_with_its_class_names(tmp_path: Path) -> None:
    """In the order of the ClassLabel, which is not the alphabet's."""
    listing = listing_of(tmp_path, {"train-00000-of-00001.parquet": hugging_face()})
    assert same_images(listing, IMAGES)
    assert listing.labels == [CLASSES[label] for label in LABELS]
    assert listing.class_names == CLASSES
    assert listing.splits is None
    assert listing.names[31] == "train-00000-of-00001[31]"


def test_shards_are_one_dataset_with_the_splits_of_their_names(tmp_path: Path) -> None:
    """Several for train, one in a folder called test."""
    files = {
        "data/train-00000-of-00002.parquet": hugging_face(IMAGES[:40], LABELS[:40]),  # type: ignore[arg-type]
        "data/train-00001-of-00002.parquet": hugging_face(IMAGES[40:90], LABELS[40:90]),  # type: ignore[arg-type]
        "test/0000.parquet": hugging_face(IMAGES[90:], LABELS[90:]),  # type: ignore[arg-type]
    }
    listing = listing_of(tmp_path, files)
    assert same_images(listing, IMAGES)
    assert listing.splits == ["train"] * 90 + ["test"] * 10


def test_binary_columns_text_labels_splits_and_groups_are_understood(tmp_path: Path) -> None:
    """Without any metadata, in any order of columns; whole numbers sort as numbers."""
    table = pa.table(
        {
            "patient_id": [1, 1, 2],
            "label": ["10", "9", "10"],
            "image": pa.array(IMAGES[:3], pa.large_binary()),
            "split": ["train", "test", "train"],
        }
    )
    listing = listing_of(tmp_path, {"a.parquet": written(table)})
    assert same_images(listing, IMAGES[:3])
    assert (listing.labels, listing.class_names) == (["10", "9", "10"], ["9", "10"])
    assert (listing.splits, listing.groups) == (["train", "test", "train"], ["1", "1", "2"])


def test_of_several_labels_one_must_be_chosen(tmp_path: Path) -> None:
    """CIFAR-100 has fine and coarse ones."""
    table = pa.table({"img": IMAGES[:2], "fine_label": [3, 4], "coarse_label": [1, 1]})
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    error = refused(tmp_path / "one", {"a.parquet": written(table)}, recognise)
    assert error.rule == "manifest.columns"
    assert "'fine_label', 'coarse_label'" in str(error)
    assert listing_of(tmp_path / "two", {"a.parquet": written(table)}, columns={"label": "fine_label"}).labels == [
        "3",
        "4",
    ]


def test_rows_without_a_label_are_counted(tmp_path: Path) -> None:
    """Nulls, and the hub's -1; the other rows keep their images."""
    listing = listing_of(tmp_path, {"a.parquet": hugging_face(IMAGES[:4], [0, None, -1, 2])})  # type: ignore[arg-type]
    assert listing.labels == ["zebra", "cow"]
    assert same_images(listing, [IMAGES[0], IMAGES[3]])
    assert skipped_of(listing) == {"row without a label": 2}


def test_images_are_read_in_any_order_by_several_processes(tmp_path: Path) -> None:
    """Forwards, backwards, and in forked children after the parent has read."""
    listing = listing_of(tmp_path, {"a.parquet": hugging_face()})
    image_at(listing, 50)
    with multiprocessing.get_context("fork").Pool(2, initializer=_inherit, initargs=(listing,)) as pool:
        order = [*range(COUNT), *reversed(range(COUNT)), *range(0, COUNT, 7)]
        assert pool.map(_inherited_image, order, chunksize=13) == [IMAGES[index] for index in order]


def test_rows_that_are_not_kept_any_more_are_read_again(tmp_path: Path) -> None:
    """Backwards through a row group of which only a few rows stay in memory."""
    path = tmp_path / "a.parquet"
    path.write_bytes(hugging_face(row_group_size=COUNT))
    reader = ParquetImages(
        [Shard(path, "a.parquet", "image")], [(0, row) for row in range(COUNT)], 10_000, max_kept_bytes=1
    )
    assert [reader.read(row) for row in reversed(range(COUNT))] == IMAGES[::-1]


_INHERITED: list[Listing] = []


def _inherit(listing: Listing) -> None:
    _INHERITED.append(listing)


def _inherited_image(index: int) -> Any:
    return image_at(_INHERITED[0], index)


@pytest.mark.parametrize("index", [0, 1])
def test_a_path_instead_of_bytes_is_an_error(tmp_path: Path, index: int) -> None:
    """The first row's at once, another's when it is read."""
    images: list[bytes | None] = [IMAGES[0], IMAGES[1]]
    images[index] = None
    files = {"a.parquet": hugging_face(images, [0, 1])}
    with pytest.raises(DatasetError) as caught:
        image_at(listing_of(tmp_path, files), 1)
    assert caught.value.rule == "parquet.no_bytes"


def test_a_row_group_that_is_too_large_is_refused(tmp_path: Path) -> None:
    """With the advice to write smaller ones."""
    path = tmp_path / "a.parquet"
    path.write_bytes(hugging_face())
    with pytest.raises(DatasetError) as caught:
        require_small_row_groups(Shard(path, "a.parquet", "image"), max_bytes=2000)
    assert caught.value.rule == "parquet.row_group"
    assert "row_group_size" in str(caught.value)


def test_an_image_that_is_too_large_concerns_itself_only(tmp_path: Path) -> None:
    """Its rule begins with "file."."""
    files = {"a.parquet": hugging_face([IMAGES[0], bytes(5000)], [0, 1])}
    listing = listing_of(tmp_path, files, limits=IngestSettings(max_image_bytes=1000))
    with pytest.raises(DatasetError) as caught:
        image_at(listing, 1)
    assert caught.value.rule == "file.too_large"


REFUSALS: dict[str, tuple[dict[str, bytes], str]] = {
    "cut off": ({"a.parquet": hugging_face()[:-20]}, "parquet.damaged"),
    "the first bytes only": ({"a.parquet": b"PAR1"}, "parquet.damaged"),
    "no label column": ({"a.parquet": written(pa.table({"image": IMAGES}))}, "manifest.columns"),
    "no labels": ({"a.parquet": hugging_face(labels=[None] * COUNT)}, "parquet.empty"),
    "an unknown class": ({"a.parquet": hugging_face(labels=[7] * COUNT)}, "labels.names"),
    "an odd split": ({"a.parquet": hugging_face(split=["train"] * 50 + ["x"] * 50)}, "parquet.splits"),
    "a shard of no split": ({"train.parquet": hugging_face(), "more.parquet": hugging_face()}, "parquet.splits"),
    "two images": (
        {"a.parquet": written(pa.table({"image": IMAGES, "img": IMAGES, "label": LABELS}))},
        "manifest.columns",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, case: str) -> None:
    """With a rule for each mistake."""
    files, rule = REFUSALS[case]
    assert refused(tmp_path, files, recognise).rule == rule


def test_a_table_of_file_names_is_left_to_the_manifests_and_images_are_not(tmp_path: Path) -> None:
    """Each reader knows its own."""
    (tmp_path / "names").mkdir()
    (tmp_path / "images").mkdir()
    names = {"a.parquet": written(pa.table({"file": ["x.png"], "label": ["a"]})), "x.png": IMAGES[0]}
    assert read_folder(tmp_path / "names", names, recognise) is None
    assert read_folder(tmp_path / "images", {"a.parquet": hugging_face()}, manifest.recognise) is None


VALID = hugging_face(IMAGES[:8], LABELS[:8], row_group_size=4)  # type: ignore[arg-type]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(index=st.integers(0, len(VALID)), new=st.binary(max_size=6), cut=st.booleans())
def test_no_bytes_upset_the_reader(index: int, new: bytes, cut: bool) -> None:
    """A file with some bytes exchanged, or cut off."""
    survives(VALID[:index] + new + (b"" if cut else VALID[index + len(new) :]), "a.parquet", recognise)
