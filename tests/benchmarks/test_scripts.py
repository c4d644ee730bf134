"""The benchmarks of the engine run and print what is read from them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def _printed(script: str, *arguments: str) -> Any:
    command = [sys.executable, str(BENCHMARKS / script), "--json", *arguments]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout)


def test_augmentation_measures_every_engine_of_a_case() -> None:
    """In two rounds of a batch each, without other libraries."""
    chosen = ("--sizes", "28x28x1", "--specs", "targeted", "--kinds", "uint8", "--batches", "32", "--no-grey")
    told = _printed("augmentation.py", *chosen, "--rounds", "2", "--seconds", "0", "--peer-python", "nowhere/python")
    [result] = told["results"]
    assert result["case"] == {"spec": "targeted", "size": "28x28x1", "kind": "uint8", "batch": 32}
    assert set(result["engines"]) == {
        "keras ImageDataGenerator", "augury", "augury stateless", "keras layers", "tensorflow operations", "copy",
    }  # fmt: skip
    assert result["engines"]["keras ImageDataGenerator"]["to_reference"] == [1, 1, 1]
    assert result["fastest_other"] in ("keras layers", "tensorflow operations")
    assert 0 <= result["largest_difference"] <= 1e-3
    assert "kornia and DALI" in told["not_run"]


def test_agreement_tells_the_largest_difference_with_its_case_and_what_was_drawn() -> None:
    """All fill modes, channels, kinds and orders are among 120 cases, and none is beyond the promise."""
    told = _printed("agreement.py", "--cases", "120")
    assert (told["cases"], told["beyond"]) == (120, 0)
    assert 0 < told["largest"] <= 0.01
    assert told["case"].startswith("case ")
    expected = {f"fill_mode {name}" for name in ("constant", "nearest", "reflect", "wrap")}
    expected |= {f"kind {name}" for name in ("uint8", "uint16", "float32")} | {f"channels {n}" for n in (1, 3, 4)}
    assert set(told["by"]) == expected | {"interpolation_order 0", "interpolation_order 1"}
    counts = [count for name, (count, _) in told["by"].items() if name.startswith("fill_mode")]
    assert sum(counts) == 120
    assert told["cut"] > 0
