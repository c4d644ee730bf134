"""How many pages, frames or pictures a file has beyond the first, the one that is read (TIFF: ``tiff_layout``)."""

from __future__ import annotations

from PIL import Image

MAX_FRAMES_COUNTED = 10_000
_GIF_SCREEN_BYTES, _GIF_IMAGE_BYTES = 13, 10
_GIF_EXTENSION, _GIF_IMAGE = 0x21, 0x2C


def further_frames(picture: Image.Image, content: bytes) -> int:
    """Of an opened picture: APNG, WebP and MPO say it; a GIF is walked through, as Pillow would decode it for that."""
    if picture.format == "GIF":
        return max(0, _gif_frames(content) - 1)
    return max(0, int(getattr(picture, "n_frames", 1)) - 1)


def _gif_frames(content: bytes) -> int:
    """Images in a GIF (GIF89a specification): blocks one after the other, of sub-blocks that say their length."""
    offset, frames = _GIF_SCREEN_BYTES + _colours(content, 10), 0
    while frames < MAX_FRAMES_COUNTED and offset + 1 < len(content):
        if content[offset] == _GIF_IMAGE:
            frames += 1
            offset += _GIF_IMAGE_BYTES + _colours(content, offset + 9) + 1
        elif content[offset] == _GIF_EXTENSION:
            offset += 2
        else:
            break
        while offset < len(content) and content[offset]:
            offset += 1 + content[offset]
        offset += 1
    return frames


def _colours(content: bytes, offset: int) -> int:
    """Bytes of the colour table that a flag at *offset* announces."""
    flags = content[offset] if offset < len(content) else 0
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
