"""What no format may bring: long names of classes and groups, and tables without end."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from api_schemas.datasets.references import ImageOptions
from augury.datasets.errors import DatasetError
from augury.datasets.formats import recognise
from augury.datasets.formats.class_labels import MAX_NAME_LENGTH
from augury.datasets.formats.tables import parquet_files
from augury.datasets.settings import IngestSettings
from augury.datasets.snapshot_builder import AssembledSnapshot, assemble
from tests.augury.datasets.formats.format_contents import npy, npz, pixels, png, read_folder
from tests.augury.datasets.formats.test_idx import idx
from tests.augury.datasets.formats.test_parquet import written
from tests.augury.datasets.formats.test_tfrecord import example, tfrecord

COUNT = 4
LONG, LONGEST = "x" * (MAX_NAME_LENGTH + 1), "x" * MAX_NAME_LENGTH
IMAGES = {f"{number}.png": png(number) for number in range(COUNT)}
Files = dict[str, bytes]


def _csv(label: str, group: str, delimiter: str = ",") -> bytes:
    rows = [["file", "label", "group"], *([name, label, group] for name in IMAGES)]
    return "\n".join(delimiter.join(row) for row in rows).encode()


def _json_lines(label: str, group: str) -> bytes:
    return "\n".join(json.dumps({"file": name, "label": label, "group": group}) for name in IMAGES).encode()


def _columns(label: str, group: str) -> dict[str, list[str]]:
    return {"label": [label] * COUNT, "group": [group] * COUNT}


FORMATS: dict[str, Callable[[str, str], Files]] = {
    "csv": lambda label, group: {"a.csv": _csv(label, group), **IMAGES},
    "tsv": lambda label, group: {"a.tsv": _csv(label, group, "\t"), **IMAGES},
    "json lines": lambda label, group: {"a.jsonl": _json_lines(label, group), **IMAGES},
    "parquet manifest": lambda label, group: {
        "a.parquet": written(pa.table({"file": list(IMAGES), **_columns(label, group)})),
        **IMAGES,
    },
    "parquet": lambda label, group: {
        "a.parquet": written(pa.table({"image": list(IMAGES.values()), **_columns(label, group)}))
    },
    "tfrecord": lambda label, group: {
        "a.tfrecord": tfrecord(*(example(image=image, label=label, group=group) for image in IMAGES.values()))
    },
    "npz": lambda label, group: {"a.npz": npz(x=pixels(COUNT), y=np.array([label] * COUNT))},
}


def _read(folder: Path, files: Files, limits: IngestSettings | None = None) -> AssembledSnapshot:
    limits, options = limits or IngestSettings(), ImageOptions()
    folder.mkdir(exist_ok=True)
    listing = read_folder(folder, files, recognise, limits=limits)
    assert listing is not None
    return assemble(listing, options, folder, limits, lambda _step, _done, _total: None)


def _rule(folder: Path, files: Files, limits: IngestSettings | None = None) -> str:
    with pytest.raises(DatasetError) as refusal:
        _read(folder, files, limits)
    return refusal.value.rule


@pytest.mark.parametrize("name", FORMATS)
def test_a_class_has_a_short_name(name: str, tmp_path: Path) -> None:
    """In every format that says classes in words; 512 characters are short enough."""
    assert _rule(tmp_path / "long", FORMATS[name](LONG, "g")) == "labels.too_long"
    assert list(_read(tmp_path / "short", FORMATS[name](LONGEST, "g")).facts.classes) == [LONGEST]


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "npz"])
def test_a_group_has_a_short_name(name: str, tmp_path: Path) -> None:
    """As a class."""
    assert _rule(tmp_path / "long", FORMATS[name]("a", LONG)) == "groups.too_long"
    assert _read(tmp_path / "short", FORMATS[name]("a", LONGEST)).facts.groups == 1


def _sayable(name: str) -> list[str]:
    """Control characters that this format can have within a name."""
    return ["\x1b", "\x7f", "\x85"] if name in ("csv", "tsv") else ["\n", "\x1b", "\x7f", "\x85"]


@pytest.mark.parametrize(("name", "character"), [(name, each) for name in FORMATS for each in _sayable(name)])
def test_a_class_has_a_name_that_can_be_stored_and_shown(name: str, character: str, tmp_path: Path) -> None:
    """No format brings a control character into one; the answer says which it is, and none itself."""
    with pytest.raises(DatasetError, match=f"control character U\\+{ord(character):04X}") as refusal:
        _read(tmp_path, FORMATS[name](f"cat{character}dog", "g"))
    assert refusal.value.rule == "labels.control_character"
    assert character not in str(refusal.value)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "npz"])
def test_a_group_has_a_name_that_can_be_stored_and_shown(name: str, tmp_path: Path) -> None:
    """As a class."""
    assert _rule(tmp_path, FORMATS[name]("a", "pat\x1bient")) == "groups.control_character"


@pytest.mark.parametrize("character", ["\n", "\t", "\x1b"])
def test_a_folder_with_a_control_character_in_its_name_is_no_class(character: str, tmp_path: Path) -> None:
    """By the same rule as a label in a table."""
    files = {f"{folder}/{name}": image for folder in (f"cat{character}s", "dogs") for name, image in IMAGES.items()}
    assert _rule(tmp_path, files) == "labels.control_character"


def test_names_that_an_npz_has_for_its_classes_are_looked_at_too(tmp_path: Path) -> None:
    """They come by number, and never as labels of images."""
    arrays = {"x": pixels(2), "y": np.arange(2), "class_names": np.array(["a\x1b", "b"])}
    assert _rule(tmp_path, {"a.npz": npz(**arrays)}) == "labels.control_character"


MANY: dict[str, Files] = {
    "npz": {"a.npz": npz(x=pixels(COUNT), y=np.arange(COUNT))},
    "npz in parts": {"a.npz": npz(x_train=pixels(2), y_train=np.arange(2), x_test=pixels(2), y_test=np.arange(2))},
    "npy": {"x.npy": npy(pixels(COUNT)), "y.npy": npy(np.arange(COUNT))},
    "idx": {"images-idx3-ubyte": idx(pixels(COUNT)), "labels-idx1-ubyte": idx(np.arange(COUNT, dtype=np.uint8))},
    "folders": {f"{number % 2}/{number}.png": png(number) for number in range(COUNT)},
    "parquet": FORMATS["parquet"]("a", "g"),
    "tfrecord": FORMATS["tfrecord"]("a", "g"),
    "csv": FORMATS["csv"]("a", "g"),
}


@pytest.mark.parametrize("name", MANY)
def test_a_dataset_has_no_more_images_than_are_allowed(name: str, tmp_path: Path) -> None:
    """Every image costs memory, a row of an array as well as a file. As many as are allowed are read."""
    assert _rule(tmp_path / "few", MANY[name], IngestSettings(max_images=COUNT - 1)) == "dataset.too_many_images"
    assert _read(tmp_path / "all", MANY[name], IngestSettings(max_images=COUNT)).facts.images == COUNT


def test_labels_are_counted_before_they_are_read(tmp_path: Path) -> None:
    """Five million of them for two images are refused without a text for each."""
    files = {"a.npz": npz(packed=False, x=pixels(2), y=np.zeros(5_000_000, np.bool_))}
    tracemalloc.start()
    try:
        assert _rule(tmp_path, files) == "labels.count"
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["csv", "tsv", "json lines", "parquet manifest", "parquet", "tfrecord"])
def test_a_table_has_no_more_rows_than_a_dataset_may_have_files(name: str, tmp_path: Path) -> None:
    """Rows cost memory, as members do. As many as are allowed are read."""
    files = FORMATS[name]("a", "g")
    table = {next(iter(files)): next(iter(files.values()))}
    assert _rule(tmp_path / "few", table, IngestSettings(max_members=COUNT - 1)) == "table.too_many_rows"
    assert _read(tmp_path / "all", files, IngestSettings(max_members=COUNT + 1)).facts.images == COUNT


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_has_no_more_columns_than_can_be_looked_at(suffix: str, tmp_path: Path) -> None:
    """Ten thousand are more than anybody has."""
    names = ["file", "label", *(f"c{number}" for number in range(10_000))]
    as_text = ",".join(names) + "\n" + ",".join(["0.png", "a"] + [""] * 10_000)
    content = as_text.encode() if suffix == "csv" else written(pa.table({name: ["0.png"] for name in names}))
    assert _rule(tmp_path, {f"a.{suffix}": content, **IMAGES}) == "table.too_many_columns"


def test_a_text_that_is_stored_once_for_many_rows_is_not_copied_for_each(tmp_path: Path) -> None:
    """A small file would be as large as its rows otherwise; it is refused before any of them is taken."""
    path = tmp_path / "a.parquet"
    path.write_bytes(written(pa.table({"label": ["x" * 500_000] * 300}), row_group_size=300))
    assert path.stat().st_size < 600_000
    tracemalloc.start()
    with pytest.raises(DatasetError) as refusal:
        list(parquet_files.read_table(path, "a.parquet", IngestSettings()).rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refusal.value.rule == "parquet.text"
    assert peak < 20_000_000
    assert pa.total_allocated_bytes() < 20_000_000
