"""Tables of text: any usual delimiter and encoding, strict about everything else, and never evaluated.

What a spreadsheet would take for a formula is a piece of text like any other here.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from augury.datasets.errors import DatasetError
from augury.datasets.settings import IngestSettings, variable_of

_DELIMITERS = (",", ";", "\t", "|")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
MAX_COLUMNS = 10_000
Rows = Iterator[tuple[int, list[str]]]
_DAMAGED = "manifest.damaged"


@dataclass(frozen=True)
class Table:
    """A table whose first line has been read."""

    columns: list[str]
    rows: Iterator[tuple[int, list[str]]]
    """Line numbers, counted from 1, and as many cells as there are columns. Raises DatasetError on the way."""


def bounded_table(columns: list[str], rows: Rows, name: str, limits: IngestSettings) -> Table:
    """The table, if it has few enough columns; its rows are counted as they come.

    Raises:
        DatasetError: ``table.too_many_columns``; the rows raise ``table.too_many_rows``.
    """
    if len(columns) > MAX_COLUMNS:
        message = f"{name!r} has {len(columns)} columns, at most {MAX_COLUMNS} are read"
        raise DatasetError("table.too_many_columns", message)
    return Table(columns, _few(rows, name, limits))


def _few(rows: Rows, name: str, limits: IngestSettings) -> Rows:
    for count, row in enumerate(rows, start=1):
        require_few_rows(count, name, limits)
        yield row


def require_few_rows(count: int, name: str, limits: IngestSettings) -> None:
    """See that a table has no more rows than a dataset may have files.

    Raises:
        DatasetError: ``table.too_many_rows``.
    """
    if count > limits.max_members:
        message = f"{name!r} has more than {limits.max_members} rows, which are allowed ({variable_of('max_members')})"
        raise DatasetError("table.too_many_rows", message)


def encoding_of(head: bytes) -> str:
    """UTF-8, or UTF-16 where a byte order mark says so."""
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), "utf-8")


def header_of(head: bytes, *, is_whole: bool) -> list[str] | None:
    """The names in the first line of a file that begins with *head*; None where that is no line of a text table.

    *is_whole* says that the file has no more bytes than these.
    """
    decoder = codecs.getincrementaldecoder(encoding_of(head))(errors="replace")
    line, newline, _ = decoder.decode(head, final=is_whole).replace("\r", "\n").partition("\n")
    if not (newline or is_whole) or not line.strip() or not _is_text(line):
        return None
    try:
        return next(csv.reader([line], delimiter=delimiter_of(line), strict=True))
    except csv.Error:
        return None


def delimiter_of(line: str) -> str:
    """Comma, semicolon, tab or bar: the one that makes most cells of the first line."""

    def cells(delimiter: str) -> int:
        try:
            return len(next(csv.reader([line], delimiter=delimiter)))
        except (csv.Error, StopIteration):
            return 0

    return max(_DELIMITERS, key=cells)


def read_table(path: Path, name: str, limits: IngestSettings) -> Table:
    """The table in a file, row by row; *name* is what messages call it.

    Raises:
        DatasetError: ``manifest.encoding``, ``manifest.nul``, ``manifest.line_too_long``, ``manifest.cells`` (a row
            with another number of cells), ``manifest.damaged``, ``manifest.empty`` or ``table.*``.
    """
    lines = Lines(path, name, limits.max_line_bytes)
    first = next(lines, "")
    if not first.strip():
        raise DatasetError("manifest.empty", f"{name!r} begins with an empty line; expected the names of its columns")
    lines.give_back(first)
    rows = _records(lines, delimiter_of(first.rstrip("\r\n")), name)
    _, columns = next(rows)
    return bounded_table([column.strip() for column in columns], _of_one_width(rows, len(columns), name), name, limits)


def _records(lines: Lines, delimiter: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = lines.number + 1
        lines.begin_record()
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise DatasetError(_DAMAGED, f"{name!r}, line {line}: not a well-formed row ({error})") from None
        if row is None:
            return
        yield line, row


def _of_one_width(rows: Iterator[tuple[int, list[str]]], width: int, name: str) -> Iterator[tuple[int, list[str]]]:
    for line, row in rows:
        if not row:
            continue  # csv's reading of an empty line
        if len(row) != width:
            raise DatasetError(
                "manifest.cells", f"{name!r}, line {line}: got {len(row)} cells, expected {width} as in the first line"
            )
        yield line, row


class Lines(Iterator[str]):
    """The lines of a text file; never holds more of one, or of one record, than the limit."""

    def __init__(self, path: Path, name: str, max_bytes: int) -> None:
        with path.open("rb") as file:
            encoding = encoding_of(file.read(4))
        self._file = path.open(encoding=encoding, newline="")
        self._name = name
        self._max_bytes = max_bytes
        self._record_bytes = 0
        self._given_back: list[str] = []
        self.number = 0

    def begin_record(self) -> None:
        """Quoted cells may hold line breaks; from here on the next record's bytes are counted."""
        self._record_bytes = 0

    def give_back(self, line: str) -> None:
        """Have this line come again."""
        self._given_back.append(line)
        self.number -= 1

    def __next__(self) -> str:
        line = self._given_back.pop() if self._given_back else self._line()
        if not line:
            self._file.close()
            raise StopIteration
        self.number += 1
        return line

    def _line(self) -> str:
        where = f"{self._name!r}, line {self.number + 1}"
        try:
            line = self._file.readline(self._max_bytes + 1)
        except UnicodeDecodeError as error:
            around = bytes(error.object[max(0, error.start - 20) : error.end])
            raise DatasetError(
                "manifest.encoding",
                f"{self._name!r}: not {error.encoding.upper()} at {around!r} ({error.reason}); save the manifest as "
                "UTF-8, or as UTF-16 with a byte order mark",
            ) from None
        if "\0" in line:
            raise DatasetError(
                "manifest.nul", f"{where}: holds a NUL; save the manifest as text (UTF-8, or UTF-16 with a mark)"
            )
        self._record_bytes += len(line.encode())
        if self._record_bytes > self._max_bytes:
            raise DatasetError(
                "manifest.line_too_long",
                f"{where}: longer than {self._max_bytes} bytes ({variable_of('max_line_bytes')}); "
                "is a quote not closed?",
            )
        return line


def _is_text(line: str) -> bool:
    return "\ufffd" not in line and all(character.isprintable() or character == "\t" for character in line)
