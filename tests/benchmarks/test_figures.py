"""What ``benchmarks/augmentation.py`` states follows from its turns, and its tables say it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.augmenting.cases import GREY_AND_RGB, KINDS, SIZES, SPECS, Case
from benchmarks.augmenting.figures import Comparison, comparison_of, grey_of
from benchmarks.augmenting.tables import engines_table, grey_table, summary_table, table
from benchmarks.augmenting.turns import Turn

CASE = Case("over", "96x96x3")
TURNS = {
    "keras": [Turn(100, 1.0, 2.0)] * 3,
    "ours": [Turn(5000, 1.0, 1.0)] * 3,
    "slow": [Turn(500, 1.0, 1.0)] * 3,
    "fast": [Turn(1000, 1.0, 1.0)] * 3,
    "copy": [Turn(20_000, 1.0, 1.0)] * 3,
}
NOT_OTHERS = {"keras", "ours", "copy"}


def _compared(**turns: list[Turn]) -> Comparison:
    return comparison_of(CASE, TURNS | turns, 1e-5, own="ours", not_others=NOT_OTHERS, reference="keras", copy="copy")


def test_figures_are_of_pixels_and_of_the_bytes_that_have_to_be_moved() -> None:
    """5,000 images of 9,216 pixels, of which 27,648 bytes are read and four times as many written."""
    ours = _compared().engines["ours"]
    assert ours.images_per_second == 5000
    assert ours.nanoseconds_per_pixel == pytest.approx(1e9 / 5000 / 9216)
    assert ours.bytes_per_second == pytest.approx(5000 * 27_648 * 5)
    assert ours.of_copy == pytest.approx(0.25)
    assert (ours.to_reference.median, ours.wall_to_reference.median) == (50, 100)


def test_floats_have_as_many_bytes_to_be_read_as_to_be_written() -> None:
    """And a copy is always the whole of itself."""
    assert Case("over", "28x28x1", "float32").bytes_moved == 784 * 8
    assert _compared().engines["copy"].of_copy == 1


def test_the_fastest_other_is_neither_ours_nor_the_reference_nor_the_copy() -> None:
    """However fast these are."""
    compared = _compared(keras=[Turn(9000, 1.0, 1.0)] * 3)
    assert (compared.fastest_other, compared.to_fastest_other.median) == ("fast", 5)


def test_without_another_engine_nothing_is_said_of_others() -> None:
    """Rather than a ratio to itself."""
    turns = {name: TURNS[name] for name in NOT_OTHERS}
    with pytest.raises(ValueError, match="no other engine"):
        comparison_of(CASE, turns, 0, own="ours", not_others=NOT_OTHERS, reference="keras", copy="copy")


def test_grey_is_as_dear_as_rgb_where_time_goes_by_pixels() -> None:
    """Whatever the sizes, and twice as dear where it takes twice as long for each pixel."""
    cases = {size: Case("over", size) for pair in GREY_AND_RGB for size in pair}
    turns = {size: [Turn(10, 10 * case.pixels * 1e-6, 1)] for size, case in cases.items()}
    grey = grey_of("ours", cases, GREY_AND_RGB, turns)
    assert all(each.median == pytest.approx(1) for each in grey.dearer.values())
    assert all(each == pytest.approx(1000) for each in grey.nanoseconds.values())
    turns["28x28x1"] = [Turn(10, 2 * 10 * 784 * 1e-6, 1)]
    dearer = grey_of("ours", cases, GREY_AND_RGB, turns).dearer
    assert dearer["28x28x1 to 96x96x3"].median == pytest.approx(2)
    assert dearer["96x96x1 to 96x96x3"].median == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_whole_batches_of_every_case(kind: str) -> None:
    """Two at least, so that none is shorter than the others; of 256 as of 32."""
    cases = [Case(spec, size, kind, batch) for spec in SPECS for size in SIZES for batch in (32, 256)]
    assert all(case.image_count % case.batch == 0 and case.image_count >= 2 * case.batch for case in cases)


def _cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_a_table_is_markdown_and_reads_as_text() -> None:
    """Lines of one length, a rule below the heads, and names as long as they come."""
    text = table(["engine", "s"], [["a", "1.25"], ["a long name", "12,345.00"]])
    assert len({len(line) for line in text.splitlines()}) == 1
    assert _cells(text)[0] == ["engine", "s"]
    assert set(_cells(text)[1][0]) == {"-"}
    assert _cells(text)[2:] == [["a", "1.25"], ["a long name", "12,345.00"]]


def test_a_case_lists_its_engines_from_the_fastest_down() -> None:
    """With what they are in a copy and beside Keras."""
    rows = _cells(engines_table(_compared()))
    assert [row[0] for row in rows[2:]] == ["copy", "ours", "fast", "slow", "keras"]
    assert rows[3] == ["ours", "5,000", "21.70", "0.69", "0.250", "50.0 (50.0–50.0)", "100.0"]


def test_the_summary_has_a_line_for_each_case() -> None:
    """With the reference, Augury and the fastest other."""
    row = _cells(summary_table([_compared()], "ours", "keras"))[2]
    assert row[:4] == ["over, 96×96×3, uint8, batches of 32", "100", "5,000", "21.70"]
    assert row[-2:] == ["fast", "5.0 (5.0–5.0)"]


def test_the_table_of_grey_has_a_column_for_each_size_and_each_pair() -> None:
    """A line for each engine and spec."""
    cases = {size: Case("over", size) for pair in GREY_AND_RGB for size in pair}
    turns = {size: [Turn(10, 10 * case.pixels * 1e-9, 1)] for size, case in cases.items()}
    rows = _cells(grey_table([grey_of("ours", cases, GREY_AND_RGB, turns)]))
    assert rows[0] == ["ns a pixel", *(each.replace("x", "×") for each in (*cases, *_pairs()))]
    assert rows[2] == ["over, ours", *["1.00"] * 4, *["1.00 (1.00–1.00)"] * 3]


def _pairs() -> list[str]:
    return [f"{grey} to {other}" for grey, other in GREY_AND_RGB]


def test_results_are_plain_json() -> None:
    """With the case and a ratio's median, lowest and highest."""
    told: dict[str, Any] = json.loads(json.dumps(_compared().as_json()))
    assert told["case"] == {"spec": "over", "size": "96x96x3", "kind": "uint8", "batch": 32}
    assert told["engines"]["ours"]["to_reference"] == [50, 50, 50]
