"""What is left out or changed of image files while they are brought into one shape, counted in sentences."""

from __future__ import annotations

from enum import IntFlag
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.references import ImageOptions
from augury.datasets.images.target_shape import BANDED, CLEAR, DEEP, GREY, Shape, SourceFormats


class Finding(IntFlag):
    """Of one image file."""

    NOTHING = 0
    PALETTE = 1
    PRINT = 2
    """Cyan, magenta, yellow and black."""
    OTHER_COLOURS = 4
    """Lab, or luma and chroma that a decoder hands over as such."""
    HALVED = 8
    """16 bits of which only 8 can be had."""
    MORE_BANDS = 16
    """Beyond the colours and one more."""
    SECOND_BAND = 32
    """Beside grey, and no opacity."""


_SENTENCES = {
    Finding.PALETTE: "{} images have a palette: the colours that it stands for were stored",
    Finding.PRINT: "{} images are in the colours of print (CMYK) and were converted to RGB, without colour profiles",
    Finding.OTHER_COLOURS: "{} images are in Lab, YCbCr or HSV and were converted to RGB",
    Finding.HALVED: "{} images have 16 bits in a form of which only 8 can be read: the lower 8 were dropped",
    Finding.MORE_BANDS: "{} images have more bands than three colours and one more: the others were dropped",
    Finding.SECOND_BAND: "{} images have a second band beside grey that is no opacity, and was dropped",
}


def notes_of(formats: SourceFormats, shape: Shape, options: ImageOptions) -> list[str]:
    """Sentences on all decoded images of a listing that were stored in *shape*."""
    decoded = formats.decoded_indices()
    kinds, found, beyond = formats.kinds[decoded], formats.findings[decoded], formats.further_frames[decoded]
    sentences = [*_kind_notes(kinds, shape, options)]
    if beyond.any():
        sentences.append(
            f"{int((beyond > 0).sum())} files have more than one page, frame or picture ({int(beyond.sum())} beyond "
            "the first in all): only the first of each was read"
        )
    for finding, sentence in _SENTENCES.items():
        count = int((found & finding != 0).sum())
        if count:
            sentences.append(sentence.format(count))
    return sentences


def _kind_notes(kinds: npt.NDArray[Any], shape: Shape, options: ImageOptions) -> list[str]:
    deep, clear, banded = (int(np.isin(kinds, list(some)).sum()) for some in (DEEP, CLEAR, BANDED))
    colourful = int((~np.isin(kinds, list(GREY))).sum())
    keeps_fourth = shape.channels == 4
    sentences = {
        f"{deep} images have 16 bits and others have 8: all were stored with 8": deep and shape.dtype == np.uint8,
        laid_note(clear, options): clear and not keeps_fourth,
        f"{banded} images have a fourth band that their files do not call opacity, which was dropped as "
        f"{'color_mode asks' if options.color_mode else 'others have none; color_mode rgba keeps it'}": (
            banded and not keeps_fourth
        ),
        f"{banded} images have a fourth band that their files do not call opacity: it was stored as a channel like the "
        "others": banded and keeps_fourth,
        f"{colourful} images have colours, and became grey as color_mode asks": colourful and shape.channels == 1,
    }
    return [sentence for sentence, applies in sentences.items() if applies]


def laid_note(images: int, options: ImageOptions) -> str:
    """What is said of transparent images whose opacity is not stored."""
    given = options.background
    colour = (given if isinstance(given, str) else f"the colour {given}") if given is not None else "white"
    hint = "" if given is not None else " (background in the reference names another colour, color_mode rgba keeps it)"
    return f"{images} images have transparency, and were laid on {colour}{hint}"
