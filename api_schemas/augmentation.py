"""The augmentation spec: the constructor parameters of Keras's ``ImageDataGenerator`` that JSON can carry.

Names, defaults and meanings are those of Keras 3.15 (``keras/src/legacy/preprocessing/image.py``). What Keras
discovers only at the first batch, or never, is refused here. ``preprocessing_function``, a callable in Keras, is one
of those that ``keras.applications`` uses, by name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, StrictFloat, StrictInt, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from api_schemas.base import RequestModel

FillMode = Literal["constant", "nearest", "reflect", "wrap"]


def _refuse(message: str) -> PydanticCustomError:
    return PydanticCustomError("augmentation_rule", message.replace("{", "{{").replace("}", "}}"))


def _check_ascending(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise _refuse(f"Input should be a pair [low, high] with low <= high, e.g. [{pair[1]:g}, {pair[0]:g}]")
    return pair


def _check_shift(shift: Any) -> Any:
    if isinstance(shift, list):
        if not shift:
            raise _refuse("Input should be a number or a non-empty list of the shifts to choose from")
    elif shift == 0:
        return 0.0  # 0 and 0.0 mean the same, unlike 1 and 1.0
    elif shift < 0:
        raise _refuse("Input should be greater than or equal to 0; the range is symmetric about 0 anyway")
    return shift


def _can_shift(shift: Any) -> bool:
    """Whether a shift range can draw anything but 0; an int n draws from the integers in (-n, n)."""
    if isinstance(shift, list):
        return any(shift)
    return shift > 1 if isinstance(shift, int) else shift > 0


def _check_zoom(zoom: Any) -> Any:
    if isinstance(zoom, tuple):
        if min(zoom) <= 0:
            raise _refuse("Input should be a pair of zoom factors greater than 0; below 1 zooms in, above 1 zooms out")
        return _check_ascending(zoom)
    if not 0 <= zoom < 1:
        raise _refuse(
            "Input should be in [0, 1), or a pair of factors: Keras draws from [1 - zoom, 1 + zoom], "
            "and a factor of 0 or less collapses or mirrors the image"
        )
    return zoom


_MAX_PIXELS = 1_000_000  # far beyond any image, and within what NumPy can draw
Fractional = Annotated[StrictFloat, Field(ge=-_MAX_PIXELS, le=_MAX_PIXELS)]
Pixels = Annotated[StrictInt, Field(ge=-_MAX_PIXELS, le=_MAX_PIXELS)]
# What the checks say in words and JSON Schema can say, too, is in the document.
_SHIFT_SCHEMA = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": _MAX_PIXELS},
        {
            "type": "array",
            "items": {"type": "number", "minimum": -_MAX_PIXELS, "maximum": _MAX_PIXELS},
            "minItems": 1,
            "maxItems": 1000,
        },
    ]
}
_FACTOR_SCHEMA = {"type": "number", "exclusiveMinimum": 0}
_ZOOM_SCHEMA = {
    "anyOf": [
        {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        {"type": "array", "prefixItems": [_FACTOR_SCHEMA, _FACTOR_SCHEMA], "minItems": 2, "maxItems": 2},
    ]
}
Shift = Annotated[
    Fractional | Pixels | Annotated[list[Fractional | Pixels], Field(max_length=1000)],
    AfterValidator(_check_shift),
    WithJsonSchema(_SHIFT_SCHEMA),
]
Pair = Annotated[tuple[float, float], Field(strict=False)]  # JSON knows lists only
Zoom = Annotated[StrictFloat | Pair, AfterValidator(_check_zoom), WithJsonSchema(_ZOOM_SCHEMA)]
BrightnessFactor = Annotated[float, Field(ge=0, le=255)]
Brightness = Annotated[tuple[BrightnessFactor, BrightnessFactor], Field(strict=False), AfterValidator(_check_ascending)]

PREPROCESSING_FIELDS = (
    "featurewise_center",
    "samplewise_center",
    "featurewise_std_normalization",
    "samplewise_std_normalization",
    "zca_whitening",
    "zca_epsilon",
    "rescale",
    "preprocessing_function",
    "data_format",
    "dtype",
)
"""The deterministic half of a spec: applied to training and validation images alike."""

_EXCLUSIVE = (
    {"zca_whitening": {"const": True}, "featurewise_std_normalization": {"const": True}},
    {"data_format": {"const": "channels_first"}, "brightness_range": {"type": "array"}},
    {"dtype": {"const": "float16"}, "zca_whitening": {"const": True}},
    {"dtype": {"const": "float16"}, "rotation_range": {"exclusiveMinimum": 0}},
    {"dtype": {"const": "float16"}, "shear_range": {"exclusiveMinimum": 0}},
)
_SPEC_SCHEMA: dict[str, Any] = {
    "allOf": [{"not": {"required": list(together), "properties": dict(together)}} for together in _EXCLUSIVE]
}
"""What exclude each other, as the spec's validators have it."""

PreprocessingFunction = Literal["imagenet_caffe", "imagenet_tf", "imagenet_torch"]


class ImageDataGeneratorSpec(RequestModel):
    """One augmentation, in the parameter names of Keras's ``ImageDataGenerator``.

    Angles are degrees, ``width_shift_range`` and ``height_shift_range`` are fractions of the image below 1 and
    pixels from 1 on, intensities are in the units of the raw image (0-255 for 8-bit images).
    """

    model_config = ConfigDict(json_schema_extra=_SPEC_SCHEMA)

    featurewise_center: bool = Field(False, description="Subtract the training set's mean from every image.")
    samplewise_center: bool = Field(False, description="Subtract each image's own mean.")
    featurewise_std_normalization: bool = Field(False, description="Divide by the training set's deviation.")
    samplewise_std_normalization: bool = Field(False, description="Divide each image by its own deviation.")
    zca_whitening: bool = Field(False, description="Decorrelate the pixels with the training set's covariance.")
    zca_epsilon: float = Field(1e-6, gt=0, le=1e6, description="Added to the eigenvalues before whitening.")
    rotation_range: float = Field(0, ge=0, le=360, description="Degrees; the angle is uniform in [-r, r].")
    width_shift_range: Shift = Field(
        0.0,
        description="Float below 1: fraction of the width; float from 1: pixels; int n: whole pixels in (-n, n); "
        "list: the set of shifts to choose from, with a random sign.",
    )
    height_shift_range: Shift = Field(0.0, description="As width_shift_range, for the height.")
    brightness_range: Brightness | None = Field(
        None, description="Pair [low, high] of factors; 1 leaves an image as it is, 0 makes it black."
    )
    shear_range: float = Field(0.0, ge=0, lt=90, description="DEGREES (not a fraction); uniform in [-s, s].")
    zoom_range: Zoom = Field(
        0.0,
        description="Float z: factors uniform in [1 - z, 1 + z], drawn separately for the two axes; "
        "pair: [low, high]. Factors below 1 zoom in.",
    )
    channel_shift_range: float = Field(
        0.0, ge=0, le=1e6, description="Added to all channels alike, uniform in [-c, c], in raw intensity units."
    )
    fill_mode: FillMode = Field("nearest", description="What is painted where the source image ends.")
    cval: float = Field(0.0, ge=-1e6, le=1e6, description="The fill value for fill_mode 'constant', before rescale.")
    horizontal_flip: bool = Field(False, description="Mirror left and right with probability 1/2.")
    vertical_flip: bool = Field(False, description="Mirror top and bottom with probability 1/2.")
    rescale: float | None = Field(
        None, ge=-1e6, le=1e6, description="Multiplies every pixel; null or 0 leaves the values as they are."
    )
    preprocessing_function: PreprocessingFunction | None = Field(
        None,
        description="What keras.applications' preprocess_input does in mode caffe, tf or torch, to RGB images in "
        "0-255; it comes before rescale, which is then usually wrong.",
    )
    data_format: Literal["channels_first", "channels_last"] | None = Field(
        None, description="Jobs store images as channels_last, which is the default."
    )
    validation_split: float = Field(
        0.0, ge=0, lt=1, description="For ImageDataGenerator.flow(subset=...); jobs draw their own splits."
    )
    interpolation_order: int = Field(1, ge=0, le=5, description="Spline order of the resampling.")
    dtype: Literal["float16", "float32", "float64"] | None = Field(None, description="Of the images produced.")

    @model_validator(mode="after")
    def _standard_deviation_needs_no_whitening(self) -> Self:
        if self.zca_whitening and self.featurewise_std_normalization:
            raise _refuse(
                "zca_whitening and featurewise_std_normalization exclude each other: Keras would drop the latter"
            )
        return self

    @model_validator(mode="after")
    def _keras_can_carry_it_out(self) -> Self:
        if self.dtype == "float16" and (self.has_geometry or self.zca_whitening):
            raise _refuse("dtype float16 cannot be rotated, shifted, sheared, zoomed or whitened; use float32")
        if self.data_format == "channels_first" and self.brightness_range is not None:
            raise _refuse("brightness_range needs data_format channels_last")
        return self

    def constructor_arguments(self) -> dict[str, Any]:
        """Keyword arguments for ``ImageDataGenerator``; pairs become lists, which Keras expects.

        The preprocessing function is left out: whoever calls the constructor has the callable.
        """
        arguments = self.model_dump(exclude={"preprocessing_function"})
        return {name: list(v) if isinstance(v, tuple) else v for name, v in arguments.items()}

    def preprocessing(self) -> ImageDataGeneratorSpec:
        """The deterministic half: what validation images get as well.

        Specs that preprocess alike give equal halves, however they say it.
        """
        kept = {name: getattr(self, name) for name in PREPROCESSING_FIELDS}
        kept["samplewise_center"] |= self.samplewise_std_normalization  # Keras implies both
        kept["featurewise_center"] |= self.featurewise_std_normalization or self.zca_whitening
        kept["rescale"] = self.rescale or None
        kept["dtype"] = None if self.dtype == "float32" else self.dtype
        kept["data_format"] = None if self.data_format == "channels_last" else self.data_format
        if not self.zca_whitening:
            kept.pop("zca_epsilon")
        return ImageDataGeneratorSpec(**kept)

    @property
    def has_augmentation(self) -> bool:
        """Whether any random transform can change an image."""
        return (
            self.has_geometry
            or self.channel_shift_range > 0
            or self.brightness_range is not None
            or self.horizontal_flip
            or self.vertical_flip
        )

    @property
    def has_geometry(self) -> bool:
        """Whether any transform can move pixels other than by mirroring."""
        shifts = (self.width_shift_range, self.height_shift_range)
        is_zoom = self.zoom_range not in (0, (1, 1))
        return self.rotation_range > 0 or self.shear_range > 0 or is_zoom or any(map(_can_shift, shifts))

    @property
    def needs_fit(self) -> bool:
        """Whether statistics of the training images are needed before the first batch."""
        return self.featurewise_center or self.featurewise_std_normalization or self.zca_whitening
