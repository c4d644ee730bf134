"""Keras's transform as the affine transform that torchvision and Albumentations bring, and what is different then.

Both turn, shear and scale about the image's centre and shift the result: ``out = shift + A·in``. Keras's matrix goes
the other way, ``in = R·T·Sh·Z·out``: its zoom is their scale's inverse, and its shift comes before the zoom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api_schemas.augmentation import ImageDataGeneratorSpec, Shift
from api_schemas.exports.export import Caveat, Fidelity
from augury.exports.options import ExportOptions
from augury.exports.resolved import farthest, is_fraction, zoom_pair

MAX_ORDER = 1
_MIN_ZOOM = 1e-6
"""Far below one pixel for the whole image."""


@dataclass(frozen=True)
class Library:
    """What a library's affine transform can do."""

    name: str
    fills: dict[str, str]
    """What it calls the fill modes that it has, by ours."""
    alike: frozenset[str]
    """The fill modes that give the same pixels."""
    has_two_scales: bool
    """Whether the two axes are scaled by numbers drawn apart."""
    rounding: str
    """What it does to shifts, which are whole pixels there."""
    remark: str
    """What is to be said of a transform that draws and reads as Keras's does."""


@dataclass(frozen=True)
class StockAffine:
    """The arguments: angles in degrees, shifts as fractions of the image; every range is symmetric but the scale's."""

    rotate: float
    shift_x: float
    shift_y: float
    scale: tuple[float, float]
    shear: float


def stock_affine(spec: ImageDataGeneratorSpec, options: ExportOptions) -> StockAffine:
    """The nearest that one of them comes to a spec."""
    low, high = (max(each, _MIN_ZOOM) for each in zoom_pair(spec))
    shift_x, shift_y = (_fraction(each, options) or 0.0 for each in _shifts(spec, options))
    return StockAffine(spec.rotation_range, shift_x, shift_y, (1 / high, 1 / low), spec.shear_range)


def affine_differences(spec: ImageDataGeneratorSpec, options: ExportOptions, library: Library) -> list[Caveat]:
    """What is different; nothing where the spec has no geometry."""
    if not spec.has_geometry:
        return []
    found = [each for row in _ROWS for each in row(spec, options, library)]
    turned = _parameters(spec)
    if not any(set(each.parameters) & set(turned) for each in found) and library.remark:
        found.insert(0, Caveat(parameters=turned, fidelity=Fidelity.SAME_DISTRIBUTION, message=library.remark))
    return found


@dataclass(frozen=True)
class _AxisShift:
    """A shift along one axis of the image, and the lengths of its unit and of the axis, where these are known."""

    parameter: str
    shift: Shift
    unit: int | None
    axis: int | None


def _shifts(spec: ImageDataGeneratorSpec, options: ExportOptions) -> tuple[_AxisShift, _AxisShift]:
    """Along x and along y: Keras 3 moves columns by height_shift_range, in units of the height."""
    height, width = options.image_size or (None, None)
    of_height = ("height_shift_range", spec.height_shift_range, height)
    of_width = ("width_shift_range", spec.width_shift_range, width)
    x, y = (of_width, of_height) if options.is_corrected else (of_height, of_width)
    return _AxisShift(*x, width), _AxisShift(*y, height)


def _fraction(each: _AxisShift, options: ExportOptions) -> float | None:
    """The farthest shift as a fraction of the axis; None where it is in pixels and the size is not known."""
    most = farthest(each.shift)
    if most == 0:
        return 0.0
    if each.unit is None or each.axis is None:
        return most if is_fraction(each.shift) else None
    return most * (each.unit if is_fraction(each.shift) else 1) / each.axis


def _parameters(spec: ImageDataGeneratorSpec) -> list[str]:
    """Those of its parameters that move pixels."""
    ranges = {
        "rotation_range": spec.rotation_range > 0,
        "width_shift_range": farthest(spec.width_shift_range) > 0,
        "height_shift_range": farthest(spec.height_shift_range) > 0,
        "shear_range": spec.shear_range > 0,
        "zoom_range": zoom_pair(spec) != (1, 1),
    }
    return [name for name, is_on in ranges.items() if is_on]


def _approximate(parameters: list[str], message: str) -> Caveat:
    return Caveat(parameters=parameters, fidelity=Fidelity.APPROXIMATE, message=message)


def _of_shifts(spec: ImageDataGeneratorSpec, options: ExportOptions, library: Library) -> Iterator[Caveat]:
    for each in _shifts(spec, options):
        fraction = _fraction(each, options)
        if fraction is None:
            message = f"left out: {library.name} shifts by fractions of the image, and its size is not known here."
            yield Caveat(parameters=[each.parameter], fidelity=Fidelity.NOT_EXPRESSIBLE, message=message)
        elif fraction > 0:
            is_set = not isinstance(each.shift, float)
            drawn = "from all shifts up to the farthest, where the spec chooses from a set, and " if is_set else ""
            yield _approximate([each.parameter], f"drawn {drawn}{library.rounding}.")


def _of_shear(spec: ImageDataGeneratorSpec, _options: ExportOptions, _library: Library) -> Iterator[Caveat]:
    if spec.shear_range > 0:
        message = "slants as far, but does not stretch the height by 1/cos(angle), as Keras does."
        yield _approximate(["shear_range"], message)


def _of_zoom(spec: ImageDataGeneratorSpec, _options: ExportOptions, library: Library) -> Iterator[Caveat]:
    low, high = zoom_pair(spec)
    if (low, high) == (1, 1):
        return
    one = "" if library.has_two_scales else ", and is one number for both axes, where Keras draws two"
    yield _approximate(
        ["zoom_range"],
        f"the scale is the inverse of Keras's factor: uniform in [{1 / high:.4g}, {1 / low:.4g}], with the mean "
        f"{(1 / high + 1 / low) / 2:.4g}, where the factor is uniform in [{low:.4g}, {high:.4g}]{one}.",
    )


def _of_order_of_transforms(
    spec: ImageDataGeneratorSpec, _options: ExportOptions, library: Library
) -> Iterator[Caveat]:
    """Turning and shifting alone are distributed alike in either order, as both ranges are symmetric."""
    parameters = _parameters(spec)
    if len(parameters) > 1 and {"shear_range", "zoom_range"} & set(parameters):
        yield _approximate(
            parameters,
            f"in another order: {library.name} shifts the transformed image, Keras what it is read from, so that "
            "shear and zoom change the shift and the direction in which they act.",
        )


def _of_fill(spec: ImageDataGeneratorSpec, _options: ExportOptions, library: Library) -> Iterator[Caveat]:
    mode = spec.fill_mode
    if mode in library.alike:
        return
    if mode not in library.fills:
        yield _approximate(["fill_mode"], f"black beyond the border: {library.name} has no {mode}.")
    elif mode == "constant":
        yield _approximate(["fill_mode"], "the border is blended with the fill value, which Keras does not do.")
    else:
        yield _approximate(["fill_mode"], "repeats every n pixels, where SciPy's wrap has the period n - 1.")


def _of_interpolation(spec: ImageDataGeneratorSpec, _options: ExportOptions, _library: Library) -> Iterator[Caveat]:
    if spec.interpolation_order == 0:
        yield _approximate(["interpolation_order"], "the nearest pixel, found by another rule where two are as near.")
    elif spec.interpolation_order > MAX_ORDER:
        message = f"bilinear, where the spec asks for splines of order {spec.interpolation_order}."
        yield _approximate(["interpolation_order"], message)


def _of_pivot(spec: ImageDataGeneratorSpec, options: ExportOptions, _library: Library) -> Iterator[Caveat]:
    """Keras 3 takes the two coordinates of the centre for each other."""
    if options.is_corrected or options.is_square:
        return
    names = _parameters(spec)
    if options.is_square is None:
        yield _approximate(
            names, "alike for square images only, and their size is not known here: Keras turns others about a point "
            "beside their centre, and measures either shift by the other side.",
        )  # fmt: skip
    elif {"rotation_range", "shear_range", "zoom_range"} & set(names):
        yield _approximate(names, "about the centre, where Keras turns images that are not square about another point.")


_Row = Callable[[ImageDataGeneratorSpec, ExportOptions, Library], Iterator[Caveat]]
_ROWS: tuple[_Row, ...] = (
    _of_shifts, _of_shear, _of_zoom, _of_order_of_transforms, _of_fill, _of_interpolation, _of_pivot,
)  # fmt: skip
