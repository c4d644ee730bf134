"""Stored images to look at: which ones a page shows, and the sheet of them."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api_schemas.base import nearest_name
from api_schemas.datasets.dataset import DatasetFacts
from api_schemas.datasets.images import DatasetImage, DatasetImages
from api_schemas.plain_text import PlainText
from augury.augmentation.preview.contact_sheet import (
    Cell,
    ContactSheet,
    display_range,
    displayed,
    one_line,
)
from augury.augmentation.preview.sheet import MAX_SHEET_PIXELS, magnification_for, pixels_of_one, require_drawable
from augury.datasets.snapshot import NO_SPLIT, SPLIT_CODES, Snapshot
from augury.field_problems import shown
from service.datasets.stored_images import preview_errors, stored_images
from service.http.problem import ProblemError
from service.http.problem_types import INVALID_REQUEST
from service.resources import Resources
from store.rows.tables import DatasetRow

_MAX_NAMES_SHOWN = 20
_WHITE = 255


class Selection(BaseModel):
    """Which images of a dataset, as the query says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    class_name: PlainText | None = Field(
        None, alias="class", min_length=1, max_length=1000, description="Only images of this class."
    )
    count: int = Field(32, ge=1, le=256, description="Images on a page.")
    page: int = Field(0, ge=0, le=10_000_000, description="0 is the first one.")
    seed: int = Field(0, ge=0, lt=2**63, description="The order of the images is drawn from it.")
    scale: int | None = Field(None, ge=1, le=64, description="Sheet pixels per image pixel; null: as fits.")
    split: Literal["train", "validation", "test"] | None = Field(
        None, description="Only images of this split, where the dataset has fixed ones."
    )
    index: int | None = Field(
        None,
        ge=0,
        lt=2**40,
        description="This image alone, by its place in the snapshot, without margin and words: for pages of one's own.",
    )


Selected = Annotated[Selection, Query()]


@dataclass(frozen=True)
class Page:
    """The images of one page."""

    dataset_id: str
    facts: DatasetFacts
    snapshot: Snapshot
    indices: npt.NDArray[np.int64]
    matching: int

    def class_names(self) -> list[str]:
        """Of each image."""
        return [self.snapshot.class_names[label] for label in self.snapshot.labels[self.indices]]


def page_of(resources: Resources, row: DatasetRow, selection: Selection) -> Page:
    """Choose the images.

    Raises:
        ProblemError: there is no such class, or the snapshot is gone or too large to be looked at.
    """
    facts, snapshot = stored_images(resources, row, "query")
    if selection.index is not None:
        return Page(row.id, facts, snapshot, _alone(snapshot, selection.index), 1)
    candidates = np.arange(len(snapshot.labels), dtype=np.int64)
    if selection.class_name is not None:
        candidates = candidates[snapshot.labels == _label(snapshot.class_names, selection.class_name)]
    if selection.split is not None:
        candidates = candidates[_splits_of(snapshot)[candidates] == SPLIT_CODES[selection.split]]
    shuffled = np.random.default_rng(selection.seed).permutation(candidates)
    first = selection.page * selection.count
    return Page(row.id, facts, snapshot, shuffled[first : first + selection.count], len(candidates))


def as_json(page: Page) -> DatasetImages:
    """Which images they are."""
    names = page.snapshot.names
    items = [
        DatasetImage(index=int(index), class_name=name, source=names[index] if names else None)
        for index, name in zip(page.indices, page.class_names(), strict=True)
    ]
    return DatasetImages(dataset_id=page.dataset_id, shape=page.facts.shape, matching=page.matching, items=items)


def as_png(page: Page, scale: int | None) -> bytes:
    """The images with their classes below them, about as many in a row as there are rows.

    Raises:
        ProblemError: the page is empty, or the sheet would be too large.
    """
    count = len(page.indices)
    if not count:
        message = f"there are {page.matching} images, and none of them on this page"
        raise _faulty("query.page", message)
    with preview_errors("query"):
        require_drawable(count, page.facts.shape, "count")
    magnification = magnification_for(page.facts, scale)
    columns = math.ceil(math.sqrt(count))
    grid_cells = columns * math.ceil(count / columns)
    pixels = grid_cells * pixels_of_one(page.facts, magnification)
    if pixels > MAX_SHEET_PIXELS:
        message = f"{count} images at this scale are {pixels:,} pixels, expected at most {MAX_SHEET_PIXELS:,}"
        raise _faulty("query.count", f"{message}; ask for fewer images or a smaller scale")
    pictures = displayed(page.snapshot.images[page.indices], display_range(page.facts.dtype, page.facts.value_range))
    cells = [Cell(picture, (one_line(name),)) for picture, name in zip(pictures, page.class_names(), strict=True)]
    blank = Cell(np.full((*page.facts.shape[:2], 3), _WHITE, np.uint8))
    cells += [blank] * (grid_cells - count)
    rows = [cells[first : first + columns] for first in range(0, grid_cells, columns)]
    return ContactSheet([()] * columns, rows, magnification).png()


def one_as_png(page: Page, scale: int | None) -> bytes:
    """The only image of a page, as it is drawn in sheets.

    Raises:
        ProblemError: it would be too large.
    """
    with preview_errors("query"):
        require_drawable(1, page.facts.shape, "index")
    magnification = magnification_for(page.facts, scale)
    if pixels_of_one(page.facts, magnification) > MAX_SHEET_PIXELS:
        raise _faulty(
            "query.scale", f"at this scale it has more than {MAX_SHEET_PIXELS:,} pixels; ask for a smaller one"
        )
    image = page.snapshot.images[page.indices[:1]]
    pixels = displayed(image, display_range(page.facts.dtype, page.facts.value_range))[0]
    file = io.BytesIO()
    magnification.applied_to(pixels).save(file, "PNG", compress_level=1)  # noise compresses badly, and somebody waits
    return file.getvalue()


def _alone(snapshot: Snapshot, index: int) -> npt.NDArray[np.int64]:
    if index >= len(snapshot.labels):
        raise _faulty(
            "query.index", f"got {index:,}, expected below {len(snapshot.labels):,}: so many images there are"
        )
    return np.array([index], dtype=np.int64)


def _splits_of(snapshot: Snapshot) -> npt.NDArray[np.int8]:
    """The code of each image's split; of a dataset without fixed ones none has any."""
    return np.full(len(snapshot.labels), NO_SPLIT, np.int8) if snapshot.splits is None else snapshot.splits


def _label(class_names: list[str], name: str) -> int:
    if name in class_names:
        return class_names.index(name)
    hint = nearest_name(name, class_names)
    meant = f"; did you mean {shown(hint)}?" if hint else ""
    told = ", ".join(map(shown, class_names[:_MAX_NAMES_SHOWN]))
    more = f" and {len(class_names) - _MAX_NAMES_SHOWN} more" if len(class_names) > _MAX_NAMES_SHOWN else ""
    raise _faulty("query.class", f"got {shown(name)}: there is no such class{meant} The classes are {told}{more}")


def _faulty(
    location: Literal["query.class", "query.page", "query.count", "query.index", "query.scale"], message: str
) -> ProblemError:
    return INVALID_REQUEST.error_at(location, message, "one field is not as expected; nothing was drawn")
