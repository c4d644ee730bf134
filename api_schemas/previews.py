"""Previews on the wire: which images to augment for looking at, and what was drawn for them."""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.base import Body, Fraction, RequestModel
from api_schemas.candidates import CHANNELS_LAST
from api_schemas.datasets.references import DatasetReference

MAX_IMAGES = 64
MAX_ROUNDS = 8
MAX_OWN_SIDE = 256
"""Pixels of an image in a request, on either side."""
_CHANNELS = 3
_MAX_OWN_CHARS = MAX_OWN_SIDE * MAX_OWN_SIDE * _CHANNELS // 3 * 4
_ONE_OF_BOTH: dict[str, Any] = {
    "oneOf": [
        {"required": [one], "properties": {one: {"not": {"type": "null"}}, other: {"type": "null"}}}
        for one, other in (("dataset", "image"), ("image", "dataset"))
    ]
}


class OwnImage(RequestModel):
    """An image in the request itself, as its pixels: no picture file is opened by the service for it."""

    height: int = Field(ge=1, le=MAX_OWN_SIDE)
    width: int = Field(ge=1, le=MAX_OWN_SIDE)
    pixels: str = Field(
        min_length=4,
        max_length=_MAX_OWN_CHARS,
        pattern=r"^[A-Za-z0-9+/]+={0,2}$",
        description="Base64 of height x width x 3 bytes: rows from the top, pixels from the left, red, green and blue.",
    )

    @model_validator(mode="after")
    def _has_all_its_pixels(self) -> Self:
        expected = self.height * self.width * _CHANNELS
        try:
            found = len(self.content())
        except binascii.Error:
            raise PydanticCustomError(
                "preview_rule", "pixels: expected Base64, with = at its end where needed"
            ) from None
        if found != expected:
            raise PydanticCustomError(
                "preview_rule",
                "pixels: {found} bytes, expected {expected}: {height}x{width} pixels of three bytes",
                {"found": found, "expected": expected, "height": self.height, "width": self.width},
            )
        return self

    def content(self) -> bytes:
        """The pixels, ``height * width * 3`` bytes."""
        return base64.b64decode(self.pixels, validate=True)


class PreviewRequest(RequestModel):
    """Some images of a dataset, or one of one's own, beside what a spec makes of them."""

    model_config = ConfigDict(json_schema_extra=_ONE_OF_BOTH)
    renamed_fields: ClassVar = {"p": "identity_probability"}

    dataset: DatasetReference | None = Field(None, description="Whose images to show.")
    image: OwnImage | None = Field(None, description="Instead of a dataset: this image alone. It is not stored.")
    spec: ImageDataGeneratorSpec = Field(
        description="Its random transforms are shown, its preprocessing is not.",
        json_schema_extra={"properties": CHANNELS_LAST},
    )
    semantics: Literal["keras", "corrected"] = Field(
        "keras", description="keras: as ImageDataGenerator does it, with its defects; corrected: without them."
    )
    identity_probability: Fraction = Field(
        0.0, description="Probability that an image is left alone; ImageDataGenerator has 0."
    )
    count: int = Field(8, ge=1, le=MAX_IMAGES, description="Images, one a row, from as many classes as possible.")
    rounds: int = Field(5, ge=1, le=MAX_ROUNDS, description="Augmentations of each image.")
    seed: int = Field(0, ge=0, le=2**31 - 1, description="The same seed gives the same images and the same draws.")
    scale: int | None = Field(
        None,
        ge=1,
        le=64,
        description="Sheet pixels per image pixel. Default: enough for small images to be seen; large ones are shrunk.",
    )
    show_parameters: bool = Field(False, description="Write under each image what was drawn for it.")
    worst_case: bool = Field(
        False, description="Instead of random draws, every transform at its limits: alone, then all together."
    )

    @model_validator(mode="after")
    def _has_images(self) -> Self:
        if (self.dataset is None) == (self.image is None):
            raise PydanticCustomError("preview_rule", "dataset or image: say one of them")
        return self

    @model_validator(mode="after")
    def _stored_images_are_channels_last(self) -> Self:
        if self.spec.data_format == "channels_first":
            raise PydanticCustomError(
                "preview_rule", "spec.data_format: datasets store images as channels_last; leave it out"
            )
        return self


class TransformParameters(Body):
    """What was drawn for one image, in the names of ``ImageDataGenerator.get_random_transform``."""

    theta: float = Field(description="Rotation in degrees.")
    tx: float = Field(description="Pixels, drawn from height_shift_range.")
    ty: float = Field(description="Pixels, drawn from width_shift_range.")
    shear: float = Field(description="Degrees.")
    zx: float = Field(description="Horizontal factor; below 1 zooms in.")
    zy: float = Field(description="Vertical factor; below 1 zooms in.")
    flip_horizontal: bool
    flip_vertical: bool
    channel_shift_intensity: float | None = Field(description="Raw intensity units; null where none was drawn.")
    brightness: float | None = Field(description="Factor; null where none was drawn.")


class PreviewCell(Body):
    """One augmented image of the sheet."""

    title: str = Field(description="Its column's title.", examples=["1", "rotation_range +20°"])
    parameters: TransformParameters


class PreviewRow(Body):
    """An image and its augmentations."""

    index: int = Field(description="The image's place in the dataset.")
    class_name: str
    cells: list[PreviewCell]


class Preview(Body):
    """A contact sheet in words: what ``Accept: application/json`` gets."""

    dataset_id: str | None = Field(description="null where the request had the image.")
    shape: tuple[int, int, int] = Field(description="Height, width, channels.")
    rows: list[PreviewRow]
