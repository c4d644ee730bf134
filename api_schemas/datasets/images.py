"""Stored images of a dataset on the wire: which ones a contact sheet shows."""

from __future__ import annotations

from pydantic import Field

from api_schemas.base import Body


class DatasetImage(Body):
    """One stored image."""

    index: int = Field(description="Its place in the snapshot.")
    class_name: str
    source: str | None = Field(description="The file or row that it was made from; null where that was not kept.")


class DatasetImages(Body):
    """The images of one page of a contact sheet, in its order: row by row."""

    dataset_id: str
    shape: tuple[int, int, int] = Field(description="Height, width, channels.")
    matching: int = Field(description="Images that there are of the class, or in all.")
    items: list[DatasetImage]
