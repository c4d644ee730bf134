"""TFRecord files of ``tf.train.Example`` with encoded images, plain or as gzip; read without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from api_schemas.datasets.references import ImageOptions, ManifestColumns
from augury.datasets.containers.base import Contents, Member
from augury.datasets.containers.limits import read_exactly
from augury.datasets.errors import DatasetError
from augury.datasets.formats.arrays.gzip_files import Unpacker, gunzipped_head, is_gzip
from augury.datasets.formats.class_labels import class_order, require_usable_name, text_of
from augury.datasets.formats.data_files import data_members, skip_the_rest, suffix_of
from augury.datasets.formats.records.protobuf import (
    Feature,
    bytes_value,
    features_of,
    float_value,
    integer_value,
)
from augury.datasets.formats.records.tfrecord_files import HEADER_BYTES, begins_as_tfrecord, records
from augury.datasets.formats.split_names import splits_of_files, splits_of_texts
from augury.datasets.formats.tables.columns import RULE as COLUMNS_RULE
from augury.datasets.formats.tables.columns import quoted_names
from augury.datasets.formats.tables.csv_reading import require_few_rows
from augury.datasets.labelled_images import EncodedImages, Listing
from augury.datasets.settings import IngestSettings

_USUAL = {
    "file": ("image/encoded", "image", "image_raw", "image_bytes", "img"),
    "label": ("image/class/text", "image/class/label", "label", "class", "target"),
    "split": ("split",),
    "group": ("group", "group_id", "patient_id"),
}
_SUFFIXES = frozenset({".tfrecord", ".tfrecords", ".tfrec"})
_HEAD_BYTES = 4096
_ROOM_BESIDE_THE_IMAGE = 1 << 20


@dataclass
class _Records:
    """What the records say, for every one that has an image and a label."""

    locations: list[tuple[int, int, int]] = field(default_factory=list)
    """File, offset and length of each image's bytes."""
    names: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


def recognise(contents: Contents, options: ImageOptions, limits: IngestSettings) -> Listing | None:
    """The images of all TFRecord files, in the order of the files' names and of their records.

    Raises:
        DatasetError: ``tfrecord.*``, ``manifest.columns``, ``labels.*``, ``archive.bomb``, ``disk.full``.
    """
    members = [member for member in data_members(contents) if _is_tfrecord(contents, member)]
    if not members:
        return None
    splits = splits_of_files([member.name for member in members], "tfrecord.splits")
    unpacker = Unpacker(contents.workspace, limits)
    paths = [_plain_file(contents, member, unpacker) for member in members]
    indexing = _Indexing(contents, options.columns, limits)
    for number, (member, path) in enumerate(zip(members, paths, strict=True)):
        indexing.add(number, member.name, path, None if splits is None else splits[number])
    found = indexing.found
    if not found.labels:
        raise DatasetError(
            "tfrecord.empty", f"{quoted_names([m.name for m in members])}: no record has an image and a label"
        )

    def read(index: int) -> bytes:
        number, offset, length = found.locations[index]
        descriptor = os.open(paths[number], os.O_RDONLY | os.O_CLOEXEC)
        try:
            return read_exactly(descriptor, length, offset)
        finally:
            os.close(descriptor)

    return Listing(
        format="TFRecord",
        names=found.names,
        labels=found.labels,
        images=EncodedImages(read),
        class_names=class_order(found.labels),
        splits=splits_of_texts(found.splits, "tfrecord.splits", must=indexing.split_is_given),
        groups=found.groups if any(found.groups) else None,
        skipped=skip_the_rest(contents, members, "not a TFRecord file"),
    )


def _is_tfrecord(contents: Contents, member: Member) -> bool:
    head = gunzipped_head(contents.head(member, _HEAD_BYTES), HEADER_BYTES)
    return begins_as_tfrecord(head) or suffix_of(member) in _SUFFIXES


def _plain_file(contents: Contents, member: Member, unpacker: Unpacker) -> Path:
    path = contents.as_file(member)
    head = contents.head(member, HEADER_BYTES)
    is_packed = is_gzip(head) and not begins_as_tfrecord(head)
    return unpacker.gunzip(path, "tfrecord.damaged", member.name) if is_packed else path


class _Indexing:
    """Goes once through all records and remembers where the images are."""

    def __init__(self, contents: Contents, given: ManifestColumns | None, limits: IngestSettings) -> None:
        self._contents = contents
        self._given = (given or ManifestColumns()).model_dump()
        self._limits = limits
        self._features: dict[str, str] | None = None
        self.found = _Records()
        self.split_is_given = self._given["split"] is not None

    def add(self, number: int, name: str, path: Path, split: str | None) -> None:
        """Index one file."""
        stem = PurePosixPath(name).with_suffix("")
        max_bytes = self._limits.max_image_bytes + _ROOM_BESIDE_THE_IMAGE
        for row, (start, record) in enumerate(records(path, name, max_bytes)):
            where = f"{name!r}, record {row}"
            require_few_rows(len(self.found.labels) + 1, name, self._limits)
            try:
                self._add_record(number, f"{stem}[{row}]", start, record, split)
            except DatasetError as error:
                raise DatasetError(error.rule, f"{where}: {error}") from None

    def _add_record(self, number: int, name: str, start: int, record: bytes, split: str | None) -> None:
        features = features_of(record)
        chosen = self._choose(list(features))
        image = features.get(chosen["file"])
        span = None if image is None else bytes_value(record, image)
        label = _text(record, features.get(chosen["label"]))
        if span is None or span[0] == span[1] or not label:
            self._contents.skipped.add(f"record without {'a label' if span else 'an image in bytes'}", name)
            return
        found = self.found
        found.locations.append((number, start + span[0], span[1] - span[0]))
        found.names.append(name)
        found.labels.append(require_usable_name(label, "label", "it"))
        found.splits.append(split or _text(record, features.get(chosen["split"])))
        group = require_usable_name(_text(record, features.get(chosen["group"])), "group", "it")
        found.groups.append(group or (f"only {name}" if chosen["group"] else ""))

    def _choose(self, names: Sequence[str]) -> dict[str, str]:
        """The features to read: what the first record has of those that are given or usual."""
        if self._features is None:
            self._features = {role: self._choice(role, names) for role in _USUAL}
        return self._features

    def _choice(self, role: str, names: Sequence[str]) -> str:
        candidates = _USUAL[role] if self._given[role] is None else (self._given[role],)
        found = next((name for name in candidates if name in names), None)
        if found is None and (role in ("file", "label") or self._given[role] is not None):
            raise DatasetError(
                COLUMNS_RULE,
                f"no feature {' or '.join(map(repr, candidates))}; the features are {quoted_names(sorted(names))}; "
                f'name it as columns: {{"{role}": ...}} in the reference',
            )
        return found or ""


def _text(record: bytes, feature: Feature | None) -> str:
    """A feature's one value as text; empty where it has none or several."""
    if feature is None:
        return ""
    span = bytes_value(record, feature)
    if span is not None:
        return text_of(record[span[0] : span[1]], "a feature")
    number = integer_value(record, feature)
    if number is not None:
        return str(number)
    amount = float_value(record, feature)
    return "" if amount is None else text_of(amount, "a feature")
