"""Which files of a reference are manifests: tables that name files and their labels."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.containers.base import Contents, Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.data_files import IMAGE_SUFFIXES, data_members, suffix_of
from augury.datasets.formats.folders.names import folder_name
from augury.datasets.formats.split_names import split_of_path
from augury.datasets.formats.tables import parquet_files
from augury.datasets.formats.tables.columns import (
    Columns,
    find_columns,
    fold_names,
    missing_column,
    quoted_names,
    usual_indices,
)
from augury.datasets.formats.tables.csv_reading import Table, header_of, read_table
from augury.datasets.formats.tables.file_index import FileIndex
from augury.datasets.formats.tables.json_lines import SUFFIXES as JSON_SUFFIXES
from augury.datasets.formats.tables.json_lines import read_json_lines
from augury.datasets.formats.tables.manifest_columns import columns_by_content, sample
from augury.datasets.settings import IngestSettings

_HEAD = 1 << 16
_TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab", *JSON_SUFFIXES})
_SUBMISSION = re.compile(r"submission|submit|sample_?sub")


@dataclass(frozen=True)
class ManifestFile:
    """A member that is a table, not open yet."""

    member: Member
    open: Callable[[], Table]
    names: Sequence[str]
    """Of its columns."""
    is_called_one: bool
    """Whether its extension says that it is a table, so that its content is worth a look."""

    @property
    def folder(self) -> str:
        """Where it lies, with a slash; empty at the top."""
        parent = PurePosixPath(self.member.name).parent.as_posix()
        return "" if parent == "." else f"{parent}/"


@dataclass(frozen=True)
class _Judged:
    table: ManifestFile
    columns: Columns | None
    names_files: bool


def find_manifests(
    contents: Contents, given: ManifestColumns | None, limits: IngestSettings, index: FileIndex
) -> list[tuple[ManifestFile, Columns]]:
    """The manifests among the members, with their columns; a note names tables that are not used.

    A table that lacks a file or a label column is one, too (and is refused as such), where there is no better one,
    unless the images lie in folders of their classes, which need no manifest.

    Raises:
        DatasetError: ``manifest.columns``; or a file that is called a table cannot be read as one.
    """
    needs_one = not _lie_in_class_folders(contents)
    tables = [table for member in data_members(contents) if (table := _table(contents, member, given, limits))]
    judged = [_judge(table, given, index, must_be_readable=needs_one) for table in tables]
    whole = [(found.table, found.columns) for found in judged if found.columns and not _is_submission(found.table)]
    used = _named_after_splits(_with_files(whole, index)) if len(whole) > 1 else whole
    names = {table.member.name for table, _ in used}
    unused = [found for found in judged if found.table.member.name not in names]
    if not used and needs_one and (broken := next((found for found in judged if found.table.is_called_one), None)):
        raise missing_column(
            broken.table.names, "label" if broken.names_files else "file", repr(broken.table.member.name)
        )
    contents.notes.extend(
        f"{table.member.name!r}: {_chosen(table.open().columns, columns)}; if this is wrong, name the columns as "
        'columns: {"file": ..., "label": ...} in the reference'
        for table, columns in used
        if not _is_complete(table.open().columns, given)
    )
    contents.notes.extend(
        f"the column {name!r} of {table.member.name!r} is not used; say columns: "
        f'{{"group": {json.dumps(name)}}} in the reference to keep its folds together in every split'
        for table, columns in used
        for name in fold_names(table.names)
        if table.names.index(name) not in (columns.group, columns.split, columns.label)
    )
    notes = [found.table.member.name for found in unused if found.table.is_called_one and (used or found.names_files)]
    if notes:
        contents.notes.append(
            "tables that are not used, as they have no column of labels, name none of the files, are examples of "
            f"predictions, or are not named after a split as others are: {quoted_names(notes)}"
        )
    return used


def _chosen(names: Sequence[str], columns: Columns) -> str:
    if columns.one_hot:
        ones = quoted_names([names[number] for number in columns.one_hot])
        return f"the columns of 0 and 1, {ones}, are taken for a class each, and {names[columns.file]!r} for the files"
    return f"the column {names[columns.label]!r} is taken for the labels, and {names[columns.file]!r} for the files"


def _table(
    contents: Contents, member: Member, given: ManifestColumns | None, limits: IngestSettings
) -> ManifestFile | None:
    head = contents.head(member, _HEAD)
    if parquet_files.is_parquet(head):
        path = contents.as_file(member)
        if parquet_files.has_images(path, member.name, given):
            return None
        names = parquet_files.column_names(path, member.name)
        return ManifestFile(
            member, lambda: parquet_files.read_table(path, member.name, limits), names, is_called_one=False
        )
    suffix = suffix_of(member)
    if suffix in JSON_SUFFIXES:
        return ManifestFile(member, lambda: read_json_lines(contents.as_file(member), member.name, limits), (), True)
    header = header_of(head, is_whole=len(head) < _HEAD)
    if header is None and suffix not in _TABLE_SUFFIXES:
        return None
    names = [name.strip() for name in header or ()]

    def open_table() -> Table:
        return read_table(contents.as_file(member), member.name, limits)

    return ManifestFile(member, open_table, names, is_called_one=suffix in _TABLE_SUFFIXES)


def _judge(table: ManifestFile, given: ManifestColumns | None, index: FileIndex, *, must_be_readable: bool) -> _Judged:
    """The table's columns: by their names if these tell, else by what is in them if the file is called a table."""
    where = repr(table.member.name)
    if _is_complete(table.names, given):
        return _Judged(table, find_columns(table.names, given, where), names_files=True)
    if not table.is_called_one and not table.member.name.endswith(".parquet"):
        return _Judged(table, None, names_files=False)
    try:
        opened = table.open()
        table = replace(table, names=opened.columns)
        if _is_complete(opened.columns, given):
            return _Judged(table, find_columns(opened.columns, given, where), names_files=True)
        return _Judged(
            table, *columns_by_content(opened, given, index, table.folder, where, needs_labels=must_be_readable)
        )
    except DatasetError:
        if must_be_readable and table.is_called_one:
            raise
        return _Judged(table, None, names_files=False)


def _is_complete(names: Sequence[str], given: ManifestColumns | None) -> bool:
    if given is None or (given.file is None and given.label is None):
        return bool(usual_indices(names, "file")) and bool(usual_indices(names, "label"))
    try:
        find_columns(names, given, "")
    except DatasetError:
        return False
    return True


def _is_submission(table: ManifestFile) -> bool:
    """Whether it is an example of what a competition wants to be sent: files with made-up labels."""
    return _SUBMISSION.search(PurePosixPath(table.member.name).name.casefold()) is not None


def _with_files(tables: list[tuple[ManifestFile, Columns]], index: FileIndex) -> list[tuple[ManifestFile, Columns]]:
    """Those that name files which are there, if any does."""
    found = [
        (table, columns)
        for table, columns in tables
        if index.hits(sample(table.open().rows, columns.file), table.folder)
    ]
    return found or tables


def _named_after_splits(tables: list[tuple[ManifestFile, Columns]]) -> list[tuple[ManifestFile, Columns]]:
    """Those that their names or folders call splits, if there are two different ones."""
    splits = [split_of_path(table.member.name) for table, _ in tables]
    if len(set(splits) - {None}) < 2:
        return tables
    return [found for found, split in zip(tables, splits, strict=True) if split is not None]


def _lie_in_class_folders(contents: Contents) -> bool:
    folders = {PurePosixPath(member.name).parent for member in contents.members if suffix_of(member) in IMAGE_SUFFIXES}
    splits = all(folder_name(folder.name).sure_role for folder in folders)
    return len(folders) > 1 and PurePosixPath(".") not in folders and not splits
