"""A short way through the most frequent kind of image: JPEGs that say nothing of how they were held.

Of the time that Pillow takes for a small JPEG, a fifth goes into the headers: tables, resolutions, comments. All that
is needed of them is the frame's size and its number of components (ITU-T T.81, B.2.2); the decoder reads the rest.
Whatever is unusual, damaged or cut off is left to the long way, which knows what to say of it.
"""

from __future__ import annotations

from PIL import Image

_START = b"\xff\xd8\xff"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_HARMLESS = frozenset({0xDB, 0xC4, 0xDD, 0xE0, 0xE2, 0xFE})
"""Tables, restart intervals, JFIF, colour profiles and comments: not EXIF or XMP (0xE1), nor Adobe's colours (0xEE)."""
_PICTURES = b"MPF\x00"  # further pictures follow (CIPA DC-007), which the long way counts
_MODES = {1: "L", 3: "RGB"}


def plain_jpeg(content: bytes, max_pixels: int) -> Image.Image | None:
    """The decoded picture, "L" or "RGB"; None where it needs the long way."""
    frame = _frame(content)
    if frame is None:
        return None
    mode, size = frame
    if not 0 < size[0] * size[1] <= max_pixels:
        return None
    try:
        return Image.frombytes(mode, size, content, "jpeg", mode, "")
    except (ValueError, OSError):
        return None


def _frame(content: bytes) -> tuple[str, tuple[int, int]] | None:
    """Mode, width and height of a frame with 8 bits whose headers are all harmless."""
    if not content.startswith(_START):
        return None
    offset = 2
    while len(content) > offset + 9 and content[offset] == 0xFF:
        marker, length = content[offset + 1], int.from_bytes(content[offset + 2 : offset + 4])
        if marker in _FRAMES:
            height, width = (int.from_bytes(content[offset + at : offset + at + 2]) for at in (5, 7))
            mode = _MODES.get(content[offset + 9])
            return (mode, (width, height)) if mode and content[offset + 4] == 8 else None
        if marker not in _HARMLESS or content.startswith(_PICTURES, offset + 4):
            return None
        offset += 2 + length
    return None
