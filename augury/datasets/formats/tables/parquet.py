"""Parquet files with the images in them, as Hugging Face lays them out; in one file, or in shards for each split."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from api_schemas.datasets.references import ImageOptions, ManifestColumns
from augury.datasets.containers.base import Contents, Member
from augury.datasets.errors import DatasetError
from augury.datasets.formats.class_labels import class_order, require_usable_name
from augury.datasets.formats.data_files import data_members, skip_the_rest
from augury.datasets.formats.split_names import splits_of_files, splits_of_texts
from augury.datasets.formats.tables.columns import find_columns, quoted_names
from augury.datasets.formats.tables.csv_reading import Table, require_few_rows
from augury.datasets.formats.tables.parquet_files import image_columns, is_parquet, read_table, schema_of
from augury.datasets.formats.tables.parquet_images import ParquetImages, Shard, require_small_row_groups
from augury.datasets.labelled_images import EncodedImages, Listing
from augury.datasets.settings import IngestSettings

_MAGIC_BYTES = 4
_MAX_METADATA_BYTES = 4 << 20
_NO_LABEL = "-1"  # Hugging Face's number for an image whose class is not told


@dataclass
class _Rows:
    """What the columns beside the images say, for every image that has a label."""

    locations: list[tuple[int, int]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    classes: Sequence[str] | None = None
    split_is_given: bool = False


def recognise(contents: Contents, options: ImageOptions, limits: IngestSettings) -> Listing | None:
    """The images of all Parquet files that hold images, in the order of the files' names.

    Raises:
        DatasetError: ``parquet.*``, ``manifest.columns``, ``labels.*``.
    """
    found = [member for member in data_members(contents) if is_parquet(contents.head(member, _MAGIC_BYTES))]
    shards = {member: _shard(contents, member, options.columns) for member in found}
    with_images = {member: shard for member, shard in shards.items() if shard is not None}
    if not with_images:
        return None
    splits = splits_of_files([member.name for member in with_images], "parquet.splits")
    rows = _Rows()
    for number, shard in enumerate(with_images.values()):
        table = read_table(shard.path, shard.name, limits)
        _read_rows(contents, number, shard, table, options.columns, None if splits is None else splits[number], rows)
        require_few_rows(len(rows.labels), shard.name, limits)
    if not rows.labels:
        raise DatasetError("parquet.empty", _no_labels(list(with_images.values()), options.columns))
    reader = ParquetImages(list(with_images.values()), rows.locations, limits.max_image_bytes)
    reader.read(0)
    return Listing(
        format="Parquet",
        names=rows.names,
        labels=rows.labels,
        images=EncodedImages(reader.read),
        class_names=_class_names(rows),
        splits=splits_of_texts(rows.splits, "parquet.splits", must=rows.split_is_given),
        groups=rows.groups if any(rows.groups) else None,
        skipped=skip_the_rest(contents, with_images, "not a Parquet file with images"),
    )


def _no_labels(shards: Sequence[Shard], given: ManifestColumns | None) -> str:
    """Why there is no label in any row: each is empty, or the column holds something else."""
    schema = schema_of(shards[0].path, shards[0].name)
    chosen = (given or ManifestColumns()).model_copy(update={"file": shards[0].column})
    label = schema.field(find_columns(list(schema.names), chosen, repr(shards[0].name)).label)
    names = quoted_names([shard.name for shard in shards])
    return f"{names}: no row has a text or a number as its label in the column {label.name!r}, which holds {label.type}"


def _shard(contents: Contents, member: Member, given: ManifestColumns | None) -> Shard | None:
    path = contents.as_file(member)
    columns = image_columns(schema_of(path, member.name), given)
    if len(columns) > 1:
        several = f"{member.name!r} has several columns of images: {quoted_names(columns)}"
        raise DatasetError("manifest.columns", f'{several}; choose one as columns: {{"file": ...}} in the reference')
    if not columns:
        return None
    shard = Shard(path, member.name, columns[0])
    require_small_row_groups(shard)
    return shard


def _read_rows(
    contents: Contents,
    number: int,
    shard: Shard,
    table: Table,
    given: ManifestColumns | None,
    split: str | None,
    rows: _Rows,
) -> None:
    chosen = (given or ManifestColumns()).model_copy(update={"file": shard.column})
    columns = find_columns(table.columns, chosen, repr(shard.name))
    classes = _class_label_names(schema_of(shard.path, shard.name).metadata, table.columns[columns.label])
    rows.classes = rows.classes or classes
    rows.split_is_given |= columns.split_is_given
    stem = PurePosixPath(shard.name).with_suffix("")
    for row, (_, cells) in enumerate(table.rows):
        label = cells[columns.label]
        name = f"{stem}[{row}]"
        if not label or (classes and label == _NO_LABEL):
            contents.skipped.add("row without a label", name)
            continue
        rows.locations.append((number, row))
        rows.names.append(name)
        label = _class_name(label, classes, shard.name) if classes else label
        rows.labels.append(require_usable_name(label, "label", repr(shard.name)))
        rows.splits.append(split or ("" if columns.split is None else cells[columns.split]))
        group = "" if columns.group is None else require_usable_name(cells[columns.group], "group", repr(shard.name))
        rows.groups.append(group or ("" if columns.group is None else f"only {name}"))


def _class_label_names(metadata: Mapping[bytes, bytes] | None, column: str) -> list[str] | None:
    """The names that Hugging Face's ClassLabel gives to the numbers in a column, where the file has them."""
    text = (metadata or {}).get(b"huggingface", b"")
    if len(text) > _MAX_METADATA_BYTES:
        return None
    try:
        names = json.loads(text)["info"]["features"][column]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _class_name(label: str, classes: Sequence[str], where: str) -> str:
    if label in classes:
        return label
    if not (label.isascii() and label.isdecimal() and len(label) < 10 and int(label) < len(classes)):
        raise DatasetError(
            "labels.names", f"{where!r} has the label {label[:60]!r}, but names for {len(classes)} classes"
        )
    return classes[int(label)]


def _class_names(rows: _Rows) -> list[str] | None:
    if rows.classes is None:
        return class_order(rows.labels)
    present = set(rows.labels)
    if not present <= set(rows.classes):
        return None
    return [name for name in dict.fromkeys(rows.classes) if name in present]
