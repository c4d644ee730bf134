"""Manifests: a CSV, TSV or Parquet table that names image files and their labels, beside the files.

Classes are in the order of their names as text, or by number where all labels are integers.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from api_schemas.datasets.references import ImageOptions
from augury.datasets.containers.base import Contents, Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.class_labels import class_order
from augury.datasets.formats.data_files import skip_the_rest
from augury.datasets.formats.split_names import UNDERSTOOD, splits_of_files, splits_of_texts
from augury.datasets.formats.tables.columns import Columns, find_columns, quoted_names
from augury.datasets.formats.tables.csv_reading import Table
from augury.datasets.formats.tables.manifest_tables import ManifestFile, find_manifests
from augury.datasets.labelled_images import EncodedImages, Listing
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
    manifests = find_manifests(contents, options.columns, limits)
    if not manifests:
        return None
    reading = _Reading(contents, manifests)
    for manifest, split in zip(manifests, _splits(manifests), strict=True):
        table = manifest.open()
        columns = find_columns(table.columns, options.columns, repr(manifest.member.name))
        reading.split_is_given |= columns.split_is_given
        for row in _rows(table, columns, manifest.member.name, split):
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


def _rows(table: Table, columns: Columns, name: str, split: str | None) -> Iterator[_Row]:
    parent = PurePosixPath(name).parent.as_posix()
    folder = "" if parent == "." else f"{parent}/"
    for line, cells in table.rows:
        group = cells[columns.group].strip() if columns.group is not None else ""
        own_split = cells[columns.split].strip() if columns.split is not None else ""
        label = cells[columns.label].strip()
        yield _Row(f"{name!r}, line {line}", folder, cells[columns.file].strip(), label, split or own_split, group)


class _Reading:
    """Gathers rows, and what is wrong with them."""

    def __init__(self, contents: Contents, manifests: list[ManifestFile]) -> None:
        self._contents = contents
        self._manifests = [manifest.member for manifest in manifests]
        self._members = {member.name: member for member in contents.members}
        self._folders = {name.partition("/")[0] for name in self._members if "/" in name}
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
        contents, max_bytes = self._contents, limits.max_image_bytes
        return Listing(
            format="manifest",
            names=names,
            labels=labels,
            images=EncodedImages(lambda index: contents.read(members[index], max_bytes)),
            class_names=class_order(labels),
            splits=splits_of_texts([row.split for row in rows], "manifest.split", must=self.split_is_given),
            groups=_groups_of_rows(rows, names),
            skipped=skipped,
        )

    def _member(self, row: _Row) -> Member | None:
        name = unicodedata.normalize("NFC", row.file.replace("\\", "/")).removeprefix("./")
        if _OUTSIDE.search(name):
            raise DatasetError(
                "manifest.path",
                f"{row.where}: {row.file[:200]!r} is not a name inside the dataset; expected one relative to the "
                "manifest, without '..'",
            )
        member = self._members.get(row.folder + name) or self._members.get(self._without_wrapper(name))
        if member is None and _ESCAPED.search(name):
            raise DatasetError(
                "manifest.path",
                f"{row.where}: {row.file[:200]!r} looks percent-encoded and is no file's name; write it plainly",
            )
        return member

    def _without_wrapper(self, name: str) -> str:
        """A name without the folders around everything, which the contents do not show."""
        while "/" in name and name.partition("/")[0] not in self._folders:
            name = name.partition("/")[2]
        return name

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


def _groups_of_rows(rows: list[_Row], names: list[str]) -> list[str] | None:
    """The rows' groups; an image whose row names none is a group of its own."""
    if not any(row.group for row in rows):
        return None
    return [row.group or f"only {name}" for row, name in zip(rows, names, strict=True)]
