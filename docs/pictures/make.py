"""Draws the pictures of the guides with the engine: ``python docs/pictures/make.py``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits, load_sample_image

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.training.conditions import CONDITION_NAMES, MAX_STRENGTH
from augury.augmentation import Pipeline
from augury.augmentation.preview.columns import Column, Look, choose, contact_sheet, random_columns, worst_columns
from augury.augmentation.preview.contact_sheet import Cell, ContactSheet, Magnification, displayed
from augury.conditions.changes import changed, draws_of
from augury.conditions.value_range import ValueRange

Array = npt.NDArray[Any]

FOLDER = Path(__file__).parent
HEIGHT, WIDTH = 40, 120
BACKGROUND, INK, CENTRE, TRUE_CENTRE = (38, 50, 72), (245, 222, 160), (230, 60, 60), (255, 255, 255)
SEMANTICS: tuple[Literal["keras"], Literal["corrected"]] = ("keras", "corrected")
MAGNIFICATION = Magnification(up=2)
TITLES = [["original"], ["semantics: keras"], ["semantics: corrected"]]
SPEC = ImageDataGeneratorSpec(fill_mode="constant")
POPULAR = {"rotation_range": 20, "width_shift_range": 0.1, "height_shift_range": 0.1, "horizontal_flip": True}
DIGITS_TOP = 16


def text_line() -> Array:
    """A line of text, uint8 [40, 120, 3], with a red dot in its centre."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    pen = ImageDraw.Draw(picture)
    pen.text((WIDTH / 2, HEIGHT / 2), "A B C", fill=INK, font=ImageFont.load_default(30), anchor="mm")
    pen.ellipse((WIDTH // 2 - 3, HEIGHT // 2 - 3, WIDTH // 2 + 2, HEIGHT // 2 + 2), fill=CENTRE)
    return np.asarray(picture)


def with_true_centre(pixels: Array) -> Array:
    """A frame about the place where the centre of the image is and stays."""
    picture = Image.fromarray(pixels)
    box = (WIDTH // 2 - 6, HEIGHT // 2 - 6, WIDTH // 2 + 5, HEIGHT // 2 + 5)
    ImageDraw.Draw(picture).rectangle(box, outline=TRUE_CENTRE)
    return np.asarray(picture)


def both_semantics(image: Array, parameters: dict[str, Any], spec: ImageDataGeneratorSpec = SPEC) -> list[Array]:
    """The image as it is, as Keras transforms it, and as it should be."""
    return [image, *(Pipeline(spec, semantics=s).apply_transform(image, parameters) for s in SEMANTICS)]


def comparison(rows: Sequence[tuple[str, list[Array]]]) -> ContactSheet:
    """One transform a row, its name below the original."""
    cells = [
        [Cell(displayed(image, (0.0, 255.0)), () if place else (words,)) for place, image in enumerate(images)]
        for words, images in rows
    ]
    return ContactSheet(TITLES, cells, MAGNIFICATION)


def save(name: str, sheet: ContactSheet) -> None:
    """As small a PNG as there can be: these are committed."""
    colours = sheet.image().quantize(64, dither=Image.Dither.NONE)
    colours.save(FOLDER / name, optimize=True)


def shifts() -> ContactSheet:
    """Height shifts go sideways, width shifts up or down."""
    rows = (("height_shift_range: 10 px", {"tx": 10}), ("width_shift_range: 10 px", {"ty": 10}))
    return comparison([(words, both_semantics(text_line(), parameters)) for words, parameters in rows])


def pivots() -> ContactSheet:
    """What turns, zooms and slants does so about another point than the centre."""
    rows = (
        ("rotation_range: 20°", {"theta": 20}),
        ("zoom_range: 0.6 (in)", {"zx": 0.6, "zy": 0.6}),
        ("shear_range: 20°", {"shear": 20}),
    )
    drawn = [(words, both_semantics(text_line(), parameters)) for words, parameters in rows]
    return comparison([(words, [with_true_centre(displayed(i, (0, 255))) for i in images]) for words, images in drawn])


def brightness() -> ContactSheet:
    """The detour through 8 bits leaves nothing of values from 0 to 1."""
    spec = ImageDataGeneratorSpec(brightness_range=(0.5, 1.5))
    fractions = text_line().astype(np.float32) / 255
    rows = [
        ("values 0 to 255, factor 0.8", both_semantics(text_line(), {"brightness": 0.8}, spec)),
        ("values 0 to 1, factor 0.8", [255 * image for image in both_semantics(fractions, {"brightness": 0.8}, spec)]),
    ]
    return comparison(rows)


def digits_sheet(*, worst_case: bool) -> ContactSheet:
    """What ``augury preview`` shows of scikit-learn's digits."""
    bunch = load_digits()
    images = np.rint(bunch.images * (255 / DIGITS_TOP)).astype(np.uint8)[..., np.newaxis]
    indices, pipeline = (
        choose(bunch.target, 4 if worst_case else 6, seed=0),
        Pipeline(ImageDataGeneratorSpec.model_validate(POPULAR)),
    )
    columns: list[Column] = (
        worst_columns(pipeline, images.shape[1:], len(indices))
        if worst_case
        else random_columns(pipeline, images.shape[1:], seed=0, rounds=5, indices=indices)
    )
    look = Look((0.0, 255.0), Magnification.fitting(*images.shape[1:3]), show_parameters=not worst_case)
    return contact_sheet(pipeline, images[indices], [str(bunch.target[i]) for i in indices], columns, look)


def conditions_sheet() -> ContactSheet:
    """Every change at every strength, on a part of a photograph that scikit-learn brings."""
    photograph = Image.fromarray(load_sample_image("flower.jpg")).crop((150, 0, 577, 427)).resize((80, 80))
    image = np.asarray(photograph)[np.newaxis]
    value_range, rows = ValueRange(0, 255, 0, 255), []
    for name in CONDITION_NAMES:
        draws = draws_of(name, image.shape[1:], seed=0, indices=np.zeros(1, np.int64))
        made = [changed(name, strength, image, draws, value_range)[0] for strength in range(1, MAX_STRENGTH + 1)]
        rows.append([Cell(image[0], (name,)), *(Cell(each) for each in made)])
    titles = [["original"], *([f"strength {strength}"] for strength in range(1, MAX_STRENGTH + 1))]
    return ContactSheet(titles, rows, Magnification(up=1))


if __name__ == "__main__":
    save("shifts.png", shifts())
    save("pivots.png", pivots())
    save("brightness.png", brightness())
    save("sheet.png", digits_sheet(worst_case=False))
    save("worst-case.png", digits_sheet(worst_case=True))
    save("conditions.png", conditions_sheet())
