"""Tables as people have them: which of several is the manifest, which column is what, and which file a name means."""

from __future__ import annotations

import io
import json
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api_schemas.datasets.dataset import DatasetFacts
from augury.datasets.containers.base import Member
from augury.datasets.formats.one_label import require_one_label_each
from augury.datasets.formats.tables.file_index import FileIndex
from tests.augury.datasets.formats.format_contents import npz, pixels
from tests.augury.datasets.makers import encoded, folder_of, read, refused
from tests.augury.datasets.makers import pixels as random_pixels


def facts_of(folder: Path, *images: str, options: dict[str, Any] | None = None, **tables: str | bytes) -> DatasetFacts:
    """The facts of a folder with these images and tables; in the tables' names two underscores are a slash."""
    files = {name: encoded(random_pixels(number)) for number, name in enumerate(images)}
    for name, content in tables.items():
        path = ".".join(name.replace("__", "/").rsplit("_", 1))
        files[path] = content.encode() if isinstance(content, str) else content
    return read(folder_of(folder / "given", files), **(options or {})).facts


def in_folder(folder: str, count: int = 4, suffix: str = ".jpg") -> list[str]:
    """Names of images in a folder."""
    return [f"{folder}/{number}{suffix}" for number in range(count)]


IDS = "id,species\n0,ant\n1,bee\n2,ant\n3,bee\n"


def test_ids_of_the_same_files_in_two_folders_are_told_apart_by_the_tables_name(tmp_path: Path) -> None:
    """train.csv means the files in train_images."""
    images = [*in_folder("train_images"), *in_folder("test_images")]
    facts = facts_of(tmp_path, *images, train_csv=IDS)
    assert facts.classes == {"ant": 2, "bee": 2}
    assert all("test_images" in name for entry in facts.skipped for name in entry.examples)


def test_what_could_be_two_files_is_refused_unless_the_folder_is_given(tmp_path: Path) -> None:
    """The message names both, and what to say."""
    images = [*in_folder("large"), *in_folder("small")]
    with refused("manifest.ambiguous_files", "'large/0.jpg'", "'small/0.jpg'", '"directory"'):
        facts_of(tmp_path / "one", *images, labels_csv=IDS)
    columns = {"directory": "small", "extension": "jpg"}
    assert facts_of(tmp_path / "two", *images, labels_csv=IDS, options={"columns": columns}).classes == {
        "ant": 2,
        "bee": 2,
    }


@pytest.mark.parametrize("folder", ["", "scans/"])
@pytest.mark.parametrize("columns", ["id,grade", "file,label"])
@pytest.mark.parametrize("extension", ["", ".png", ".jpg"])
def test_numbers_that_lost_their_zeros_are_found(tmp_path: Path, folder: str, columns: str, extension: str) -> None:
    """As a spreadsheet loses them; a note shows what was taken for what."""
    table = f"{columns}\n7{extension},0\n10{extension},1\n123{extension},0\n"
    facts = facts_of(tmp_path, *(f"{folder}{name}.png" for name in ("007", "010", "123")), labels_csv=table)
    assert facts.classes == {"0": 2, "1": 1}
    assert any("without the zeros before them, e.g. " in note and "007.png" in note for note in facts.warnings)


def test_numbers_that_could_be_several_files_are_refused(tmp_path: Path) -> None:
    """With both names."""
    with refused("manifest.ambiguous_files", "'07.png'", "'7_/007.png'"):
        facts_of(tmp_path, "07.png", "7_/007.png", labels_csv="file,label\n7,ant\n")


def test_files_are_found_after_another_extension(tmp_path: Path) -> None:
    """Photographs that were converted, with the table of before."""
    table = "file,species\n0.jpg,ant\n1.jpg,bee\n2.jpg,ant\n3.jpg,bee\n"
    facts = facts_of(tmp_path, *in_folder("x", suffix=".png"), labels_csv=table)
    assert facts.classes == {"ant": 2, "bee": 2}
    assert any("with another extension than they have, e.g. '0.jpg'" in note for note in facts.warnings)


def test_a_file_that_is_there_is_not_taken_for_another(tmp_path: Path) -> None:
    """7.png is itself, whatever other numbers there are; 008.png is not what is missing as 8.gif."""
    table = "file,label\n7.png,ant\n8.png,bee\n"
    facts = facts_of(tmp_path, "7.png", "007.png", "8.png", "008.png", labels_csv=table)
    assert facts.images == 2
    assert not any("the manifest names files" in note for note in facts.warnings)


def test_classes_that_are_numbers_are_not_taken_for_files(tmp_path: Path) -> None:
    """Although files are called by numbers: a class has several rows."""
    images = [f"{number:03}.png" for number in range(4)]
    facts = facts_of(tmp_path, *images, labels_csv="grade,id\n1,0\n2,1\n1,2\n2,3\n")
    assert facts.classes == {"1": 2, "2": 2}


def test_files_are_found_below_folders_of_their_own(tmp_path: Path) -> None:
    """The table names the end of their paths, or lies in another folder."""
    table = "filename,label\np1/0.png,x\np2/0.png,y\n"
    facts = facts_of(tmp_path, "data/images/p1/0.png", "data/images/p2/0.png", meta__labels_csv=table)
    assert facts.classes == {"x": 1, "y": 1}


@pytest.mark.parametrize(("no", "yes"), [("0", "1"), ("0.0", "1.0"), ("False", "True")])
def test_one_hot_columns_may_be_floats_or_words_beside_others(tmp_path: Path, no: str, yes: str) -> None:
    """As challenges have them: ages are no class, and a row without a 1 has no label."""
    rows = [(yes, no, 40), (no, yes, 50), (no, no, 61), (yes, no, 72)]
    table = "image,MEL,NV,age\n" + "".join(f"{number},{a},{b},{age}\n" for number, (a, b, age) in enumerate(rows))
    facts = facts_of(tmp_path, *in_folder("input"), truth_csv=table)
    assert facts.classes == {"MEL": 2, "NV": 1}
    assert {entry.reason: entry.count for entry in facts.skipped}["row without a label"] == 1


def test_several_ones_in_a_row_are_refused(tmp_path: Path) -> None:
    """With the line, the columns and what to do."""
    table = "image,N,D\n0.jpg,1,0\n1.jpg,1,1\n2.jpg,0,1\n3.jpg,0,1\n"
    with refused("labels.several", "line 3", "'N', 'D'", "one column"):
        facts_of(tmp_path, *in_folder("input"), truth_csv=table)


def test_metadata_csv_in_the_folders_of_splits(tmp_path: Path) -> None:
    """As the hub's image folders have it; each table is its folder's split."""
    table = "file_name,label\n0.jpg,ant\n1.jpg,bee\n2.jpg,ant\n3.jpg,bee\n"
    images = [*in_folder("train"), *in_folder("test")]
    facts = facts_of(tmp_path, *images, train__metadata_csv=table, test__metadata_csv=table)
    assert {split: sum(counts.values()) for split, counts in facts.splits.items()} == {"train": 4, "test": 4}


def test_metadata_without_labels_leaves_the_folders_their_say(tmp_path: Path) -> None:
    """Captions are no classes; that the table is not used is said."""
    rows = [{"file_name": f"{name}/{number}.jpg", "text": f"{name} {number}"} for name in "ab" for number in range(4)]
    lines = "\n".join(map(json.dumps, rows))
    facts = facts_of(tmp_path, *in_folder("a"), *in_folder("b"), metadata_jsonl=lines)
    assert facts.classes == {"a": 4, "b": 4}
    assert any("'metadata.jsonl'" in warning for warning in facts.warnings)


def test_lines_of_json_without_labels_beside_no_folders_are_refused_with_their_keys(tmp_path: Path) -> None:
    """What could be named as the label's column is listed."""
    lines = "\n".join(json.dumps({"file_name": f"{number}.jpg", "height": 4, "width": 5}) for number in range(4))
    with refused("manifest.columns", "'file_name', 'height', 'width'", '"label"'):
        facts_of(tmp_path, *in_folder("x"), x__metadata_jsonl=lines)


def test_lists_in_lines_of_json(tmp_path: Path) -> None:
    """One label in a list is a label; two are several."""

    def lines(label: list[str]) -> str:
        rows = [{"file_name": f"{number}.jpg", "label": [("ant", "bee")[number % 2]]} for number in range(3)]
        return "\n".join(map(json.dumps, [*rows, {"file_name": "3.jpg", "label": label}]))

    assert facts_of(tmp_path / "one", *in_folder("x"), x__metadata_jsonl=lines(["bee"])).classes == {"ant": 2, "bee": 2}
    with refused("labels.several"):
        facts_of(tmp_path / "two", *in_folder("x"), x__metadata_jsonl=lines(["ant", "bee"]))


@pytest.mark.parametrize("text", ["[1, 2]\n", "{\n", '{"file_name": "0.jpg"\n'])
def test_lines_that_are_no_objects_are_refused(tmp_path: Path, text: str) -> None:
    """With their number."""
    with refused("manifest.damaged", "line 1"):
        facts_of(tmp_path, *in_folder("x"), x__metadata_jsonl=text)


def test_splits_of_folders_hold_where_the_table_says_none(tmp_path: Path) -> None:
    """A warning says so, and how to have it otherwise."""
    rows = "".join(f"{split}/{number}.jpg,{'ab'[number % 2]}\n" for split in ("train", "val") for number in range(4))
    images = [*in_folder("train"), *in_folder("val")]
    facts = facts_of(tmp_path / "one", *images, all_csv=f"path,label\n{rows}")
    assert set(facts.splits) == {"train", "validation"}
    assert any('"layout": "pooled"' in warning for warning in facts.warnings)
    pooled = facts_of(tmp_path / "two", *images, all_csv=f"path,label\n{rows}", options={"layout": "pooled"})
    assert pooled.splits == {}


def test_tables_named_after_splits_win_over_others(tmp_path: Path) -> None:
    """A table that explains the classes by a picture of each names files, too; it is named in a warning."""
    rows = {
        name: "".join(f"30,{number % 2},{name}/{number}.jpg\n" for number in range(4)) for name in ("Train", "Test")
    }
    tables = {f"{name}_csv": f"Width,ClassId,Path\n{text}" for name, text in rows.items()}
    tables["Meta_csv"] = "Path,ClassId\nMeta/0.jpg,0\nMeta/1.jpg,1\n"
    facts = facts_of(tmp_path, *in_folder("Train"), *in_folder("Test"), *in_folder("Meta", 2), **tables)
    assert {split: sum(counts.values()) for split, counts in facts.splits.items()} == {"train": 4, "test": 4}
    assert any("'Meta.csv'" in warning for warning in facts.warnings)


def test_a_column_of_folds_is_not_passed_over_in_silence(tmp_path: Path) -> None:
    """It could be groups: a warning says how to have them."""
    table = "file,label,fold\n0.jpg,ant,0\n1.jpg,bee,1\n2.jpg,ant,0\n3.jpg,bee,1\n"
    facts = facts_of(tmp_path / "one", *in_folder("x"), all_csv=table)
    assert any("'fold'" in warning and '"group"' in warning for warning in facts.warnings)
    asked = facts_of(tmp_path / "two", *in_folder("x"), all_csv=table, options={"columns": {"group": "fold"}})
    assert asked.groups == 2
    assert not any("'fold'" in warning for warning in asked.warnings)


def parquet(**columns: Any) -> bytes:
    """A table as Parquet."""
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


FLOATS = [10.0, 9.0, None, 10.0]


def test_floats_are_class_numbers_in_parquet(tmp_path: Path) -> None:
    """In a manifest, and beside the images themselves; a missing one is counted."""
    manifest = parquet(filename=[f"{number}.jpg" for number in range(4)], label=FLOATS, score=[0.5, 0.25, 1.0, 2.0])
    with_images = parquet(image=[encoded(random_pixels(number)) for number in range(4)], label=FLOATS)
    for name, facts in {
        "manifest": facts_of(tmp_path / "one", *in_folder("x"), x__labels_parquet=manifest),
        "images": facts_of(tmp_path / "two", data_parquet=with_images),
    }.items():
        assert list(facts.classes.items()) == [("9", 1), ("10", 2)], name
        assert {entry.reason: entry.count for entry in facts.skipped}["row without a label"] == 1


def test_a_column_of_something_else_is_called_what_it_is(tmp_path: Path) -> None:
    """It is not said that no row has a label."""
    content = parquet(image=[encoded(random_pixels(0))], label=[{"x": 1}])
    with refused("parquet.empty", "'label'", "struct"):
        facts_of(tmp_path, data_parquet=content)


def test_floats_are_class_numbers_in_arrays(tmp_path: Path) -> None:
    """NaN is a label that is missing."""
    content = npz(x=pixels(4), y=np.array([10.0, 9.0, np.nan, 10.0]))
    facts = facts_of(tmp_path, data_npz=content)
    assert list(facts.classes.items()) == [("9", 1), ("10", 2)]
    assert {entry.reason: entry.count for entry in facts.skipped} == {"row without a label": 1}


@pytest.mark.parametrize(
    "labels",
    [
        {"a|b", "a", "c"},
        {"Effusion|Mass", "Mass|Nodule", "No Finding"},
        {"cat, dog", "cat", "dog"},
        {"['cat', 'dog']", "['cat']"},
        {"scab", "rust", "scab rust"},
        {"0 16", "7"},
        {"clear primary", "clear primary water", "haze primary", "haze water primary", "cloudy"},
    ],
)
def test_lists_of_labels_are_known(labels: set[str]) -> None:
    """By their parts, whatever separates them."""
    with refused("labels.several", "one label"):
        require_one_label_each(labels, "it")


@pytest.mark.parametrize(
    "labels",
    [
        {"golden retriever", "pug", "toy poodle"},
        {"red rose", "white rose", "rose", "red tulip", "white tulip", "tulip"},
        {"Apple Red 1", "Apple Red 2", "Apple Golden 1", "Banana", "Banana Red", "Cherry 1"},
        {"tench, Tinca tinca", "goldfish, Carassius auratus", "crane"},
        {"T-shirt/top", "Trouser", "Shirt"},
        {"=1+1", "@SUM(A1)", "a & b"},
        {"1.5", "2"},
    ],
)
def test_names_with_spaces_and_signs_are_names(labels: set[str]) -> None:
    """Where their parts are no labels."""
    require_one_label_each(labels, "it")


def test_names_in_a_hundred_thousand_folders_are_found_in_one_pass() -> None:
    """The same short name in a hundred thousand folders is looked up, not searched for."""
    members = [Member(f"images/p{number}/0.png", 1) for number in range(100_000)]
    index = FileIndex(members, None)
    start = process_time()
    assert all(index.find(f"p{number}/0", "", None) is members[number] for number in range(100_000))
    assert index.hits(["0", "1"], "") == 1
    assert process_time() - start < 30


def test_cells_with_many_slashes_make_no_more_tables_of_files() -> None:
    """A column of addresses costs nothing."""
    index = FileIndex([Member(f"a/b/c/d/e/{number}.png", 1) for number in range(100)], None)
    assert index.hits(["/".join("x" * count) for count in range(2, 200)], "") == 0
    assert len(index._ends) <= 4
