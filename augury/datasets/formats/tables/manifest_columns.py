"""Which columns of a table are a manifest's, where their names alone do not tell: by what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.formats.tables.columns import (
    Columns,
    find_columns,
    given_indices,
    likely_label_indices,
    usual_indices,
)
from augury.datasets.formats.tables.csv_reading import Table
from augury.datasets.formats.tables.file_index import FileIndex

SAMPLE_ROWS = 200
_UNSET = frozenset({"0", "0.0", "false", ""})
_SET = frozenset({"1", "1.0", "true"})
_MAX_DISTINCT = 10_000
_FEW_ROWS = 20


def is_set(cell: str) -> bool:
    """Whether a cell of a column of 0 and 1 is 1, as a number or a word."""
    return cell.strip().casefold() in _SET


@dataclass
class _Content:
    """What the cells of one column are."""

    hits: int = 0
    """Of the first rows, how many name files."""
    altered_hits: int = 0
    """The same, if a program has changed the names; see ``FileIndex``."""
    cells: int = 0
    """Of the first rows, how many are not empty."""
    is_flag: bool = True
    is_ever_set: bool = False
    rows: int = 0
    distinct: set[str] = field(default_factory=set)

    def add(self, cell: str) -> None:
        self.is_flag = self.is_flag and (cell.casefold() in _UNSET or is_set(cell))
        self.is_ever_set = self.is_ever_set or is_set(cell)
        self.rows += bool(cell)
        if len(self.distinct) < _MAX_DISTINCT:
            self.distinct.add(cell)

    @property
    def repeats(self) -> bool:
        """Whether it can be a class: some images have the same."""
        return len(self.distinct) < self.rows


def columns_by_content(
    table: Table, given: ManifestColumns | None, index: FileIndex, folder: str, where: str, *, needs_labels: bool
) -> tuple[Columns | None, bool]:
    """The columns, or None where no label can be told; and whether there is one of files.

    The files' column is one with a usual name, or the first that names files most often; the labels' one with a usual
    name, or the only other one in which values repeat (they need not in a few rows, where *needs_labels*: no folders
    say them); or there are columns of 0 and 1, one for each class.

    Raises:
        DatasetError: ``manifest.columns``: a given column is not there; or whatever is wrong with the table.
    """
    contents = _contents(table, index, folder)
    file = _file_column(table.columns, given, contents)
    if file is None:
        return None, False
    chosen = (given or ManifestColumns()).model_copy(update={"file": None})
    names = list(table.columns)
    others = [number for number in range(len(names)) if number != file and not _has_other_role(names, number, chosen)]
    label, one_hot = _label_columns(names, chosen, others, contents, needs_labels=needs_labels)
    if label is None and not one_hot:
        return None, True
    named = chosen.model_copy(update={"file": names[file], "label": names[one_hot[0] if label is None else label]})
    found = find_columns(names, named, where)
    return Columns(file, found.label, found.split, found.group, found.split_is_given, one_hot), True


def sample(rows: Iterator[tuple[int, list[str]]], column: int) -> list[str]:
    """The first cells of a column."""
    return [cells[column].strip() for _, cells in islice(rows, SAMPLE_ROWS)]


def _contents(table: Table, index: FileIndex, folder: str) -> list[_Content]:
    contents = [_Content() for _ in table.columns]
    for number, (_, cells) in enumerate(table.rows):
        for content, cell in zip(contents, map(str.strip, cells), strict=True):
            content.add(cell)
            if number < SAMPLE_ROWS and cell:
                content.cells += 1
                content.hits += index.hits([cell], folder)
                content.altered_hits += index.altered_hits([cell])
    return contents


def _file_column(names: Sequence[str], given: ManifestColumns | None, contents: Sequence[_Content]) -> int | None:
    if given is not None and given.file is not None:
        return next(iter(given_indices(names, given.file)), None)
    usual = usual_indices(names, "file")
    if len(usual) == 1:
        return usual[0]
    best = max(usual or range(len(names)), key=lambda number: contents[number].hits, default=None)
    if best is not None and 2 * contents[best].hits > contents[best].cells:
        return best
    # A class is a number, too, and some file may be called by it; but no file has many rows.
    unique = (number for number, content in enumerate(contents) if not content.repeats)
    return next((number for number in unique if 2 * contents[number].altered_hits > contents[number].cells), None)


def _has_other_role(names: Sequence[str], number: int, chosen: ManifestColumns) -> bool:
    given = {name.casefold() for name in (chosen.split, chosen.group) if name is not None}
    usual = [*usual_indices(names, "split"), *usual_indices(names, "group"), *usual_indices(names, "file")]
    return number in usual or names[number].casefold() in given


def _label_columns(
    names: Sequence[str],
    chosen: ManifestColumns,
    others: Sequence[int],
    contents: Sequence[_Content],
    *,
    needs_labels: bool,
) -> tuple[int | None, tuple[int, ...]]:
    """The one column of labels, or those of 0 and 1."""
    if chosen.label is not None:
        return next(iter(given_indices(names, chosen.label)), None), ()
    known = usual_indices(names, "label") or likely_label_indices(names)
    if known:
        return known[0], ()
    if len(others) == 1:
        few = needs_labels and contents[others[0]].rows <= _FEW_ROWS
        return (others[0] if few or contents[others[0]].repeats else None), ()
    flags = tuple(number for number in others if contents[number].is_flag)
    is_one_hot = len(flags) > 1 and any(contents[number].is_ever_set for number in flags)
    return None, flags if is_one_hot else ()
