"""Of a file with several pages, frames or pictures the first is read, and the others are counted."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from augury.datasets.images.decoder import Decoded
from augury.datasets.images.file_formats.tiff_layout import MAX_PAGES_COUNTED, read_layout
from tests.augury.datasets.images.image_files import tiff
from tests.augury.datasets.makers import LIMITS, encoded, folder_of, pixels, read


def frames(count: int) -> list[Image.Image]:
    """Different pictures."""
    return [Image.fromarray(pixels(seed)) for seed in range(count)]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_frames_beyond_the_first_are_counted(form: str, count: int) -> None:
    """In every format that can have them."""
    first, *others = frames(count)
    assert Decoded(encoded(first, form, save_all=True, append_images=others), LIMITS, None).further_frames == count - 1


def test_the_warning_says_how_many_files_and_how_many_frames(tmp_path: Path) -> None:
    """Two animations of three frames among still images."""
    first, *others = frames(3)
    moving = encoded(first, "GIF", save_all=True, append_images=others)
    files = {"a/1.gif": moving, "a/2.gif": moving, "b/3.png": encoded(pixels(1)), "b/4.png": encoded(pixels(2))}
    warnings = read(folder_of(tmp_path / "given", files)).facts.warnings
    assert any(
        warning.startswith("2 files have more than one page, frame or picture (4 beyond") for warning in warnings
    )


def test_thumbnails_in_a_tiff_are_no_pages() -> None:
    """A reduced image of the same page is marked as such."""
    content = bytearray(tiff(pixels(shape=(8, 8, 3))))
    start = struct.unpack_from("<L", content, 4)[0]
    tags = struct.unpack_from("<H", content, start)[0]
    struct.pack_into("<L", content, start + 2 + 12 * tags, len(content))
    content += struct.pack("<H2HLLL", 1, 254, 4, 1, 1, 0)
    layout = read_layout(bytes(content))
    assert layout is not None
    assert layout.further_pages == 0


def test_pages_in_a_circle_or_without_end_are_counted_no_further() -> None:
    """A directory that follows itself is one page; a chain is followed for a while."""
    content = bytearray(tiff(pixels(shape=(8, 8, 3))))
    start = struct.unpack_from("<L", content, 4)[0]
    tags = struct.unpack_from("<H", content, start)[0]
    struct.pack_into("<L", content, start + 2 + 12 * tags, start)
    layout = read_layout(bytes(content))
    assert layout is not None
    assert layout.further_pages == 0
    struct.pack_into("<L", content, start + 2 + 12 * tags, len(content))
    for _ in range(1, MAX_PAGES_COUNTED + 1000):
        content += struct.pack("<HL", 0, len(content) + 6)
    layout = read_layout(bytes(content))
    assert layout is not None
    assert layout.further_pages < MAX_PAGES_COUNTED


@pytest.mark.parametrize(
    ("mode", "form", "sentence"),
    [
        ("P", "PNG", "1 images have a palette"),
        ("CMYK", "JPEG", "1 images are in the colours of print"),
        ("CMYK", "TIFF", "1 images are in the colours of print"),
        ("LAB", "TIFF", "1 images are in Lab"),
    ],
)
def test_every_reduction_of_a_mode_is_counted(mode: str, form: str, sentence: str, tmp_path: Path) -> None:
    """Palettes, the colours of print, Lab."""
    picture = Image.fromarray(pixels())
    changed: Any = Image.frombytes("LAB", (8, 8), pixels().tobytes()) if mode == "LAB" else picture.convert(mode)
    files = {"a/1.img": encoded(changed, form), "b/2.png": encoded(picture)}
    warnings = read(folder_of(tmp_path / "given", files)).facts.warnings
    assert any(warning.startswith(sentence) for warning in warnings), warnings


def test_colours_that_become_grey_are_counted(tmp_path: Path) -> None:
    """As color_mode asks."""
    files = {"a/1.png": encoded(pixels(1)), "b/2.png": encoded(pixels(2))}
    warnings = read(folder_of(tmp_path / "given", files), color_mode="grayscale").facts.warnings
    assert "2 images have colours, and became grey as color_mode asks" in warnings
