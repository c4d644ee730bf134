"""The example notebook in a real Jupyter kernel: what its cells show, and how much of it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "compare.ipynb"
QUICK = "SEEDS, EPOCHS, IMAGES = 2, 2, 200"


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Any]]:
    """The cells of code, executed with little training."""
    folder = tmp_path_factory.mktemp("notebook")
    book = nbformat.read(EXAMPLE, as_version=4)
    (settings,) = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", [])]
    settings.source = QUICK
    before, processors = dict(os.environ), os.sched_getaffinity(0)
    # The kernel is this Python, and keeps what it writes about itself in the test's folder.
    os.environ |= {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "IPYTHONDIR": str(folder / "home")}
    os.environ |= {f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    os.sched_setaffinity(0, set(list(processors)[:1]))  # so that one process trains, and not as many as there are
    try:
        NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    finally:
        os.sched_setaffinity(0, processors)
        os.environ.clear()
        os.environ |= before
    yield [cell for cell in book.cells if cell.cell_type == "code"]
    assert (folder / "report.html").read_text().startswith("<!")


def _showing(cells: list[Any], words: str) -> Any:
    return next(cell for cell in cells if words in cell.source)


def _html(cell: Any) -> list[str]:
    return [output.data["text/html"] for output in cell.outputs if "text/html" in output.get("data", {})]


def test_progress_is_one_output_that_was_replaced(cells: list[Any]) -> None:
    """However often it was told of; nothing is printed beside it, as a warning of widgets that are not installed."""
    cell = _showing(cells, "outcome = augury.compare")
    assert [output.output_type for output in cell.outputs] == ["display_data", "execute_result"]
    assert re.fullmatch(r"<div>compared in \d+ s</div>", _html(cell)[0])


def test_an_outcome_is_shown_as_its_summary_and_forest_plot(cells: list[Any]) -> None:
    """In a fragment that runs nothing, and whose every rule is for itself alone."""
    shown = _html(_showing(cells, "outcome = augury.compare"))[-1]
    assert shown.count("<figure><svg") == 1
    assert "<li>flip " in shown
    assert not re.search(r"<script|javascript:|\son\w+=", shown)
    (style,) = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    outermost = re.sub(r"\{[^{}]*\}", "", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    while "{" in outermost:
        outermost = re.sub(r"\{[^{}]*\}", ";", outermost)
    selectors = [each.strip() for each in re.split(r"[;,\n]", outermost) if each.strip()]
    assert selectors
    assert all(each.endswith(".augury-outcome") for each in selectors)
    assert "light-dark(" in style


def test_an_outcome_is_a_table_of_pandas(cells: list[Any]) -> None:
    """With a row for each candidate."""
    (table,) = _html(_showing(cells, "to_pandas"))
    assert "verdict" in table
    assert table.count("<tr") == 4  # two candidates, below a heading of two lines


def test_a_compiled_model_and_a_dataset_of_tensorflow_are_taken(cells: list[Any]) -> None:
    """Though TensorFlow is used in the kernel itself, too."""
    cell = _showing(cells, "import keras")
    printed = "".join(output.text for output in cell.outputs if output.get("name") == "stdout")
    assert printed.startswith("shift ")
