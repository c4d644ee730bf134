"""Small datasets as people have them, one test a file: each is read as its owner means it, and says what was decided.

The files are in ``tests/fixtures/cases``.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augury.datasets.images.file_formats.tiff_layout import STRIP_OFFSETS, read_layout
from augury.datasets.snapshot import open_snapshot_folder
from tests.augury.datasets.makers import read, stored

CASES = Path(__file__).resolve().parents[2] / "fixtures" / "cases"


def case(name: str, tmp_path: Path) -> Path:
    """A file of the cases, with room for workspaces beside it."""
    path = tmp_path / f"{name}.zip"
    path.write_bytes((CASES / f"{name}.zip").read_bytes())
    return path


def test_backslashes_separate_folders(tmp_path: Path) -> None:
    """win.zip: names as old packers of Windows write them are classes a and b, of five images each."""
    assert read(case("win", tmp_path)).facts.classes == {"a": 5, "b": 5}


def test_names_in_gbk_are_read_and_the_guess_is_said(tmp_path: Path) -> None:
    """gbk.zip: two calligraphers, and a warning with the encoding and their names."""
    facts = read(case("gbk", tmp_path)).facts
    assert facts.classes == {"王羲之x": 5, "颜真卿x": 5}
    assert any("GBK" in warning and "王羲之x/0.png" in warning for warning in facts.warnings)


def test_names_in_shift_jis_are_decoded_before_they_are_split(tmp_path: Path) -> None:
    """sjis-5c.zip: the second byte of 表 is a backslash's, and separates nothing."""
    facts = read(case("sjis-5c", tmp_path)).facts
    assert facts.classes == {"表xxxxxx": 5, "裏xxxxxx": 5}
    assert any("Shift-JIS" in warning and "表xxxxxx/0.png" in warning for warning in facts.warnings)


def test_arrays_pair_up_by_the_names_of_their_files(tmp_path: Path) -> None:
    """kmnist.zip: four npz files whose only array has no name are two splits of images with labels."""
    snapshot = read(case("kmnist", tmp_path))
    assert {split: sum(counts.values()) for split, counts in snapshot.facts.splits.items()} == {"train": 40, "test": 20}
    expected = np.load(_member(case("kmnist", tmp_path), "kmnist-train-imgs.npz", tmp_path))["arr_0"]
    np.testing.assert_array_equal(stored(snapshot)[:40, ..., 0], expected)


def _member(archive: Path, name: str, tmp_path: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        return Path(opened.extract(name, tmp_path))


def _pixels_of(archive: Path, name: str) -> np.ndarray[Any, Any]:
    """The stored values of an uncompressed TIFF of 24x24 pixels with four bytes each, as its own tags say."""
    with zipfile.ZipFile(archive) as opened:
        content = opened.read(name)
    layout = read_layout(content)
    assert layout is not None
    start = layout.number(STRIP_OFFSETS, 0)
    return np.frombuffer(content, np.uint8, 24 * 24 * 4, start).reshape(24, 24, 4)


@pytest.mark.parametrize("name", ["nir-none", "nir-unspecified"])
def test_infrared_is_a_fourth_channel_and_no_opacity(name: str, tmp_path: Path) -> None:
    """nir-none.zip, nir-unspecified.zip: all four bands are stored as they are, and resized each for itself."""
    path = case(name, tmp_path)
    snapshot, small = read(path), read(path, image_size=[12, 12])
    np.testing.assert_array_equal(stored(snapshot)[0], _pixels_of(path, "crop/0.tif"))
    assert any(warning.startswith("12 images have a fourth band") for warning in snapshot.facts.warnings)
    means, small_means = snapshot.facts.channel_mean, small.facts.channel_mean
    np.testing.assert_allclose(small_means, means, atol=0.5)


def test_infrared_is_dropped_only_if_asked_for(tmp_path: Path) -> None:
    """nir-none.zip as rgb: the colours are untouched, and the band is missed aloud."""
    path = case("nir-none", tmp_path)
    snapshot = read(path, color_mode="rgb")
    np.testing.assert_array_equal(stored(snapshot)[0], _pixels_of(path, "crop/0.tif")[..., :3])
    assert any("dropped as color_mode asks" in warning for warning in snapshot.facts.warnings)


def test_colours_of_16_bits_keep_them(tmp_path: Path) -> None:
    """rgb16png.zip: values up to 984 of 65535, which in 8 bits were 0 to 3."""
    snapshot = read(case("rgb16png", tmp_path))
    assert stored(snapshot).dtype == np.uint16
    assert snapshot.facts.shape == (24, 24, 3)
    assert snapshot.facts.value_range == (0.0, 984.0)


def test_pages_beyond_the_first_are_counted(tmp_path: Path) -> None:
    """stack.zip: twelve files of three pages."""
    facts = read(case("stack", tmp_path)).facts
    assert any("12 files have more than one page" in warning and "24 beyond" in warning for warning in facts.warnings)


def test_cut_outs_among_photographs_are_laid_on_a_background(tmp_path: Path) -> None:
    """mix.zip: on white, which is said, or on what the reference names."""
    path = case("mix", tmp_path)
    names = open_snapshot_folder(read(path).folder).names
    corner = names.index("mug/1.png")
    for options, colour in (({}, 255), ({"background": "black"}, 0), ({"background": [9, 8, 7]}, [9, 8, 7])):
        snapshot = read(path, **options)
        assert (stored(snapshot)[corner, 0, 0] == colour).all()
        assert any(warning.startswith("20 images have transparency") for warning in snapshot.facts.warnings)
