"""Notebooks are read cell by cell, as one program."""

from __future__ import annotations

import json

import pytest

from augury.reading.found import Position
from tests.augury.reading.code import IMPORT, cells_of, notebook

CALL = "ImageDataGenerator(rotation_range=20)"


def test_names_of_one_cell_are_known_in_the_next() -> None:
    """Positions name the cell, which counts all cells, and the line in it."""
    contents = cells_of(notebook(IMPORT, ("markdown", "# Text"), f"R = 20\n\nx = {CALL.replace('20', 'R')}"))
    assert [found.arguments for found in contents.specs] == [{"rotation_range": 20}]
    assert contents.specs[0].position == Position(3, 3, 5)
    assert str(contents.specs[0].position) == "cell 3:3:5"


@pytest.mark.parametrize(
    "cell",
    [
        f"%matplotlib inline\n{CALL}",
        f"!pip install \\\n    keras\n{CALL}",
        f"files = !ls\n{CALL}",
        f"?print\nlen?\n{CALL}",
        f"if True:\n    !ls\n    {CALL}",
        f"%%time\n{CALL}",
        f"  {CALL}",
        f"text = '''\n%matplotlib\n'''\n{CALL}",
        f"pip install keras\n{CALL}",
        f"x = %time 3\n{CALL}",
    ],
)
def test_what_only_ipython_understands_does_not_hide_a_call(cell: str) -> None:
    """Magics, commands of the shell, help and an indented cell."""
    contents = cells_of(notebook(IMPORT, cell))
    assert contents.notes == ()
    assert [found.arguments for found in contents.specs] == [{"rotation_range": 20}]
    assert contents.specs[0].position.line == cell.count("\n", 0, cell.index("ImageData")) + 1


@pytest.mark.parametrize("cell", [f"%%bash\n{CALL}", f"%%writefile x.py\n{CALL}", f"%%html\n{CALL}"])
def test_a_cell_of_another_language_is_not_read(cell: str) -> None:
    """Nor one that is written into a file."""
    assert cells_of(notebook(IMPORT, cell)).specs == ()


def test_a_cell_that_cannot_be_read_is_a_note_and_hides_no_other() -> None:
    """As exercises have them, with gaps to be filled in."""
    contents = cells_of(notebook(IMPORT, "x = # your code", CALL))
    assert [note.position for note in contents.notes] == [Position(2, 1, 5)] or contents.notes[0].position.cell == 2
    assert len(contents.specs) == 1


def test_a_notebook_in_another_language_has_no_calls() -> None:
    """Its metadata says so."""
    assert cells_of(notebook(IMPORT, CALL, kernelspec={"language": "R", "name": "ir"})).specs == ()
    assert len(cells_of(notebook(IMPORT, CALL, language_info={"name": "python"})).specs) == 1


def test_notebooks_of_version_3_have_worksheets() -> None:
    """And their source is called input."""
    cells = [{"cell_type": "code", "input": [IMPORT]}, {"cell_type": "code", "input": CALL}]
    assert len(cells_of(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}).encode()).specs) == 1
