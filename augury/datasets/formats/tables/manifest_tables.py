"""Which files of a reference are manifests: tables that name files and their labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.containers.base import Contents, Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.data_files import IMAGE_SUFFIXES, data_members, suffix_of
from augury.datasets.formats.tables import parquet_files
from augury.datasets.formats.tables.columns import find_columns, usual_indices
from augury.datasets.formats.tables.csv_reading import Table, header_of, read_table
from augury.datasets.settings import IngestSettings

_HEAD = 1 << 16
_TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".tab"})


@dataclass(frozen=True)
class ManifestFile:
    """A member that is a manifest, not open_table yet."""

    member: Member
    open: Callable[[], Table]


def find_manifests(contents: Contents, given: ManifestColumns | None, limits: IngestSettings) -> list[ManifestFile]:
    """The manifests among the members.

    A table that lacks a file or a label column is one, too (and will be refused as such), unless the images lie in
    folders of their classes, which need no manifest.

    Raises:
        DatasetError: a file that is called a table cannot be read as one.
    """
    needs_one = not _lie_in_class_folders(contents)
    found = []
    for member in data_members(contents):
        manifest = _manifest(contents, member, given, limits, needs_one)
        if manifest is not None:
            found.append(manifest)
    return found


def _manifest(
    contents: Contents, member: Member, given: ManifestColumns | None, limits: IngestSettings, needs_one: bool
) -> ManifestFile | None:
    head = contents.head(member, _HEAD)
    if parquet_files.is_parquet(head):
        path = contents.as_file(member)
        names = parquet_files.column_names(path, member.name)
        is_one = _is_complete(names, given) and not parquet_files.has_images(path, member.name, given)
        return ManifestFile(member, lambda: parquet_files.read_table(path, member.name)) if is_one else None

    def open_table() -> Table:
        return read_table(contents.as_file(member), member.name, limits)

    header = header_of(head, is_whole=len(head) < _HEAD)
    is_called_one = needs_one and suffix_of(member) in _TABLE_SUFFIXES
    is_one = is_called_one or (header is not None and _is_complete(header, given))
    return ManifestFile(member, open_table) if is_one else None


def _is_complete(names: list[str], given: ManifestColumns | None) -> bool:
    if given is None or (given.file is None and given.label is None):
        return bool(usual_indices(names, "file")) and bool(usual_indices(names, "label"))
    try:
        find_columns([name.strip() for name in names], given, "")
    except DatasetError:
        return False
    return True


def _lie_in_class_folders(contents: Contents) -> bool:
    folders = {PurePosixPath(member.name).parent for member in contents.members if suffix_of(member) in IMAGE_SUFFIXES}
    return len(folders) > 1 and PurePosixPath(".") not in folders
