"""Notebooks: their code cells as pieces of Python, without what only IPython understands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from augury.reading.found import Contents, Note, Position
from augury.reading.python.reading import Piece, read_pieces
from augury.reading.python.source import NotPythonError, parsed

MAX_CELLS = 10_000

_OF_PYTHON = frozenset({"capture", "prun", "time", "timeit"})
"""Cell magics whose cell is Python; whatever follows any other is a language or a file of its own."""

_MAGIC = re.compile(r"\s*(?:[%!]|\?|[\w.]+\?{1,2}\s*$|pip3? |conda |[\w.,\[\] ]+=\s*[%!]\s*\w)")


class NotANotebookError(Exception):
    """The file has another form than notebooks have."""


def read_notebook(content: bytes) -> Contents:
    """The specs in the code cells of a notebook, read one after another in the order in which they stand."""
    try:
        pieces = [_as_python(piece) for piece in cells_of(content)]
    except NotANotebookError as error:
        return Contents(notes=(Note(Position(), str(error)),))
    return read_pieces(pieces)


def cells_of(content: bytes) -> list[Piece]:
    """The code cells with their numbers, which count all cells from 1.

    Raises:
        NotANotebookError: it has none.
    """
    try:
        notebook = json.loads(content)
    except (ValueError, RecursionError):
        raise NotANotebookError("cannot be read as a notebook: it is not JSON") from None
    cells = list(_cells(notebook))
    if not isinstance(notebook, dict) or (not cells and "nbformat" not in notebook):
        raise NotANotebookError("cannot be read as a notebook: it has no cells")
    if len(cells) > MAX_CELLS:
        raise NotANotebookError(f"has {len(cells):,} cells, and at most {MAX_CELLS:,} are read")
    if _language(notebook) not in ("", "python"):
        return []
    texts = ((number, _source(cell)) for number, cell in enumerate(cells, 1) if _is_code(cell))
    return [Piece(text, number) for number, text in texts if text.strip()]


def _cells(notebook: Any) -> Iterator[Any]:
    """Of the format's version 4, or of the worksheets of version 3."""
    if isinstance(notebook, dict):
        for sheet in (notebook, *_list(notebook.get("worksheets"))):
            yield from _list(sheet.get("cells") if isinstance(sheet, dict) else None)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_code(cell: Any) -> bool:
    return isinstance(cell, dict) and cell.get("cell_type") == "code"


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", cell.get("input", ""))
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for key in ("language_info", "kernelspec"):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        language = (part.get("name") if key == "language_info" else part.get("language")) if part else None
        if isinstance(language, str):
            return language.lower().rstrip("0123456789")
    return ""


def _as_python(piece: Piece) -> Piece:
    """The cell with as many lines, of which those that only IPython understands do nothing."""
    lines = piece.text.split("\n")
    first = next(index for index, line in enumerate(lines) if line.strip())
    if lines[first].startswith("%%"):
        name = re.match(r"%%(\w*)", lines[first])
        if name is None or name.group(1) not in _OF_PYTHON:
            return replace(piece, text="")
        lines[first] = ""
    indent = re.match(r"[ \t]*", lines[first]).group()  # type: ignore[union-attr]
    if indent:  # of the whole cell, as IPython takes it
        lines = [line.removeprefix(indent) for line in lines]
    text = "\n".join(lines)
    try:
        parsed(text)  # what can be read as it is stays so: a line of a string may begin with %
    except NotPythonError:
        text = "\n".join(_without_magics(lines))
    return replace(piece, text=text, indent=len(indent))


def _without_magics(lines: list[str]) -> Iterator[str]:
    goes_on, indent = False, ""
    for line in lines:
        is_magic = goes_on or _MAGIC.match(line) is not None
        if not goes_on:  # what goes on is indented as its author likes
            indent = line[: len(line) - len(line.lstrip())]
        goes_on = is_magic and line.endswith("\\")
        yield f"{indent}pass" if is_magic and line.strip() else line
