"""Rules about turning, slanting, zooming and mirroring."""

from __future__ import annotations

import math

from api_schemas.lint import Severity
from augury.linting import labels
from augury.linting.case import Case, Hit, Rule
from augury.linting.measurements import GEOMETRY, zoom_bounds

DEGREES_TAKEN_FOR_RADIANS = 3.2
UPRIGHT_DEGREES = 45
STRONG_ZOOM = 0.3
EXTREME_ZOOM = 4


def _half_diagonal(case: Case) -> float:
    return math.hypot(case.height - 1, case.width - 1) / 2


def _shear_in_degrees(case: Case) -> Hit | None:
    shear = case.spec.shear_range
    if not 0 < shear <= 1:
        return None
    moved = math.sin(math.radians(shear)) * (case.height - 1) / 2
    numbers = {"shear": shear, "moved": moved, "images": case.images, "meant": math.degrees(math.atan(shear))}
    return Hit(numbers, {"shear_range": 0.0})


def _rotation_in_degrees(case: Case) -> Hit | None:
    rotation = case.spec.rotation_range
    if not 0 < rotation <= DEGREES_TAKEN_FOR_RADIANS or (rotation > 1 and rotation == int(rotation)):
        return None
    moved = math.radians(rotation) * _half_diagonal(case)
    meant = math.degrees(rotation)
    return Hit(
        {"rotation": rotation, "moved": moved, "images": case.images, "meant": meant}, {"rotation_range": round(meant)}
    )


def _rotation_changes_labels(case: Case) -> Hit | None:
    rotation = case.spec.rotation_range
    if rotation <= UPRIGHT_DEGREES or not case.facts:
        return None
    facts = case.facts
    names = labels.writing(facts.classes, are_digits=facts.are_digits) or labels.ways_up(facts.classes)
    numbered = labels.numbers(facts.classes)
    if not names and not numbered:
        return None
    share = 1 - UPRIGHT_DEGREES / min(rotation, 180.0)
    numbers = {"rotation": rotation, "share": share, "about": _about(names, numbered, "the way up tells them apart")}
    return Hit(numbers, {"rotation_range": 15}, severity=None if names else Severity.INFO)


def _about(names: str | None, numbered: str | None, claim: str) -> str:
    """What the class names say of orientation: a claim, or, of mere numbers, that they say nothing."""
    if names:
        return f"but in classes such as {names} {claim}"
    return (
        f"and the classes are merely numbered ({numbered}): if they are digits, {claim}; a probe of the augmented "
        "images shows it"
    )


def _flip_changes_labels(case: Case) -> Hit | None:
    spec, facts = case.spec, case.facts
    flips = [name for name in ("horizontal_flip", "vertical_flip") if getattr(spec, name)]
    if not facts or not flips:
        return None
    writing, numbered = labels.writing(facts.classes, are_digits=facts.are_digits), labels.numbers(facts.classes)
    about = {"horizontal_flip": labels.sides, "vertical_flip": labels.ways_up}
    wrong = [name for name in flips if writing or numbered or about[name](facts.classes)]
    if not wrong:
        return None
    names = writing or labels.sides(facts.classes) or labels.ways_up(facts.classes)
    claim = "a mirror image means something else or nothing at all"
    numbers = {
        "share": 1 - 0.5 ** len(wrong), "flips": " and ".join(wrong), "about": _about(names, numbered, claim),
    }  # fmt: skip
    return Hit(numbers, dict.fromkeys(wrong, False), tuple(wrong), severity=None if names else Severity.INFO)


def _vertical_flip(case: Case) -> Hit | None:
    other = _flip_changes_labels(case)
    if not case.spec.vertical_flip or (other and "vertical_flip" in (other.parameters or ())):
        return None
    return Hit(changes={"vertical_flip": False})


def _zoom_distorts(case: Case) -> Hit | None:
    low, high = zoom_bounds(case.spec)
    if high / low <= (1 + STRONG_ZOOM) / (1 - STRONG_ZOOM) + 1e-9 or _is_extreme(low, high):
        return None
    return Hit({"low": low, "high": high, "ratio": high / low}, {"zoom_range": 0.2})


def _is_extreme(low: float, high: float) -> bool:
    return low < 1 / EXTREME_ZOOM or high > EXTREME_ZOOM


def _zoom_extreme(case: Case) -> Hit | None:
    low, high = zoom_bounds(case.spec)
    if not _is_extreme(low, high):
        return None
    what = (
        f"a factor of {low:g} magnifies {1 / low:.3g}×, so that {low:.0%} of the height or width stays visible"
        if low < 1 / EXTREME_ZOOM
        else f"a factor of {high:g} shrinks the image to {1 / high:.0%} of its height or width, and fills the rest"
    )
    return Hit({"what": what}, {"zoom_range": 0.2})


def _zoom_one_sided(case: Case) -> Hit | None:
    low, high = zoom_bounds(case.spec)
    if low < 1 < high or low == high == 1:
        return None
    direction = "larger" if high <= 1 else "smaller"
    reach = max(abs(1 - low), abs(high - 1))
    return Hit({"low": low, "high": high, "direction": direction}, {"zoom_range": min(0.3, round(reach, 3))})


def _always_on(case: Case) -> Hit | None:
    if not case.spec.has_geometry or case.geometry.unchanged > 0:
        return None
    return Hit({"displacement": case.geometry.displacement, "images": case.images})


RULES = (
    Rule(
        id="shear-in-degrees",
        severity=Severity.WARNING,
        parameters=("shear_range",),
        trigger="`shear_range` above 0 and at most 1",
        why="Other libraries take a fraction or radians; ImageDataGenerator takes degrees, so it does next to nothing.",
        message="shear_range={shear:g} is {shear:g} of a degree, not a fraction: it moves the edge of {images} "
        "by at most {moved:.2f} pixels.",
        remedy="Leave it out. If a fraction of {shear:g} was meant, that is {meant:.0f} degrees.",
        check=_shear_in_degrees,
        reference="keras-team/keras#8868",
    ),
    Rule(
        id="rotation-in-degrees",
        severity=Severity.WARNING,
        parameters=("rotation_range",),
        trigger="`rotation_range` above 0 and at most 3.2, and 1 or less or not a whole number",
        why="Looks like radians or a fraction of a turn; ImageDataGenerator takes degrees.",
        message="rotation_range={rotation:g} turns by at most {rotation:g} degrees, which moves the corners of "
        "{images} by {moved:.2f} pixels.",
        remedy="Give degrees; {rotation:g} radians would be {meant:.0f}. Or leave it out.",
        check=_rotation_in_degrees,
        reference="Keras 3.15, get_random_transform",
    ),
    Rule(
        id="rotation-changes-labels",
        severity=Severity.WARNING,
        parameters=("rotation_range",),
        trigger="`rotation_range` above 45, and class names that look like writing or name an up or down; info where "
        "classes are merely numbered",
        why="Turned far enough, one class looks like another (6 and 9), and the label is wrong.",
        message="rotation_range={rotation:g} turns {share:.0%} of the images by more than 45 degrees, {about}.",
        remedy="Stay at 15 degrees or below.",
        check=_rotation_changes_labels,
        reference="arXiv:1911.06987",
    ),
    Rule(
        id="flip-changes-labels",
        severity=Severity.WARNING,
        parameters=("horizontal_flip", "vertical_flip"),
        trigger="a flip, and class names that look like writing or name the side that the flip exchanges; info where "
        "classes are merely numbered",
        why="Mirrored writing does not exist in the data, and a mirrored left is a right.",
        message="{flips} shows {share:.0%} of the images mirrored, {about}.",
        remedy="Leave the flip out.",
        check=_flip_changes_labels,
        reference="ultralytics/yolov5#2164",
    ),
    Rule(
        id="vertical-flip",
        severity=Severity.INFO,
        parameters=("vertical_flip",),
        trigger="`vertical_flip`, where `flip-changes-labels` does not apply",
        why="Only images taken from above or through a microscope have no top.",
        message="vertical_flip turns half of the images upside down.",
        remedy="Keep it for aerial, microscope or texture images; leave it out where things stand on the ground.",
        check=_vertical_flip,
    ),
    Rule(
        id="zoom-distorts",
        severity=Severity.WARNING,
        parameters=("zoom_range",),
        trigger="largest zoom factor more than 1.86 times the smallest, i.e. a `zoom_range` above 0.3",
        why="The two axes are zoomed independently, so zoom also changes shapes.",
        message="zoom_range draws height and width factors from [{low:g}, {high:g}] separately: shapes are stretched "
        "up to {ratio:.2g}:1.",
        remedy="Use 0.2 or less; Keras cannot zoom both axes alike.",
        check=_zoom_distorts,
        reference="keras-team/keras#9758",
    ),
    Rule(
        id="zoom-extreme",
        severity=Severity.WARNING,
        parameters=("zoom_range",),
        trigger="a zoom factor below 1/4 or above 4",
        why="Hardly anything of the image is left; a pair like [0.1, 0.1] is meant as ±10 % but magnifies tenfold.",
        message="zoom_range holds factors, not changes: {what}.",
        remedy="For ±20 % write 0.2 or [0.8, 1.2].",
        check=_zoom_extreme,
        reference="Keras 3.15, get_random_transform",
    ),
    Rule(
        id="zoom-one-sided",
        severity=Severity.WARNING,
        parameters=("zoom_range",),
        trigger="a pair of zoom factors that does not have 1 between them",
        why="Everything is seen larger, or smaller, in training than in validation. Below 1 magnifies.",
        message="Every factor in [{low:g}, {high:g}] makes things look {direction} than they are.",
        remedy="Put 1 inside the pair, or give one number for both directions.",
        check=_zoom_one_sided,
        reference="Keras 3.15, get_random_transform",
    ),
    Rule(
        id="never-unchanged",
        severity=Severity.INFO,
        parameters=GEOMETRY,
        trigger="geometry that left none of the simulated draws unchanged",
        why="There is no probability: all training images are resampled and no validation image is.",
        message="Every training image is moved and resampled (by {displacement:.2g} pixels in the mean on {images}); "
        "the model never sees one as it is, and is validated on such images only.",
        remedy="Keep ranges small, or mix in unaugmented images.",
        check=_always_on,
        reference="Keras 3.15, apply_transform",
    ),
)
