"""A preview: which images of a dataset it shows, what is drawn for them, and the sheet or the words that show it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.previews import OwnImage, Preview, PreviewCell, PreviewRequest, PreviewRow, TransformParameters
from augury.augmentation.pipeline import Pipeline
from augury.augmentation.preview.columns import (
    Column,
    Indices,
    Look,
    choose,
    contact_sheet,
    random_columns,
    worst_columns,
)
from augury.augmentation.preview.contact_sheet import Magnification, display_range

MAX_VALUES = 2**25
"""Pixels times channels over all images of a sheet: about a second of work."""
MAX_SHEET_PIXELS = 2**24
_OWN_NAME = "your image"


class PreviewError(Exception):
    """The preview cannot be drawn.

    Attributes:
        field: of the request, that is at fault.
        message: what was received and what was expected.
        detail: what that means, in a sentence.
    """

    def __init__(self, field: str, message: str, detail: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message, self.detail = field, message, detail


@dataclass(frozen=True)
class PreviewSheet:
    """What was chosen and drawn: images ``[B, H, W, C]`` as they are stored, and a class name for each."""

    request: PreviewRequest
    facts: DatasetFacts
    indices: Indices
    originals: npt.NDArray[Any]
    names: list[str]
    pipeline: Pipeline
    columns: list[Column]

    def png(self) -> bytes:
        """The contact sheet.

        Raises:
            PreviewError: it would be too large.
        """
        images = len(self.indices) * (1 + len(self.columns))
        require_drawable(images, self.facts.shape, "count")
        magnification = magnification_for(self.facts, self.request.scale)
        pixels = images * pixels_of_one(self.facts, magnification)
        if pixels > MAX_SHEET_PIXELS:
            raise _too_large(f"{images} images at this scale are {pixels:,} pixels", MAX_SHEET_PIXELS, "count")
        black_and_white = display_range(self.facts.dtype, self.facts.value_range)
        look = Look(black_and_white, magnification, self.request.show_parameters)
        return contact_sheet(self.pipeline, self.originals, self.names, self.columns, look).png()

    def in_words(self, dataset_id: str | None) -> Preview:
        """What the sheet shows."""
        rows = [
            PreviewRow(
                index=int(index),
                class_name=name,
                cells=[
                    PreviewCell(
                        title=" ".join(filter(None, column.title)),
                        parameters=TransformParameters(**column.draws.parameters(row)),
                    )
                    for column in self.columns
                ],
            )
            for row, (index, name) in enumerate(zip(self.indices, self.names, strict=True))
        ]
        return Preview(dataset_id=dataset_id, shape=self.facts.shape, rows=rows)


def preview_sheet(
    request: PreviewRequest,
    facts: DatasetFacts,
    images: npt.NDArray[Any],
    labels: npt.NDArray[np.int64],
    class_names: list[str],
) -> PreviewSheet:
    """Choose images of a dataset ``[N, H, W, C]`` with labels ``[N]``, and draw for them. No pixel is touched yet.

    Raises:
        PreviewError: the spec does not fit the dataset.
    """
    _require_brightness_channels(request, facts)
    indices = choose(labels, request.count, request.seed)
    pipeline = Pipeline(request.spec, semantics=request.semantics, identity_probability=request.identity_probability)
    if request.worst_case:
        columns = worst_columns(pipeline, facts.shape, len(indices))
    else:
        columns = random_columns(pipeline, facts.shape, seed=request.seed, rounds=request.rounds, indices=indices)
    names = [class_names[label] for label in labels[indices]]
    return PreviewSheet(request, facts, indices, images[indices], names, pipeline, columns)


def own_image_sheet(request: PreviewRequest, image: OwnImage) -> PreviewSheet:
    """The same of an image that came with the request: 8-bit, three channels.

    Raises:
        PreviewError: the spec does not fit it.
    """
    shape = (image.height, image.width, 3)
    images = np.frombuffer(image.content(), np.uint8).reshape(1, *shape)
    facts = DatasetFacts(
        images=1,
        classes={_OWN_NAME: 1},
        shape=shape,
        dtype="uint8",
        value_range=(float(images.min()), float(images.max())),
        channel_mean=images.mean(axis=(0, 1, 2)).tolist(),
        channel_std=images.std(axis=(0, 1, 2)).tolist(),
    )
    return preview_sheet(request, facts, images, np.zeros(1, np.int64), [_OWN_NAME])


def require_drawable(images: int, shape: tuple[int, int, int], field: str) -> None:
    """Refuse to show that many images of that shape; *field* of the request is what asked for them.

    Raises:
        PreviewError: they have too many values.
    """
    values = images * math.prod(shape)
    if values > MAX_VALUES:
        height, width, channels = shape
        raise _too_large(f"{images} images of {height}x{width}x{channels} are {values:,} values", MAX_VALUES, field)


def magnification_for(facts: DatasetFacts, scale: int | None) -> Magnification:
    """The one that was asked for, in sheet pixels per image pixel, or the one that suits images of that size."""
    height, width, _ = facts.shape
    return Magnification.fitting(height, width) if scale is None else Magnification(up=scale)


def pixels_of_one(facts: DatasetFacts, magnification: Magnification) -> int:
    """Sheet pixels that one image takes."""
    height, width, _ = facts.shape
    return magnification.of(height) * magnification.of(width)


def _require_brightness_channels(request: PreviewRequest, facts: DatasetFacts) -> None:
    channels = facts.shape[2]
    if request.spec.brightness_range is not None and request.semantics == "keras" and channels not in (1, 3, 4):
        message = (
            f"Keras changes the brightness of images with 1, 3 or 4 channels, these have {channels}; "
            "leave it out, or set semantics to 'corrected'"
        )
        raise PreviewError("spec.brightness_range", message, "the spec does not fit the dataset")


def _too_large(what: str, maximum: int, field: str) -> PreviewError:
    message = f"{what}, expected at most {maximum:,}; ask for a lower count, fewer rounds or a smaller scale"
    return PreviewError(field, message, "the sheet would be too large; nothing was drawn")
