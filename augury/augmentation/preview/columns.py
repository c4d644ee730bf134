"""Augmentations to look at: which images to take, what is drawn for them, and the sheet that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from augury.augmentation.parameters import Draws
from augury.augmentation.pipeline import Pipeline
from augury.augmentation.preview.contact_sheet import Cell, ContactSheet, Magnification, displayed, one_line
from augury.augmentation.preview.worst_case import NEUTRAL, Case, Parameters, worst_cases

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Column:
    """One augmentation of every image: its title in lines, and the draws, one a image."""

    title: tuple[str, ...]
    draws: Draws


@dataclass(frozen=True)
class Look:
    """How to show it."""

    black_and_white: tuple[float, float]
    magnification: Magnification
    show_parameters: bool = False


def choose(labels: Array, count: int, seed: int) -> Indices:
    """Up to *count* images from as many classes as possible, sorted by class: the same ones for the same seed."""
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    classes, first, members = np.unique(labels[by_class], return_index=True, return_counts=True)
    turn = np.arange(len(labels)) - np.repeat(first, members)  # one image of every class before a second one of any
    order_of_classes = np.repeat(generator.permutation(len(classes)), members)
    chosen = by_class[np.lexsort((order_of_classes, turn))[:count]]
    return np.asarray(chosen[np.lexsort((chosen, labels[chosen]))], np.int64)


def random_columns(
    pipeline: Pipeline, shape: tuple[int, ...], *, seed: int, rounds: int, indices: Indices
) -> list[Column]:
    """What is drawn for the images in the first epochs of a training run with that seed."""
    return [
        Column((f"{epoch + 1}",), pipeline.draw(shape, seed=seed, epoch=epoch, indices=indices))
        for epoch in range(rounds)
    ]


def worst_columns(pipeline: Pipeline, shape: tuple[int, ...], images: int) -> list[Column]:
    """Every transform of the spec at its limits, the same for all images."""
    return [Column(_title(case), _repeat(case.parameters, images)) for case in worst_cases(pipeline.spec, shape)]


def _title(case: Case) -> tuple[str, str]:
    return case.name.removesuffix("_range"), case.value


def _repeat(parameters: Parameters, images: int) -> Draws:
    return Draws(np.repeat(Draws.of_parameters(parameters).table, images, axis=0))


def contact_sheet(
    pipeline: Pipeline, originals: Array, names: Sequence[str], columns: Sequence[Column], look: Look
) -> ContactSheet:
    """The originals ``[B, H, W, C]`` in the first column with their class names, their augmentations beside them."""
    shown = displayed(originals, look.black_and_white)
    sheet = [[Cell(pixels, (one_line(name),))] for pixels, name in zip(shown, names, strict=True)]
    for column in columns:  # one at a time, so that no more than one column is held as floats
        augmented = displayed(pipeline.transform(originals, column.draws), look.black_and_white)
        for row, cells in enumerate(sheet):
            caption = tuple(caption_of(column.draws.parameters(row))) if look.show_parameters else ()
            cells.append(Cell(augmented[row], caption))
    titles = [("original",), *(column.title for column in columns)]
    return ContactSheet(titles, sheet, look.magnification)


def caption_of(parameters: Parameters) -> Iterator[str]:
    """What was drawn, in a few words a line; shifts are called after the parameter that they are drawn from."""
    changed = {name: value for name, value in parameters.items() if value != NEUTRAL[name]}
    if not changed:
        yield "unchanged"
    for name, words in _WORDS.items():
        if name in changed:
            yield words.format(changed[name])
    if "zx" in changed or "zy" in changed:
        yield f"zoom {parameters['zx']:.2f} x {parameters['zy']:.2f}"


_WORDS = {
    "theta": "rotation {:+.1f}°",
    "tx": "height shift {:+.1f} px",
    "ty": "width shift {:+.1f} px",
    "shear": "shear {:+.1f}°",
    "flip_horizontal": "horizontal flip",
    "flip_vertical": "vertical flip",
    "channel_shift_intensity": "channels {:+.1f}",
    "brightness": "brightness {:.2f}",
}
