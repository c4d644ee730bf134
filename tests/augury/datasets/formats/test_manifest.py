"""Manifests: which tables are understood, and what is refused in which words."""

from __future__ import annotations

import csv
import io
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augury.datasets.errors import DatasetError
from augury.datasets.formats.tables.manifest import recognise
from augury.datasets.labelled_images import Listing
from augury.datasets.settings import IngestSettings
from tests.augury.datasets.formats.format_contents import png, read_folder, refused, same_images, skipped_of, survives

IMAGES = {f"images/{name}.png": png(value) for name, value in (("a", 10), ("b", 20), ("c", 30))}
TABLE = "file,label\nimages/a.png,cat\nimages/b.png,dog\nimages/c.png,cat\n"


def listing_of(folder: Path, table: str | bytes, name: str = "labels.csv", **options: Any) -> Listing:
    """The listing of the three images with a table beside them."""
    content = table.encode() if isinstance(table, str) else table
    listing = read_folder(folder, {**IMAGES, name: content}, recognise, **options)
    assert listing is not None
    return listing


def refusal(folder: Path, table: str | bytes, **options: Any) -> DatasetError:
    """How the three images with a table beside them are refused."""
    content = table.encode() if isinstance(table, str) else table
    return refused(folder, {**IMAGES, "labels.csv": content}, recognise, **options)


def test_a_csv_names_images_and_their_labels_in_its_order(tmp_path: Path) -> None:
    """The rows' order is the images' order, and the bytes are the files'."""
    listing = listing_of(tmp_path, "file,label\nimages/b.png,dog\nimages/a.png,cat\nimages/c.png,cat\n")
    assert listing.names == ["images/b.png", "images/a.png", "images/c.png"]
    assert listing.labels == ["dog", "cat", "cat"]
    assert (listing.class_names, listing.splits, listing.groups) == (None, None, None)
    assert same_images(listing, [IMAGES[name] for name in listing.names])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_usual_delimiter_and_encoding_is_understood(tmp_path: Path, delimiter: str, encoding: str) -> None:
    """Also with letters beyond ASCII, and a name that has a delimiter in quotes (a tab is in no name)."""
    inside = delimiter.replace("\t", ";")
    table = f'Image Path{delimiter}Class\r\nimages/a.png{delimiter}"Käse, {inside} alt"\r\n'
    assert listing_of(tmp_path, table.encode(encoding)).labels == [f"Käse, {inside} alt"]


def test_a_parquet_table_without_images_is_a_manifest(tmp_path: Path) -> None:
    """Text and whole numbers; rows without a label are counted."""
    buffer = io.BytesIO()
    names = ["images/a.png", "images/b.png", "images/c.png"]
    pq.write_table(pa.table({"filename": names, "label": [10, 9, None], "patient": ["p", "p", "q"]}), buffer)
    listing = listing_of(tmp_path, buffer.getvalue(), "labels.parquet")
    assert (listing.labels, listing.class_names, listing.groups) == (["10", "9"], ["9", "10"], ["p", "p"])
    assert skipped_of(listing)["row without a label"] == 1


def test_names_are_relative_to_the_manifest_or_to_the_top_with_any_slashes(tmp_path: Path) -> None:
    """A manifest deep inside, as Windows writes it."""
    table = "file,label\nc.png,x\nimages\\a.png,y\n.\\b.png,z\n"
    listing = read_folder(tmp_path, {**IMAGES, "images/labels.csv": table.encode(), "LICENSE": b"free"}, recognise)
    assert listing is not None
    assert listing.names == ["images/c.png", "images/a.png", "images/b.png"]


def test_a_folder_around_everything_may_be_named_or_not(tmp_path: Path) -> None:
    """Archives often have one, and manifests are written inside it or beside it."""
    files = {f"flowers/{name}": content for name, content in IMAGES.items()}
    table = b"file,label\nflowers/images/a.png,x\nimages/b.png,y\n"
    listing = read_folder(tmp_path, {**files, "flowers/labels.csv": table}, recognise)
    assert listing is not None
    assert listing.names == ["images/a.png", "images/b.png"]


def test_splits_and_groups_come_from_their_columns(tmp_path: Path) -> None:
    """In the words that people use; an image without a group is one of its own."""
    table = "file,label,Split,patient_id\nimages/a.png,1,Training,7\nimages/b.png,2,valid,7\nimages/c.png,1,TEST,\n"
    listing = listing_of(tmp_path, table)
    assert listing.splits == ["train", "validation", "test"]
    assert listing.groups == ["7", "7", "only images/c.png"]


def test_a_set_column_that_names_no_split_is_none(tmp_path: Path) -> None:
    """Unless the client says that it is."""
    table = "file,label,set\nimages/a.png,1,blue\nimages/b.png,2,red\n"
    assert listing_of(tmp_path, table).splits is None


@pytest.mark.parametrize(("third", "columns"), [("oops", None), ("", None), ("test", {"split": "fold"})])
def test_a_split_must_be_one_for_every_image(tmp_path: Path, third: str, columns: dict[str, str] | None) -> None:
    """The error shows the odd value."""
    rows = f"images/a.png,1,train,0\nimages/b.png,2,test,1\nimages/c.png,1,{third},2\n"
    error = refusal(tmp_path, f"file,label,split,fold\n{rows}", columns=columns)
    assert error.rule == "manifest.split"
    assert "expected train, validation, test" in str(error)


def test_several_manifests_are_the_splits_of_their_names(tmp_path: Path) -> None:
    """train.csv and test.csv."""
    files = {
        **IMAGES,
        "train.csv": b"file,label\nimages/a.png,x\nimages/b.png,y\n",
        "test.csv": b"file,label\nimages/c.png,x\n",
    }
    listing = read_folder(tmp_path, files, recognise)
    assert listing is not None
    assert dict(zip(listing.names, listing.splits or (), strict=True)) == {
        "images/a.png": "train",
        "images/b.png": "train",
        "images/c.png": "test",
    }


def test_several_manifests_that_are_no_splits_are_refused(tmp_path: Path) -> None:
    """Which of them would be meant?"""
    error = refused(tmp_path, {**IMAGES, "one.csv": TABLE.encode(), "two.csv": TABLE.encode()}, recognise)
    assert error.rule == "manifest.several"
    assert "'one.csv', 'two.csv'" in str(error)


def test_classes_that_are_numbers_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    """9 comes before 10."""
    assert listing_of(tmp_path, "file,label\nimages/a.png,10\nimages/b.png,9\n").class_names == ["9", "10"]


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", '=HYPERLINK("x")'])
def test_what_a_spreadsheet_would_evaluate_is_a_class_name(tmp_path: Path, cell: str) -> None:
    """To the letter."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["file", "label"], ["images/a.png", cell]])
    assert listing_of(tmp_path, buffer.getvalue()).labels == [cell]


def test_nothing_is_dropped_in_silence(tmp_path: Path) -> None:
    """Missing files, repeated rows, empty cells and images without a row are counted."""
    table = f"{TABLE}images/a.png,cat\nimages/gone.png,cat\n,cat\nimages/c.png,\n".replace("images/b.png,dog\n", "")
    listing = listing_of(tmp_path, table)
    assert listing.names == ["images/a.png", "images/c.png"]
    assert skipped_of(listing) == {
        "named by several rows": 1,
        "named in the manifest, but not there": 1,
        "row without a file name": 1,
        "row without a label": 1,
        "not named in the manifest": 1,
    }


REFUSALS = {
    "manifest.missing_files": ("file,label\nx.png,1\ny.png,2\n", "none of the 2 files"),
    "manifest.conflicting_labels": (f"{TABLE}images/a.png,dog\n", "'images/a.png' is 'cat' and 'dog'"),
    "manifest.conflicting_rows": ("file,label,split\nimages/a.png,1,train\nimages/a.png,1,test\n", "line 3"),
    "manifest.cells": (f"{TABLE}images/a.png,cat,extra\n", "line 5: got 3 cells, expected 2"),
    "manifest.nul": (f"{TABLE}images/a.png,c\0at\n", "line 5: holds a NUL"),
    "manifest.encoding": (TABLE.replace("dog", "Bär").encode("latin-1"), "not UTF-8 at b"),
    "manifest.damaged": ('file,label\nimages/a.png,"cat"s\n', "line 2"),
    "manifest.empty": ("file,label\n", "no row"),
    "manifest.columns": ("file,width,height\nimages/a.png,4,4\n", "'file', 'width', 'height'"),
}


@pytest.mark.parametrize("rule", REFUSALS)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, rule: str) -> None:
    """The rule, and the words that help."""
    table, words = REFUSALS[rule]
    error = refusal(tmp_path, table)
    assert error.rule == rule
    assert words in str(error)


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../secret.png",
        "images/../../x.png",
        "C:\\x.png",
        "\\\\host\\x.png",
        "file://x.png",
        "%2e%2e/x.png",
    ],
)
def test_a_name_never_leads_out_of_the_dataset(tmp_path: Path, name: str) -> None:
    """Absolute, climbing, on another machine, or in disguise."""
    error = refusal(tmp_path, f"file,label\nimages/a.png,1\n{name},1\n")
    assert error.rule == "manifest.path"
    assert "line 3" in str(error)


def test_two_columns_for_the_same_purpose_need_a_choice(tmp_path: Path) -> None:
    """And the choice counts."""
    table = "file,label,class\nimages/a.png,1,cat\n"
    (tmp_path / "one").mkdir()
    error = refusal(tmp_path / "one", table)
    assert error.rule == "manifest.columns"
    assert "'label', 'class'" in str(error)
    (tmp_path / "two").mkdir()
    assert listing_of(tmp_path / "two", table, columns={"label": "Class"}).labels == ["cat"]


def test_columns_of_any_name_can_be_given(tmp_path: Path) -> None:
    """All four of them."""
    table = "wo;was;wann;wer\nimages/a.png;x;train;p\nimages/b.png;y;test;q\n"
    listing = listing_of(tmp_path, table, columns={"file": "wo", "label": "was", "split": "wann", "group": "wer"})
    assert (listing.labels, listing.splits, listing.groups) == (["x", "y"], ["train", "test"], ["p", "q"])


def test_a_table_beside_class_folders_is_no_manifest_unless_it_is_a_whole_one(tmp_path: Path) -> None:
    """classes.csv explains the folders; it does not replace them."""
    files = {"cat/a.png": png(1), "dog/b.png": png(2), "classes.csv": b"label,meaning\ncat,Katze\n"}
    assert read_folder(tmp_path, files, recognise) is None


@pytest.mark.parametrize("text", ["# A dataset\nwith images\n", "Copyright, somebody\n", "\x89PNG"])
def test_other_texts_are_no_manifests(tmp_path: Path, text: str) -> None:
    """A README beside images, for example."""
    assert read_folder(tmp_path, {**IMAGES, "README.txt": text.encode("latin-1")}, recognise) is None


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_without_end_is_refused_before_it_is_in_memory(tmp_path: Path, quote: str) -> None:
    """Thirty megabytes of one cell, or of lines in a quote that is never closed; the limit's variable is named."""
    endless = (b"x" * 99 + b"\n" if quote else b"x" * 100) * 300_000
    table = TABLE.encode() + b"images/a.png," + quote.encode() + endless
    tracemalloc.start()
    error = refusal(tmp_path, table, limits=IngestSettings(max_line_bytes=100_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.rule == "manifest.line_too_long"
    assert "AUGURY_INGEST_MAX_LINE_BYTES" in str(error)
    assert peak < 4_000_000


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8).filter(
    lambda text: text.strip()
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=st.lists(CELLS, min_size=3, max_size=3), delimiter=st.sampled_from(",;\t|"))
def test_whatever_csv_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str], delimiter: str
) -> None:
    """Labels of any printable letters, quoted or not."""
    buffer = io.StringIO()
    rows = zip(IMAGES, labels, strict=True)
    csv.writer(buffer, delimiter=delimiter).writerows([["file", "label"], *rows])
    listing = listing_of(tmp_path_factory.mktemp("table"), buffer.getvalue())
    assert listing.names == list(IMAGES)
    assert listing.labels == [label.strip() for label in labels]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, len(TABLE) - 1), st.binary(max_size=3))))
def test_no_bytes_upset_the_reader(change: bytes | tuple[int, bytes]) -> None:
    """Random ones, and a table with some exchanged."""
    if isinstance(change, tuple):
        offset, new = change
        change = TABLE.encode()[:offset] + new + TABLE.encode()[offset + len(new) :]
    survives(change, "labels.csv", recognise)
