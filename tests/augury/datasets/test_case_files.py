"""Small datasets as people have them, one test a file: each is read as its owner means it, and says what was decided.

The files are in ``tests/fixtures/cases``.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

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
