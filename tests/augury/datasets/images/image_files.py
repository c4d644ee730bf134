"""Image files that Pillow does not write: 16-bit colour, bands beside the colours, in PNG and TIFF."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

Pixels = np.ndarray[Any, Any]
_PNG_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
_SHORT, _LONG = 3, 4


def chunk(kind: bytes, content: bytes) -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_16(pixels: Pixels, *chunks: bytes, row_filter: int = 0) -> bytes:
    """``[H, W, C]`` uint16 as a PNG; *chunks* before the pixels; the filter of rows is 0 (none), 1 (left) or 2 (up)."""
    height, width, channels = pixels.shape
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    before = np.zeros_like(rows)
    if row_filter == 1:
        before[:, 2 * channels :] = rows[:, : -2 * channels]
    if row_filter == 2:
        before[1:] = rows[:-1]
    body = b"".join(bytes([row_filter]) + row.tobytes() for row in rows - before)
    header = struct.pack(">2I5B", width, height, 16, _PNG_COLOURS[channels], 0, 0, 0)
    image = chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + image


def tiff(
    pixels: Pixels,
    extra: list[int] | None = None,
    *,
    order: str = "<",
    is_separate: bool = False,
    is_packed: bool = False,
    photometric: int = 2,
    orientation: int = 1,
    rows_per_strip: int = 3,
    **tags: int,
) -> bytes:
    """``[H, W, B]`` uint8 or uint16 as a TIFF; *extra* is what bands beyond the colours are said to be.

    *is_packed*: Deflate over differences between neighbours. *tags* ("t256") replace what is true.
    """
    height, width, bands = pixels.shape
    planes = [pixels[..., [band]] for band in range(bands)] if is_separate else [pixels]
    strips = [
        _strip(plane[start : start + rows_per_strip], order, is_packed)
        for plane in planes
        for start in range(0, height, rows_per_strip)
    ]
    offsets = [8 + sum(map(len, strips[:index])) for index in range(len(strips))]
    entries: dict[int, tuple[int, list[int]]] = {
        256: (_LONG, [width]), 257: (_LONG, [height]), 258: (_SHORT, [8 * pixels.itemsize] * bands),
        259: (_SHORT, [8 if is_packed else 1]), 262: (_SHORT, [photometric]), 273: (_LONG, offsets),
        274: (_SHORT, [orientation]), 277: (_SHORT, [bands]), 278: (_LONG, [rows_per_strip]),
        279: (_LONG, [len(strip) for strip in strips]), 284: (_SHORT, [2 if is_separate else 1]),
        317: (_SHORT, [2 if is_packed else 1]),
    }  # fmt: skip
    if extra is not None:
        entries[338] = (_SHORT, extra)
    entries |= {int(tag[1:]): (_LONG, [value]) for tag, value in tags.items()}
    body = b"".join(strips)
    body += bytes(len(body) % 2)
    start = 8 + len(body)
    directory, values = b"", b""
    for tag, (kind, numbers) in sorted(entries.items()):
        packed = struct.pack(f"{order}{len(numbers)}{'H' if kind == _SHORT else 'L'}", *numbers)
        at = start + 2 + 12 * len(entries) + 4 + len(values)
        field = packed.ljust(4, b"\0") if len(packed) <= 4 else struct.pack(order + "L", at)
        values += b"" if len(packed) <= 4 else packed
        directory += struct.pack(order + "2HL", tag, kind, len(numbers)) + field
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HL", 42, start)
    return head + body + struct.pack(order + "H", len(entries)) + directory + struct.pack(order + "L", 0) + values


def _strip(rows: Pixels, order: str, is_packed: bool) -> bytes:
    if is_packed:
        rows = rows.copy()
        rows[:, 1:] -= rows[:, :-1].copy()
    content = rows.astype(rows.dtype.newbyteorder(order)).tobytes()
    return zlib.compress(content) if is_packed else content
