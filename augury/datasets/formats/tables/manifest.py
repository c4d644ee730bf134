"""Manifests: a CSV, TSV or Parquet table that names image files and their labels, beside the files.

Classes are in the order of their names as text, or by number where all labels are integers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents, Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.class_labels import class_order, require_usable_name
from augury.datasets.formats.data_files import skip_the_rest
from augury.datasets.formats.folders.names import folder_name
from augury.datasets.formats.one_label import SEVERAL_LABELS
from augury.datasets.formats.split_names import UNDERSTOOD, split_of, split_of_path, splits_of_files, splits_of_texts
from augury.datasets.formats.tables.columns import Columns, quoted_names
from augury.datasets.formats.tables.csv_reading import Table
from augury.datasets.formats.tables.file_index import FileIndex, plain_name
from augury.datasets.formats.tables.manifest_columns import is_set
from augury.datasets.formats.tables.manifest_tables import ManifestFile, find_manifests
from augury.datasets.labelled_images import SPLITS, EncodedImages, Listing
from augury.datasets.settings import IngestSettings

_OUTSIDE = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|://|\0")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_MAX_EXAMPLES = 5


def recognise(contents: Contents, options: ImageOptions, limits: IngestSettings) -> Listing | None:
    """The images that manifests name, in the order of the manifests' rows.

    Several manifests are the splits that their names say (train.csv, test.csv).

    Raises:
        DatasetError: ``manifest.*``.
    """
    index = FileIndex(contents.members, options.columns)
    found = find_manifests(contents, options.columns, limits, index)
    if not found:
        return None
    manifests = [manifest for manifest, _ in found]
    reading = _Reading(contents, manifests, index, options.layout)
    for (manifest, columns), split in zip(found, _splits(manifests), strict=True):
        reading.split_is_given |= columns.split_is_given
        for row in _rows(manifest.open(), columns, manifest, split):
            reading.add(row)
    return reading.listing(limits)


@dataclass(frozen=True)
class _Row:
    where: str
    folder: str
    file: str
    label: str
    split: str
    group: str
    file_split: str | None
    """What is said of the split, for telling files of the same name apart."""


def _splits(manifests: list[ManifestFile]) -> list[str] | list[None]:
    if len(manifests) == 1:
        return [None]
    names = [manifest.member.name for manifest in manifests]
    splits = splits_of_files(names, "manifest.several")
    if splits is None:
        raise DatasetError(
            "manifest.several",
            f"found {len(names)} manifests ({quoted_names(names)}); expected one, or one for each split, "
            f"named {UNDERSTOOD}",
        )
    return splits


def _rows(table: Table, columns: Columns, manifest: ManifestFile, split: str | None) -> Iterator[_Row]:
    name = manifest.member.name
    said = split or split_of_path(name)
    for line, cells in table.rows:
        where = f"{name!r}, line {line}"
        group = cells[columns.group].strip() if columns.group is not None else ""
        own_split = cells[columns.split].strip() if columns.split is not None else ""
        label = _one_hot_label(table.columns, cells, columns.one_hot, where) or (
            "" if columns.one_hot else cells[columns.label].strip()
        )
        yield _Row(
            where, manifest.folder, cells[columns.file].strip(), label, split or own_split, group,
            split_of(own_split) or said,
        )  # fmt: skip


def _one_hot_label(names: list[str], cells: list[str], one_hot: tuple[int, ...], where: str) -> str:
    """The class whose column has a 1; empty where none has."""
    chosen = [names[number] for number in one_hot if is_set(cells[number])]
    if len(chosen) > 1:
        raise DatasetError(
            "labels.several",
            f"{where}: {quoted_names(chosen)} are 1 together, of the columns of 0 and 1, which are taken for one a "
            f"class; an image must have exactly one class: {SEVERAL_LABELS}; or name one column as columns: "
            '{"label": ...} in the reference',
        )
    return chosen[0] if chosen else ""


class _Reading:
    """Gathers rows, and what is wrong with them."""

    def __init__(self, contents: Contents, manifests: list[ManifestFile], index: FileIndex, layout: str | None) -> None:
        self._contents = contents
        self._manifests = [manifest.member for manifest in manifests]
        self._members = {member.name: member for member in contents.members}
        self._index = index
        self._layout = layout
        self._rows: dict[str, _Row] = {}
        self._missing: list[str] = []
        self._skipped: list[tuple[str, str]] = []
        self._conflicts: list[str] = []
        self.split_is_given = False
        """Whether the client named the split column, so that every value in it must be a split."""

    def add(self, row: _Row) -> None:
        """Take one row in."""
        if not row.file or not row.label:
            self._skipped.append((f"row without a {'label' if row.file else 'file name'}", row.file or row.where))
            return
        member = self._member(row)
        if member is None:
            self._missing.append(row.file)
            return
        require_usable_name(row.label, "label", row.where)
        require_usable_name(row.group, "group", row.where)
        earlier = self._rows.setdefault(member.name, row)
        if earlier is row:
            return
        if earlier.label != row.label:
            self._conflicts.append(f"{member.name!r} is {earlier.label[:60]!r} and {row.label[:60]!r}")
        if (earlier.split, earlier.group) != (row.split, row.group):
            raise DatasetError(
                "manifest.conflicting_rows",
                f"{row.where}: {member.name!r} was named before ({earlier.where}) with another split or group",
            )
        self._skipped.append(("named by several rows", member.name))

    def listing(self, limits: IngestSettings) -> Listing:
        """What came together."""
        self._require_consistent_labels()
        self._require_images()
        names = list(self._rows)
        rows = [self._rows[name] for name in names]
        members = [self._members[name] for name in names]
        skipped = skip_the_rest(self._contents, [*members, *self._manifests], "not named in the manifest")
        for reason, name in self._skipped:
            skipped.add(reason, name)
        for name in self._missing:
            skipped.add("named in the manifest, but not there", name)
        labels = [row.label for row in rows]
        self._contents.notes.extend(self._index.notes())
        contents, max_bytes = self._contents, limits.max_image_bytes
        splits = splits_of_texts([row.split for row in rows], "manifest.split", must=self.split_is_given)
        if splits is None and not any(row.split for row in rows) and self._layout in (None, "auto", "splits"):
            splits = self._splits_of_folders(names)
        return Listing(
            format="manifest",
            names=names,
            labels=labels,
            images=EncodedImages(lambda index: contents.read(members[index], max_bytes)),
            class_names=class_order(labels),
            splits=splits,
            groups=_groups_of_rows(rows, names),
            skipped=skipped,
        )

    def _member(self, row: _Row) -> Member | None:
        name = plain_name(row.file)
        if _OUTSIDE.search(name):
            raise DatasetError(
                "manifest.path",
                f"{row.where}: {row.file[:200]!r} is not a name inside the dataset; expected one relative to the "
                "manifest, without '..'",
            )
        member = self._index.find(name, row.folder, row.file_split)
        if member is None and _ESCAPED.search(name):
            raise DatasetError(
                "manifest.path",
                f"{row.where}: {row.file[:200]!r} looks percent-encoded and is no file's name; write it plainly",
            )
        return member

    def _splits_of_folders(self, names: list[str]) -> list[str] | None:
        """The splits that the files' folders say, where all of them do and the manifest says nothing."""
        splits = [_split_of_folders(name) for name in names]
        if None in splits or len(set(splits)) < 2:
            return None
        self._contents.notes.append(
            "the manifest says no splits, but the folders of its files do, so these are taken; "
            'say "layout": "pooled" in the reference if they mean nothing'
        )
        return [split for split in splits if split is not None]

    def _require_consistent_labels(self) -> None:
        if self._conflicts:
            raise DatasetError(
                "manifest.conflicting_labels",
                f"{len(self._conflicts)} rows give a file another label than an earlier row, e.g. "
                f"{'; '.join(self._conflicts[:_MAX_EXAMPLES])}; an image must have exactly one class",
            )

    def _require_images(self) -> None:
        if self._rows:
            return
        if self._missing:
            raise DatasetError(
                "manifest.missing_files",
                f"none of the {len(self._missing)} files that the manifest names is there, e.g. "
                f"{quoted_names(self._missing[:_MAX_EXAMPLES])}; expected names relative to the manifest's folder",
            )
        raise DatasetError("manifest.empty", "the manifest has no row with a file name and a label")


def _split_of_folders(name: str) -> str | None:
    roles = (folder_name(folder).sure_role for folder in name.split("/")[:-1])
    return next((role for role in roles if role in SPLITS), None)


def _groups_of_rows(rows: list[_Row], names: list[str]) -> list[str] | None:
    """The rows' groups; an image whose row names none is a group of its own."""
    if not any(row.group for row in rows):
        return None
    return [row.group or f"only {name}" for row, name in zip(rows, names, strict=True)]
