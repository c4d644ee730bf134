"""One layer of Keras 3 for each transform of a spec, with what it does otherwise.

Every function takes a spec and the options and gives the steps that it needs: none where the spec has nothing of the
kind. What is stated here of the layers holds for Keras 3.15.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.exports.export import Caveat, Fidelity
from augury.exports.options import ExportOptions

MAX_FACTOR = 1.0
"""Of a translation, a shear and a zoom (which is one more than its factor)."""
_LEVELS = 255.0


@dataclass(frozen=True)
class Step:
    """A layer as code, or None where there is none, and what is different about it."""

    layer: str | None
    differences: tuple[Caveat, ...] = ()


Steps = Callable[[ImageDataGeneratorSpec, ExportOptions], Iterator[Step]]


def difference(fidelity: Fidelity, message: str, *parameters: str) -> Caveat:
    """A difference in *parameters*."""
    return Caveat(parameters=list(parameters), fidelity=fidelity, message=message)


def number(value: float) -> str:
    """A number as Python writes it, without the last digits of a division."""
    return repr(float(f"{value:.12g}"))


def sampling(spec: ImageDataGeneratorSpec) -> str:
    """The arguments that say how a layer reads between pixels and beyond the border."""
    interpolation = "nearest" if spec.interpolation_order == 0 else "bilinear"
    value = f", fill_value={number(spec.cval)}" if spec.fill_mode == "constant" else ""
    return f'fill_mode="{spec.fill_mode}"{value}, interpolation="{interpolation}"'


def rotation(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """Degrees as a fraction of a turn."""
    if spec.rotation_range:
        yield Step(f"layers.RandomRotation({number(spec.rotation_range / 360)}, {sampling(spec)})")


def translation(spec: ImageDataGeneratorSpec, options: ExportOptions) -> Iterator[Step]:
    """Both shifts as fractions of the image's own sides; under Keras's semantics each goes along the other axis."""
    by_height, height_notes = _fraction("height_shift_range", spec.height_shift_range, 0, options)
    by_width, width_notes = _fraction("width_shift_range", spec.width_shift_range, 1, options)
    vertical, horizontal = (by_height, by_width) if options.is_corrected else (by_width, by_height)
    notes = [*height_notes, *width_notes]
    if (vertical or horizontal) and not options.is_corrected:
        notes.append(
            difference(
                Fidelity.EXACT,
                "ImageDataGenerator moves images sideways by height_shift_range, and up and down by width_shift_range; "
                "height_factor and width_factor are exchanged for that.",
                "height_shift_range",
                "width_shift_range",
            )
        )
    if vertical or horizontal:
        arguments = f"height_factor={number(vertical)}, width_factor={number(horizontal)}"
        yield Step(f"layers.RandomTranslation({arguments}, {sampling(spec)})", tuple(notes))
    elif notes:
        yield Step(None, tuple(notes))


def _fraction(name: str, shift: Any, axis: int, options: ExportOptions) -> tuple[float, list[Caveat]]:
    """The largest shift as a fraction of the side that it goes along, with what is different about it."""
    is_set = isinstance(shift, int | list)
    largest = shift - 1 if isinstance(shift, int) else max(map(abs, shift)) if isinstance(shift, list) else shift
    if not largest:
        return 0.0, []
    is_relative = (max(shift) if isinstance(shift, list) else shift) < 1
    along = axis if options.is_corrected else 1 - axis
    if options.image_size is None and not is_relative:
        says = f"{name} {shift} counts pixels, and the layer takes a fraction of the image: name the image size."
        return 0.0, [difference(Fidelity.NOT_EXPRESSIBLE, says, name)]
    sides = options.image_size or (1, 1)
    fraction = largest * (sides[axis] if is_relative else 1) / sides[along]
    notes = []
    if is_set:
        says = f"{name} {shift} chooses from a set of shifts; the layer draws from all up to the largest of them."
        notes.append(difference(Fidelity.APPROXIMATE, says, name))
    if fraction > MAX_FACTOR:
        says = f"{name} {shift} is {fraction:.2f} of the side that it goes along, and the layer takes 1 at most."
        notes.append(difference(Fidelity.APPROXIMATE, says, name))
    return min(fraction, MAX_FACTOR), notes


def shear(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """The sine of the angle as a fraction."""
    if not spec.shear_range:
        return
    factor = math.sin(math.radians(spec.shear_range))
    says = (
        f"The layer slants about the top row, not the middle one, so that the middle moves sideways by up to "
        f"{factor / 2:.2f} of the height; it draws the fraction and not the angle, and leaves out that "
        f"ImageDataGenerator stretches by up to 1/cos {spec.shear_range:g}° as it slants."
    )
    yield Step(
        f"layers.RandomShear(x_factor=(0.0, {number(factor)}), {sampling(spec)})",
        (difference(Fidelity.APPROXIMATE, says, "shear_range"),),
    )


def zoom(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """One less than the factors, drawn separately for both axes."""
    factors = spec.zoom_range
    low, high = factors if isinstance(factors, tuple) else (1 - factors, 1 + factors)
    if low == high == 1:
        return
    notes: list[Caveat] = []
    if high > 1 + MAX_FACTOR:
        says = f"zoom_range goes to {high:g}, and the layer to 2 at most."
        notes.append(difference(Fidelity.APPROXIMATE, says, "zoom_range"))
    ends = ", ".join(number(min(end - 1, MAX_FACTOR)) for end in (low, high))
    arguments = f"height_factor=({ends}), width_factor=({ends})"
    yield Step(f"layers.RandomZoom({arguments}, {sampling(spec)})", tuple(notes))


def channel_shift(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """A brightness that is added to 8-bit images."""
    if not spec.channel_shift_range:
        return
    factor = min(spec.channel_shift_range / _LEVELS, 1.0)
    says = (
        "RandomBrightness adds the same to all channels, as channel_shift_range does, but clips to 0-255 and not to "
        "the image's own smallest and largest value"
    )
    more = f"; it adds 255 at most, not {spec.channel_shift_range:g}." if spec.channel_shift_range > _LEVELS else "."
    yield Step(
        f"layers.RandomBrightness({number(factor)}, value_range=(0, 255))",
        (difference(Fidelity.APPROXIMATE, says + more, "channel_shift_range"),),
    )


def flips(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """One layer each: in the mode horizontal_and_vertical both are drawn as one."""
    if spec.horizontal_flip:
        yield Step('layers.RandomFlip("horizontal")')
    if spec.vertical_flip:
        yield Step('layers.RandomFlip("vertical")')


def brightness(spec: ImageDataGeneratorSpec, _: ExportOptions) -> Iterator[Step]:
    """Added, as the layer has nothing that multiplies: so much that a middle grey becomes what it should."""
    if spec.brightness_range is None:
        return
    low, high = ((factor - 1) / 2 for factor in spec.brightness_range)
    ends = ", ".join(number(max(min(end, 1.0), -1.0)) for end in (low, high))
    says = (
        "RandomBrightness adds the same to every pixel; brightness_range multiplies, which changes dark pixels less "
        "than light ones. The range is right for a middle grey of 127.5, in images from 0 to 255."
    )
    yield Step(
        f"layers.RandomBrightness(({ends}), value_range=(0, 255))",
        (difference(Fidelity.APPROXIMATE, says, "brightness_range"),),
    )
