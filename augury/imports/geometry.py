"""An affine transform about the centre, as other libraries have it, in the spec's ranges; and how it fills."""

from __future__ import annotations

from dataclasses import dataclass

from augury.imports.reading import NotUnderstood, Range, Reading, symmetric
from augury.imports.steps import Step

_MAX_PIXELS = 400
"""Of a shift in whole pixels, each of which is listed."""


@dataclass(frozen=True)
class Fill:
    """What is painted where the image ends: a fill mode of the spec, and the value of a constant one."""

    mode: str
    value: float = 0.0
    is_uniform: bool = True


def put_resampling(reading: Reading, step: Step, order: int, fill: Fill) -> None:
    """Say how the spec resamples and fills."""
    arguments = {"fill_mode": fill.mode, "interpolation_order": order}
    if fill.mode == "constant":
        arguments["cval"] = fill.value
    reading.put(step, **arguments)
    if not fill.is_uniform:
        reading.lose(f"{step.where}: the fill colour becomes the grey {fill.value:g}; the spec has one number.")


def put_affine(
    reading: Reading,
    step: Step,
    *,
    rotate: Range = (0.0, 0.0),
    shear: Range = (0.0, 0.0),
    scales: tuple[Range, Range] = ((1.0, 1.0), (1.0, 1.0)),
    is_one_scale: bool,
    shifts: tuple[Range, Range] = ((0.0, 0.0), (0.0, 0.0)),
) -> None:
    """Say these of the spec, and what it does otherwise.

    Args:
        reading: that is added to.
        step: that says them.
        rotate: degrees.
        shear: degrees along x.
        scales: along x and y, above 1 for a larger image.
        is_one_scale: whether one number is drawn for both axes.
        shifts: along x and y, as fractions of the image.

    Raises:
        NotUnderstood: a scale is not above 0.
    """
    if min(scales[0][0], scales[1][0]) <= 0:
        raise NotUnderstood("a scale of 0 or less")
    if any(rotate):
        reading.put(step, rotation_range=symmetric(reading, step, "the angle", rotate, "°"))
    if any(shear):
        reading.put(step, shear_range=symmetric(reading, step, "the shear", shear, "°"))
        reading.lose(f"{step.where}: sheared, the spec also squeezes the height by cos(angle).")
    _put_zoom(reading, step, scales, is_one_scale)
    _put_shifts(reading, step, shifts)
    moved = [any(rotate), any(map(any, shifts)), any(shear), scales != ((1, 1), (1, 1))]
    if sum(moved) > 1 and (moved[2] or moved[3]):
        reading.lose(f"{step.where} shifts what it has turned, scaled and sheared; the spec shifts it before.")


def put_pixels(reading: Reading, step: Step, along_x: Range, along_y: Range) -> None:
    """Say a shift by whole pixels, each as likely as any other.

    Raises:
        NotUnderstood: it is not of whole pixels, or of too many.
    """
    if any(along_x):
        reading.put(step, height_shift_range=whole_pixels(*along_x, reading=reading, step=step))
    if any(along_y):
        reading.put(step, width_shift_range=whole_pixels(*along_y, reading=reading, step=step))
    _lose_axes(reading, step, along_x, along_y)


def whole_pixels(low: float, high: float, reading: Reading | None = None, step: Step | None = None) -> list[int]:
    """The set of shifts from -r to r, with r the farthest end; the random sign of a spec's set changes nothing then.

    Raises:
        NotUnderstood: they are not whole, or too many.
    """
    most = max(abs(low), abs(high))
    if not most.is_integer() or most > _MAX_PIXELS:
        raise NotUnderstood(f"a shift of {most:g} pixels, expected whole ones up to {_MAX_PIXELS}")
    if reading is not None and step is not None:
        symmetric(reading, step, "the shift", (low, high), " pixels")
    return list(range(-int(most), int(most) + 1))


def _put_zoom(reading: Reading, step: Step, scales: tuple[Range, Range], is_one_scale: bool) -> None:
    if scales == ((1, 1), (1, 1)):
        return
    low, high = min(scales[0][0], scales[1][0]), max(scales[0][1], scales[1][1])
    reading.put(step, zoom_range=(1 / high, 1 / low))
    if scales[0] != scales[1]:
        reading.lose(f"{step.where} scales the two axes by different ranges; the spec has one for both.")
    if low != high:
        inverse = f"its inverse, from {1 / high:.4g} to {1 / low:.4g}"
        reading.lose(f"{step.where} draws the scale uniformly, the spec {inverse}.")
    if is_one_scale:
        reading.lose(f"{step.where} scales both axes alike; the spec draws a factor for each.")


def _put_shifts(reading: Reading, step: Step, shifts: tuple[Range, Range]) -> None:
    """Under Keras's semantics, which are those of a job that does not say, height_shift_range moves columns."""
    for name, ends in zip(("height_shift_range", "width_shift_range"), shifts, strict=True):
        if not any(ends):
            continue
        most = symmetric(reading, step, "the shift", ends, " of the image")
        if most >= 1:
            raise NotUnderstood(f"a shift by {most:g} of the image, expected less than 1")
        reading.put(step, **{name: most})
    _lose_axes(reading, step, *shifts)


def _lose_axes(reading: Reading, step: Step, along_x: Range, along_y: Range) -> None:
    if along_x != along_y:
        reading.lose(
            f"{step.where}: height_shift_range is what moves columns in Keras 3, so the two are exchanged; for "
            "semantics corrected exchange them back."
        )
