"""A contact sheet: images in rows and columns with words above and below, as one PNG."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Array = npt.NDArray[Any]
Box = tuple[int, int, int, int]

MIN_CELL_PIXELS = 64
"""Sheet pixels of an image's shorter side that are enough to see something."""
MAX_CELL_PIXELS = 256
"""Sheet pixels of an image's longer side from which on nothing is gained."""

_MARGIN = 8
_GAP = 6
_GAP_AFTER_ORIGINALS = 14
_GAP_BETWEEN_ROWS = 10
_FONT_SIZE = 11
_LINE = 14
_BELOW_TITLES = 3
_ABOVE_CAPTION = 1
_MAX_TEXT_PIXELS = 150
_MAX_NAME_LENGTH = 80
_BACKGROUND, _INK, _FAINT = (255, 255, 255), (30, 30, 30), (110, 110, 110)
_FASTEST_COMPRESSION = 1  # of PNG: noise compresses badly anyway, and somebody waits


@dataclass(frozen=True)
class Magnification:
    """How large an image pixel is on the sheet: *up* pixels wide, or *down* of them become one."""

    up: int = 1
    down: int = 1

    @classmethod
    def fitting(cls, height: int, width: int) -> Magnification:
        """Whole-numbered, so that small images are large enough and large ones are not too large."""
        longer_side = max(height, width)
        if longer_side > MAX_CELL_PIXELS:
            return cls(down=math.ceil(longer_side / MAX_CELL_PIXELS))
        up = math.ceil(MIN_CELL_PIXELS / min(height, width))
        return cls(up=max(1, min(up, 2 * MAX_CELL_PIXELS // longer_side)))

    def of(self, length: int) -> int:
        """What a length of the image measures on the sheet."""
        return math.ceil(length * self.up / self.down)

    def applied_to(self, pixels: Array) -> Image.Image:
        """An image, uint8 ``[H, W, 3]``, in the size that it has on the sheet."""
        picture = Image.fromarray(pixels)
        if self.down > 1:
            return picture.reduce(self.down)
        height, width = pixels.shape[:2]
        return picture.resize((self.of(width), self.of(height)), Image.Resampling.NEAREST) if self.up > 1 else picture


@dataclass(frozen=True)
class Cell:
    """One image, uint8 ``[H, W, 3]`` as `displayed` gives it, and the lines below it."""

    pixels: Array
    caption: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContactSheet:
    """Rows of equally large images below the titles of their columns."""

    titles: Sequence[Sequence[str]]
    rows: Sequence[Sequence[Cell]]
    magnification: Magnification

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet in pixels."""
        right = self._lefts[-1] + self._widths[-1]
        return right + _MARGIN, self._tops[-1] + self._row_height - _GAP_BETWEEN_ROWS + _MARGIN

    def box(self, row: int, column: int) -> Box:
        """Left, top, right and bottom of an image on the sheet."""
        width, height = self._cell_size
        left, top = self._lefts[column], self._tops[row]
        return left, top, left + width, top + height

    def image(self) -> Image.Image:
        """The sheet."""
        sheet = Image.new("RGB", self.size, _BACKGROUND)
        pen = ImageDraw.Draw(sheet)
        for column, lines in enumerate(self.titles):
            _write(pen, self._lefts[column], _MARGIN, lines, _INK)
        for row, cells in enumerate(self.rows):
            for column, cell in enumerate(cells):
                left, top, _, bottom = self.box(row, column)
                sheet.paste(self.magnification.applied_to(cell.pixels), (left, top))
                _write(pen, left, bottom + _ABOVE_CAPTION, cell.caption, _FAINT if column else _INK)
        return sheet

    def png(self) -> bytes:
        """The sheet as a file."""
        file = io.BytesIO()
        self.image().save(file, "PNG", compress_level=_FASTEST_COMPRESSION)
        return file.getvalue()

    @cached_property
    def _cell_size(self) -> tuple[int, int]:
        height, width = self.rows[0][0].pixels.shape[:2]
        return self.magnification.of(width), self.magnification.of(height)

    @cached_property
    def _widths(self) -> list[int]:
        """Of the columns: as wide as the image or the widest line, which is cut where it is too wide."""
        widths = []
        for column, title in enumerate(self.titles):
            lines = {*title, *(line for row in self.rows for line in row[column].caption)}
            needed = max(map(_text_width, lines), default=0)
            widths.append(max(self._cell_size[0], min(needed, _MAX_TEXT_PIXELS)))
        return widths

    @cached_property
    def _lefts(self) -> list[int]:
        lefts, left = [], _MARGIN
        for column, width in enumerate(self._widths):
            lefts.append(left)
            left += width + (_GAP if column else _GAP_AFTER_ORIGINALS)
        return lefts

    @cached_property
    def _row_height(self) -> int:
        captions = max(len(cell.caption) for row in self.rows for cell in row)
        return self._cell_size[1] + captions * _LINE + _GAP_BETWEEN_ROWS

    @cached_property
    def _tops(self) -> list[int]:
        first = _MARGIN + max(map(len, self.titles)) * _LINE + _BELOW_TITLES
        return [first + row * self._row_height for row in range(len(self.rows))]


def display_range(dtype: str, value_range: tuple[float, float]) -> tuple[float, float]:
    """The raw values that are shown as black and as white.

    8-bit images are shown as they are, floats within 0-1 as what they stand for; anything else is spread from the
    dataset's smallest to its largest value.
    """
    low, high = value_range
    if dtype == "uint8":
        return 0.0, 255.0
    if dtype.startswith("float") and low >= 0:
        if high <= 1:
            return 0.0, 1.0
        if high <= 255:  # 8-bit images that somebody has made floats of
            return 0.0, 255.0
    return (low, high) if high > low else (low, low + 1)


def displayed(images: Array, black_and_white: tuple[float, float]) -> Array:
    """Raw images ``[..., C]`` as uint8 ``[..., 3]``: clipped to the range, and three channels of however many."""
    black, white = black_and_white
    channels = images.shape[-1]
    shown = images[..., : 3 if channels >= 3 else 1].astype(np.float32)  # two or many channels have no colours
    shown -= np.float32(black)
    shown *= np.float32(255 / (white - black))
    np.fmin(np.fmax(shown, 0, out=shown), 255, out=shown)  # and not clip, which keeps NaN
    levels = np.rint(shown, out=shown).astype(np.uint8)
    return levels if channels >= 3 else np.repeat(levels, 3, axis=-1)


def one_line(name: str) -> str:
    """A name for a caption: cut to a readable length, line breaks and runs of spaces as one space."""
    return " ".join(name[:_MAX_NAME_LENGTH].split())


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_FONT_SIZE)


@lru_cache(maxsize=4096)
def _text_width(line: str) -> int:
    return math.ceil(_font().getlength(line))


@lru_cache(maxsize=4096)
def _cut(line: str) -> str:
    """The line, or as much of its beginning as a column can take."""
    if _text_width(line) <= _MAX_TEXT_PIXELS:
        return line
    while _text_width(line + "...") > _MAX_TEXT_PIXELS:
        line = line[:-1]
    return line + "..."


def _write(pen: ImageDraw.ImageDraw, left: int, top: int, lines: Sequence[str], colour: tuple[int, int, int]) -> None:
    for number, line in enumerate(lines):
        pen.text((left, top + number * _LINE), _cut(line), fill=colour, font=_font())
