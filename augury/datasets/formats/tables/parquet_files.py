"""Parquet files, read a few rows at a time, on this thread alone: readers live in forked processes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_schemas.datasets.references import ManifestColumns
from augury.datasets.errors import DatasetError
from augury.datasets.formats.class_labels import text_of
from augury.datasets.formats.tables.columns import given_indices, usual_indices
from augury.datasets.formats.tables.csv_reading import Table, bounded_table, require_few_rows
from augury.datasets.optional import required_library
from augury.datasets.settings import IngestSettings

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_MAGIC = b"PAR1"
_ROWS_AT_ONCE = 1024
_BUFFER = 1 << 20
MAX_BATCH_TEXT_BYTES = 64 << 20
"""Of one column of a batch: some 64 KiB a row."""


def is_parquet(head: bytes) -> bool:
    """Whether a file begins as Parquet does."""
    return head.startswith(_MAGIC)


@contextmanager
def damage_of(name: str) -> Iterator[None]:
    """Have whatever pyarrow complains of end in a DatasetError with the rule ``parquet.damaged``."""
    import pyarrow as pa

    try:
        yield
    except MemoryError:
        raise  # which pyarrow's own is, too
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, EOFError) as error:
        reason = str(error).partition("\n")[0][:200]
        raise DatasetError("parquet.damaged", f"{name!r} cannot be read as Parquet: {reason}") from None


def open_parquet(path: Path, name: str, texts_as_stored: Sequence[str] = ()) -> pq.ParquetFile:
    """An open file, with its metadata read.

    Of the columns *texts_as_stored*, a text that a file has once for many rows stays one text in a batch.

    Raises:
        DatasetError: ``parquet.damaged`` or ``reader.not_installed``.
    """
    parquet = required_library("pyarrow.parquet", "datasets", "reading Parquet")
    with damage_of(name):
        file: pq.ParquetFile = parquet.ParquetFile(
            path, buffer_size=_BUFFER, pre_buffer=False, read_dictionary=list(texts_as_stored)
        )
        return file


def batches(
    file: pq.ParquetFile, name: str, columns: Sequence[str], rows: int, groups: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    """At most *rows* rows at a time of some row groups, in order.

    Raises:
        DatasetError: ``parquet.damaged``.
    """
    with damage_of(name):
        yield from file.iter_batches(rows, row_groups=list(groups), columns=list(columns), use_threads=False)


def schema_of(path: Path, name: str) -> pa.Schema:
    """A file's columns, with their types.

    Raises:
        DatasetError: ``parquet.damaged``.
    """
    with open_parquet(path, name) as file, damage_of(name):
        schema = file.schema_arrow
        if len(set(schema.names)) < len(schema.names):
            raise ValueError("two columns have the same name")
        return schema


def column_names(path: Path, name: str) -> list[str]:
    """A file's columns.

    Raises:
        DatasetError: ``parquet.damaged``.
    """
    return list(schema_of(path, name).names)


def holds_images(kind: pa.DataType) -> bool:
    """Whether a column of this type can hold encoded images: binary, or Hugging Face's struct of bytes and path."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and holds_images(kind.field("bytes").type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def image_columns(schema: pa.Schema, given: ManifestColumns | None) -> list[str]:
    """The columns that hold images: the one that is given, else those with a usual name, else any."""
    able = [field.name for field in schema if holds_images(field.type)]
    if given is not None and given.file is not None:
        return [able[index] for index in given_indices(able, given.file)]
    return [able[index] for index in usual_indices(able, "file")] or able


def image_leaf(schema: pa.Schema, column: str) -> str:
    """What to read of an image column: of a struct its bytes only, and not the path beside them."""
    import pyarrow as pa

    return f"{column}.bytes" if pa.types.is_struct(schema.field(column).type) else column


def has_images(path: Path, name: str, given: ManifestColumns | None) -> bool:
    """Whether a Parquet file holds the images themselves.

    Raises:
        DatasetError: ``parquet.damaged``.
    """
    return bool(image_columns(schema_of(path, name), given))


def read_table(path: Path, name: str, limits: IngestSettings) -> Table:
    """A Parquet file as a table of text; nested and binary columns are empty in it.

    Raises:
        DatasetError: ``table.*``; ``parquet.damaged`` or ``parquet.text``, also while rows are read.
    """
    schema = schema_of(path, name)
    with open_parquet(path, name) as file, damage_of(name):
        require_few_rows(file.metadata.num_rows, name, limits)  # before any is read: a few bytes may say billions
    readable = [field.name for field in schema if _is_plain(field.type)]
    return bounded_table(list(schema.names), _rows(path, name, schema, readable), name, limits)


def _rows(path: Path, name: str, schema: pa.Schema, readable: list[str]) -> Iterator[tuple[int, list[str]]]:
    import pyarrow as pa

    number, columns = 0, list(schema.names)
    texts_as_stored = [name for name in readable if pa.types.is_string(schema.field(name).type)]
    with open_parquet(path, name, texts_as_stored) as file:
        for batch in batches(file, name, readable, _ROWS_AT_ONCE, range(file.num_row_groups)):
            require_modest_texts(batch, name)
            with damage_of(name):
                texts = {column: _texts(batch.column(column).to_pylist(), name) for column in readable}
            blank = [""] * batch.num_rows
            for row in zip(*(texts.get(column, blank) for column in columns), strict=True):
                number += 1
                yield number, list(row)


def require_modest_texts(batch: pa.RecordBatch, name: str) -> None:
    """See that the texts of a batch are not too much once every row has its own.

    Raises:
        DatasetError: ``parquet.text``: more than MAX_BATCH_TEXT_BYTES in one column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for field, column in zip(batch.schema, batch.columns, strict=True):
        if not (pa.types.is_dictionary(field.type) and pa.types.is_string(field.type.value_type)):
            continue
        with damage_of(name):
            lengths = pc.cast(pc.binary_length(column.dictionary), pa.int64())
            size = pc.sum(lengths.take(column.indices)).as_py() or 0
        if size > MAX_BATCH_TEXT_BYTES:
            raise DatasetError(
                "parquet.text",
                f"{name!r} has {size} bytes of text in {batch.num_rows} rows of its column {field.name[:60]!r}, at "
                f"most {MAX_BATCH_TEXT_BYTES} are read; leave the column out, or shorten its texts",
            )


def _texts(values: list[Any], name: str) -> list[str]:
    return ["" if value is None else _text(value, name) for value in values]


def _text(value: Any, name: str) -> str:
    """A cell, amounts as they are: only as labels they make no sense. Of a list with one value that value."""
    if isinstance(value, list):
        return _text(value[0], name) if len(value) == 1 and value[0] is not None else str(value) if value else ""
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and math.isfinite(value) and not value.is_integer():
        return repr(value)
    return text_of(value, repr(name))


def _is_plain(kind: pa.DataType) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return not pa.types.is_nested(kind.value_type) and _is_plain(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )
