"""Encoded images in columns of Parquet files, read where they are needed and never all at once."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from augury.datasets.errors import DatasetError
from augury.datasets.formats.tables.parquet_files import batches, damage_of, image_leaf, open_parquet

if TYPE_CHECKING:
    import pyarrow as pa

MAX_ROW_GROUP_BYTES = 512 << 20
_ROWS_AT_ONCE = 32
KEPT_BYTES = 32 << 20


@dataclass(frozen=True)
class Shard:
    """One Parquet file, and its column of images."""

    path: Path
    name: str
    column: str


def require_small_row_groups(shard: Shard, max_bytes: int = MAX_ROW_GROUP_BYTES) -> None:
    """See that no row group is too much to go through for one image; *max_bytes* is meant uncompressed.

    Raises:
        DatasetError: ``parquet.row_group`` or ``parquet.damaged``.
    """
    with open_parquet(shard.path, shard.name) as file, damage_of(shard.name):
        for number in range(file.num_row_groups):
            # Not the columns' own sizes: pyarrow 26 aborts the process where a column's statistics are damaged.
            size = file.metadata.row_group(number).total_byte_size
            if size > max_bytes:
                raise DatasetError(
                    "parquet.row_group",
                    f"{shard.name!r} has {size} bytes in one row group, at most {max_bytes} are read; write it "
                    "with a smaller row_group_size (100 rows are usual)",
                )


class ParquetImages:
    """Reads one image at a time: quickly in order, in any order after all. Every process opens the files itself."""

    def __init__(
        self,
        shards: Sequence[Shard],
        locations: Sequence[tuple[int, int]],
        max_image_bytes: int,
        max_kept_bytes: int = KEPT_BYTES,
    ) -> None:
        """*locations* are (shard, row) of each image, one has *max_image_bytes* at most, *max_kept_bytes* stay open."""
        self._shards = shards
        self._locations = locations
        self._max_image_bytes = max_image_bytes
        self._max_kept_bytes = max_kept_bytes
        self._cursor: _Cursor | None = None
        self._owner = (0, 0)

    def read(self, index: int) -> bytes:
        """The bytes of the image at that index of the listing.

        Raises:
            DatasetError: ``file.too_large``, ``parquet.no_bytes`` or ``parquet.damaged``.
        """
        number, row = self._locations[index]
        if self._cursor is None or self._owner != (os.getpid(), number):
            self._cursor, self._owner = _Cursor(self._shards[number], self._max_kept_bytes), (os.getpid(), number)
        content = self._cursor.value(row)
        if len(content) > self._max_image_bytes:
            message = (
                f"row {row} of {self._shards[number].name!r} has an image of more than {self._max_image_bytes} bytes"
            )
            raise DatasetError("file.too_large", message)
        return content


class _Cursor:
    """Goes forward through a file's batches of rows and keeps the last few; a step back begins the row group again."""

    def __init__(self, shard: Shard, max_kept_bytes: int) -> None:
        self._shard = shard
        self._max_kept_bytes = max_kept_bytes
        self._file = open_parquet(shard.path, shard.name)
        with damage_of(shard.name):
            metadata = self._file.metadata
            sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
            self._leaf = image_leaf(self._file.schema_arrow, shard.column)
        self._starts = [0, *accumulate(sizes)]
        self._group = -1
        self._coming: Iterator[pa.RecordBatch] = iter(())
        self._kept: deque[tuple[int, pa.Array]] = deque()

    def value(self, row: int) -> bytes:
        """The bytes in one row of the file."""
        group = bisect_right(self._starts, row) - 1
        if group != self._group or row < self._begin():
            self._restart(group)
        while row >= self._end():
            self._advance()
        start, images = next(kept for kept in reversed(self._kept) if kept[0] <= row)
        with damage_of(self._shard.name):
            content = images[row - start].as_py()
        content = content["bytes"] if isinstance(content, dict) else content
        if not content:
            raise DatasetError(
                "parquet.no_bytes",
                f"row {row} of {self._shard.name!r} has no image, at most a path to one; expected the encoded bytes",
            )
        return bytes(content)

    def _begin(self) -> int:
        return self._kept[0][0] if self._kept else self._starts[self._group]

    def _end(self) -> int:
        return self._kept[-1][0] + len(self._kept[-1][1]) if self._kept else self._starts[self._group]

    def _restart(self, group: int) -> None:
        self._group = group
        self._kept.clear()
        self._coming = batches(self._file, self._shard.name, [self._leaf], _ROWS_AT_ONCE, [group])

    def _advance(self) -> None:
        batch = next(self._coming, None)
        if batch is None or batch.num_rows == 0:
            raise DatasetError("parquet.damaged", f"{self._shard.name!r} has fewer rows than it says")
        self._kept.append((self._end(), batch.column(0)))
        while len(self._kept) > 1 and sum(images.nbytes for _, images in self._kept) > self._max_kept_bytes:
            self._kept.popleft()
