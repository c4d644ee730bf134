"""Python code and notebooks for tests, and what is read of them."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from augury.reading.found import Contents, FoundSpec
from augury.reading.python.notebooks import read_notebook
from augury.reading.python.reading import read_python

IMPORT = "from tensorflow.keras.preprocessing.image import ImageDataGenerator\n"


def contents_of(code: str) -> Contents:
    """What is in code as it stands, without its common indentation."""
    return read_python(textwrap.dedent(code).encode())


def only_spec(code: str) -> FoundSpec:
    """The one spec in code that need not import the class."""
    (found,) = contents_of(IMPORT + textwrap.dedent(code)).specs
    return found


def notebook(*cells: str | tuple[str, str], **metadata: Any) -> bytes:
    """A notebook of code cells, or of cells of other kinds as pairs of kind and source."""
    made = [("code", cell) if isinstance(cell, str) else cell for cell in cells]
    listed = [{"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)} for kind, source in made]
    return json.dumps({"cells": listed, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def cells_of(content: bytes) -> Contents:
    """What is in a notebook."""
    return read_notebook(content)
