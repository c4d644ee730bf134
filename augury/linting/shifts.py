"""Rules about shifts: their units change with the number's type and size, and Keras 3 swaps the axes."""

from __future__ import annotations

import math
from typing import Any

from api_schemas.lint import Severity
from augury.linting.case import Case, Hit, Rule

NAMES = ("height_shift_range", "width_shift_range")
LARGE_SHARE = 0.25
CLIFF = (0.9, 2.0)


def _sizes(case: Case) -> tuple[tuple[str, Any, int], ...]:
    """Each shift with the size that its fractions are of."""
    spec = case.spec
    return (
        ("height_shift_range", spec.height_shift_range, case.height),
        ("width_shift_range", spec.width_shift_range, case.width),
    )


def most_pixels(shift: Any, size: int) -> float:
    """The largest shift that can be drawn, in pixels."""
    if isinstance(shift, list):
        farthest = float(max(map(abs, shift)))
        return farthest * size if max(shift) < 1 else farthest
    if isinstance(shift, int):
        return float(max(shift - 1, 0))
    return float(shift * size if shift < 1 else shift)


def _joined(parts: list[str]) -> str:
    return " and ".join(parts)


def _no_shift(case: Case) -> Hit | None:
    found = [
        (name, shift)
        for name, shift, _ in _sizes(case)
        if (isinstance(shift, list) and not any(shift)) or (isinstance(shift, int) and shift == 1)
    ]
    if not found:
        return None
    told = _joined([f"{name}={shift}" for name, shift in found])
    return Hit({"told": told}, {name: 0.0 for name, _ in found}, tuple(name for name, _ in found))


def _cliff(case: Case) -> Hit | None:
    found = [
        (name, shift, most_pixels(shift, size))
        for name, shift, size in _sizes(case)
        if isinstance(shift, float) and CLIFF[0] < shift < CLIFF[1]
    ]
    if not found:
        return None
    told = _joined([f"{name}={shift:g} is ±{pixels:.3g} pixels" for name, shift, pixels in found])
    names = tuple(name for name, *_ in found)
    return Hit({"told": told, "images": case.images}, dict.fromkeys(names, 0.1), names)


def _list_is_a_set(case: Case) -> Hit | None:
    found = [(name, shift) for name, shift, _ in _sizes(case) if isinstance(shift, list) and any(shift)]
    if not found:
        return None
    told = _joined([f"{name} draws one of {_values(shift)}, then a random sign" for name, shift in found])
    changes = {name: float(max(map(abs, shift))) for name, shift in found}
    return Hit({"told": told}, changes, tuple(name for name, _ in found))


def _values(shift: list[float | int]) -> str:
    shown = ", ".join(f"{value:g}" for value in shift[:5])
    return shown if len(shift) <= 5 else f"{len(shift)} values ({shown}, …)"


def _list_leaves_the_image(case: Case) -> Hit | None:
    found = [
        (name, min(shift), size)
        for name, shift, size in _sizes(case)
        if isinstance(shift, list) and max(shift) < 1 <= max(map(abs, shift))
    ]
    if not found:
        return None
    told = _joined([f"{name} multiplies {low:g} by {size}: {abs(low) * size:g} pixels" for name, low, size in found])
    names = tuple(name for name, *_ in found)
    return Hit({"told": told, "images": case.images}, dict.fromkeys(names, 0.1), names)


def _large(case: Case) -> Hit | None:
    found = [
        (name, most_pixels(shift, size), size)
        for name, shift, size in _sizes(case)
        if most_pixels(shift, size) > LARGE_SHARE * size
    ]
    if not found:
        return None
    told = _joined([f"{name} reaches {pixels:.3g} pixels ({pixels / size:.0%})" for name, pixels, size in found])
    names = tuple(name for name, *_ in found)
    return Hit({"told": told, "images": case.images}, dict.fromkeys(names, 0.1), names)


def _axes_swapped(case: Case) -> Hit | None:
    spec = case.spec
    down, across = most_pixels(spec.height_shift_range, case.height), most_pixels(spec.width_shift_range, case.width)
    same = spec.height_shift_range == spec.width_shift_range and case.height == case.width
    if not case.is_keras or same or down == across == 0:
        return None
    numbers = {
        "images": case.images,
        "across": down,
        "across_share": down / case.width,
        "down": across,
        "down_share": across / case.height,
    }
    # What moves columns is a fraction of the height, and the other way round.
    changes = {
        "height_shift_range": _other_axis(spec.width_shift_range, case.width, case.height),
        "width_shift_range": _other_axis(spec.height_shift_range, case.height, case.width),
    }
    return Hit(numbers, changes)


def _other_axis(shift: Any, size: int, other: int) -> Any:
    """The range that moves as many pixels when its fractions are taken of the other size."""
    if isinstance(shift, list):
        scaled = [value * size / other for value in shift] if max(shift) < 1 else list(shift)
        return scaled if (max(scaled) < 1) == (max(shift) < 1) else [value * size for value in shift]
    if isinstance(shift, int) or shift >= 1 or shift == 0:
        return shift
    share = shift * size / other
    # From 1 on a float counts pixels, which says the same.
    return share if share < 1 else shift * size


def _wrong_pivot(case: Case) -> Hit | None:
    spec = case.spec
    turns = spec.rotation_range > 0 or spec.shear_range > 0 or spec.zoom_range not in (0, (1, 1))
    if not case.is_keras or not turns or case.facts is None or case.height == case.width:
        return None
    drift = case.geometry.centre_drift
    row, column = case.width / 2 - 0.5, case.height / 2 - 0.5
    off = math.hypot(row - case.height / 2 + 0.5, column - case.width / 2 + 0.5)
    if drift < 0.05:  # of a pixel; nobody can tell
        return None
    return Hit({"images": case.images, "row": row, "column": column, "off": off, "drift": drift})


RULES = (
    Rule(
        id="shift-never-moves",
        severity=Severity.WARNING,
        parameters=NAMES,
        trigger="a shift of the integer 1, or a list of zeros",
        why="An integer n draws whole pixels below n: for 1 that is always 0.",
        message="{told} never shifts anything.",
        remedy="Write 2 for one pixel, or a fraction such as 0.1; or leave it out.",
        check=_no_shift,
        reference="Keras 3.15, get_random_transform",
    ),
    Rule(
        id="shift-near-one",
        severity=Severity.WARNING,
        parameters=NAMES,
        trigger="a float shift between 0.9 and 2",
        why="Below 1 a float is a fraction of the image, from 1 on pixels: 0.99 throws it out, 1.0 hardly moves it.",
        message="On {images}, {told}; floats below 1 are fractions and floats from 1 on are pixels.",
        remedy="Write a fraction well below 1, or whole pixels as an integer.",
        check=_cliff,
        reference="Keras 3.15, get_random_transform",
    ),
    Rule(
        id="shift-list-is-a-set",
        severity=Severity.WARNING,
        parameters=NAMES,
        trigger="a shift given as a list",
        why="A list is the set of shifts to choose from, not the two ends of a range.",
        message="{told}; nothing in between is ever drawn.",
        remedy="Write one number for a continuous range that is symmetric about 0.",
        check=_list_is_a_set,
        reference="Keras 3.15, get_random_transform",
    ),
    Rule(
        id="shift-list-leaves-the-image",
        severity=Severity.ERROR,
        parameters=NAMES,
        trigger="a list of shifts with its maximum below 1 and a value of -1 or less",
        why="Only the maximum decides between fractions and pixels: [-2, 0] is taken as -200 % of the image.",
        message="The list's largest value is below 1, so all of it counts as fractions: on {images}, {told}, and "
        "nothing of the image is left.",
        remedy="Write positive values; the sign is random anyway.",
        check=_list_leaves_the_image,
        reference="Keras 3.15, get_random_transform",
    ),
    Rule(
        id="shift-large",
        severity=Severity.WARNING,
        parameters=NAMES,
        trigger="a shift that can exceed 25 % of the image",
        why="What is shifted out is lost, and what is shifted in is made up.",
        message="On {images}, {told}: that much is cut off on one side and made up on the other.",
        remedy="Stay at 10 % or below unless objects really are cut off in the data.",
        check=_large,
    ),
    Rule(
        id="shift-axes-swapped",
        severity=Severity.WARNING,
        parameters=NAMES,
        trigger="Keras semantics, and shifts that differ or images that are not square",
        why="Keras 3 exchanges the axes: height_shift_range moves sideways by fractions of the height.",
        message="Keras 3 exchanges the two: on {images}, height_shift_range moves the content sideways by up to "
        "{across:.3g} pixels ({across_share:.0%} of the width), width_shift_range up and down by up to {down:.3g} "
        "pixels ({down_share:.0%} of the height).",
        remedy="Exchange the two ranges, converted to the other size, or use the corrected semantics.",
        check=_axes_swapped,
        reference="keras-team/keras#17398",
    ),
    Rule(
        id="wrong-pivot",
        severity=Severity.WARNING,
        parameters=("rotation_range", "shear_range", "zoom_range"),
        trigger="Keras semantics, and rotation, shear or zoom of images that are not square",
        why="Keras 3 exchanges the coordinates of the pivot too, so that turning and zooming also shift.",
        message="Keras 3 turns {images} about row {row:g}, column {column:g}, which is {off:.3g} pixels off the "
        "centre: the content also drifts, by {drift:.2g} pixels in the mean.",
        remedy="Pad the images to a square, or use the corrected semantics.",
        check=_wrong_pivot,
        reference="Keras 3.15, apply_affine_transform",
    ),
)
