"""What a TIFF says of its first page and of how many there are, without decoding anything (TIFF 6.0, BigTIFF)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

MAX_PAGES_COUNTED = 10_000
MAX_VALUES = 1 << 20
_TYPES = {1: "B", 3: "H", 4: "L", 16: "Q"}
_UNASSOCIATED, _ASSOCIATED = 2, 1

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER = 256, 257, 258, 259, 262, 266
STRIP_OFFSETS, ORIENTATION, BANDS, ROWS_PER_STRIP, STRIP_BYTES, PLANAR = 273, 274, 277, 278, 279, 284
PREDICTOR, TILE_WIDTH, TILE_LENGTH, TILE_OFFSETS, TILE_BYTES = 317, 322, 323, 324, 325
EXTRA_SAMPLES, SAMPLE_FORMAT, SUBFILE = 338, 339, 254


@dataclass(frozen=True)
class TiffForm:
    """How numbers are written: classic or "big", in one of two byte orders."""

    order: str
    is_big: bool

    @property
    def count(self) -> struct.Struct:
        """Of the number of tags in a directory."""
        return struct.Struct(self.order + ("Q" if self.is_big else "H"))

    @property
    def entry(self) -> struct.Struct:
        """Tag, type, number of values, and the values or their offset as bytes."""
        return struct.Struct(self.order + ("2HQ8s" if self.is_big else "2HL4s"))

    @property
    def offset(self) -> struct.Struct:
        """Of an offset."""
        return struct.Struct(self.order + ("Q" if self.is_big else "L"))


@dataclass(frozen=True)
class TiffLayout:
    """The first page's tags with numbers, and how many further pages there are."""

    form: TiffForm
    tags: Mapping[int, tuple[int, ...]]
    further_pages: int

    def number(self, tag: int, default: int) -> int:
        """The only, or first, value of a tag."""
        return self.tags.get(tag, (default,))[0]

    @property
    def bands(self) -> int:
        """Samples a pixel."""
        return self.number(BANDS, 1)

    @property
    def colours(self) -> int:
        """Bands that are grey (1), or red, green and blue (3) or any three that stand first."""
        return 3 if self.bands >= 3 else 1

    @property
    def has_associated_opacity(self) -> bool:
        """Whether the colours are multiplied by their opacity already."""
        return self._extra() == _ASSOCIATED

    @property
    def has_opacity(self) -> bool:
        """Whether the band after the colours is said to be opacity."""
        return self._extra() in (_ASSOCIATED, _UNASSOCIATED)

    def _extra(self) -> int | None:
        """What the first band after the colours is said to be; 0 or None: nothing is said."""
        extra = self.tags.get(EXTRA_SAMPLES, ())
        index = len(extra) - (self.bands - self.colours)
        return extra[index] if self.bands > self.colours and 0 <= index < len(extra) else None


def read_layout(content: bytes) -> TiffLayout | None:
    """None where it is no TIFF, or its directory cannot be read."""
    try:
        return _layout(content)
    except (struct.error, IndexError, ValueError, OverflowError):
        return None


def _layout(content: bytes) -> TiffLayout | None:
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if order is None:
        return None
    (magic,) = struct.unpack_from(order + "H", content, 2)
    if magic not in (42, 43):
        return None
    form = TiffForm(order, magic == 43)
    (start,) = form.offset.unpack_from(content, 8 if form.is_big else 4)
    tags, following = _directory(content, form, start)
    return TiffLayout(form, tags, _pages_from(content, form, following, {start}))


def _directory(content: bytes, form: TiffForm, start: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """The tags whose values are numbers, and the offset of the next directory (0: none)."""
    (count,) = form.count.unpack_from(content, start)
    first = start + form.count.size
    end = first + count * form.entry.size
    (following,) = form.offset.unpack_from(content, end)
    tags = {}
    for tag, kind, values, field in form.entry.iter_unpack(content[first:end]):
        if kind in _TYPES and 0 < values <= MAX_VALUES:
            items = struct.Struct(f"{form.order}{values}{_TYPES[kind]}")
            at = form.offset.unpack(field)[0]
            tags[tag] = items.unpack_from(field) if items.size <= len(field) else items.unpack_from(content, at)
    return tags, following


def _pages_from(content: bytes, form: TiffForm, start: int, seen: set[int]) -> int:
    """How many pages follow, without thumbnails and masks; chains may lie, and lead anywhere or in a circle."""
    pages = 0
    while start and start not in seen and len(seen) < MAX_PAGES_COUNTED:
        seen.add(start)
        try:
            (count,) = form.count.unpack_from(content, start)
            first = start + form.count.size
            tags = dict(_subfile_kinds(content, form, first, min(count, 64)))
            (start,) = form.offset.unpack_from(content, first + count * form.entry.size)
        except struct.error:
            return pages
        pages += tags.get(SUBFILE, 0) & 0b101 == 0
    return pages


def _subfile_kinds(content: bytes, form: TiffForm, first: int, count: int) -> list[tuple[int, int]]:
    entries = form.entry.iter_unpack(content[first : first + count * form.entry.size])
    return [(tag, struct.unpack_from(form.order + "L", field)[0]) for tag, _, _, field in entries if tag == SUBFILE]
