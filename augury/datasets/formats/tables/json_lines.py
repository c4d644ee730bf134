"""Tables with an object of JSON in each line, as the Hugging Face hub's image folders have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from augury.datasets.errors import DatasetError
from augury.datasets.formats.tables.csv_reading import MAX_COLUMNS, Lines, Table, bounded_table
from augury.datasets.settings import IngestSettings

SUFFIXES = frozenset({".jsonl", ".ndjson"})


def read_json_lines(path: Path, name: str, limits: IngestSettings) -> Table:
    """The table in a file, row by row: its columns are all keys, in the order in which they come first.

    Raises:
        DatasetError: ``manifest.damaged``, ``manifest.encoding``, ``manifest.nul``, ``manifest.line_too_long``,
            ``manifest.empty`` or ``table.*``.
    """
    columns: dict[str, None] = {}
    for _, row in _objects(path, name, limits):
        columns.update(dict.fromkeys(row))
        if len(columns) > MAX_COLUMNS:
            raise DatasetError("table.too_many_columns", f"{name!r} has more than {MAX_COLUMNS} different keys")
    if not columns:
        raise DatasetError("manifest.empty", f"{name!r} has no lines with keys and values")
    names = list(columns)
    rows = ((line, [_text(row.get(column)) for column in names]) for line, row in _objects(path, name, limits))
    return bounded_table([column.strip() for column in names], rows, name, limits)


def _objects(path: Path, name: str, limits: IngestSettings) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = Lines(path, name, limits.max_line_bytes)
    for text in lines:
        lines.begin_record()
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise DatasetError("manifest.damaged", f"{name!r}, line {lines.number}: not an object of JSON")
        yield lines.number, row


def _text(value: Any) -> str:
    """A value as a cell of text; of a list with one value that value."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
