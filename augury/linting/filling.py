"""Rules about pixels that geometry invents, hides or blurs, and about what is painted there."""

from __future__ import annotations

from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.lint import Severity
from augury.linting.case import Case, Hit, Rule, changed
from augury.linting.measurements import GEOMETRY, zoom_bounds

INVENTED_MEAN, INVENTED_P90 = 0.20, 0.35
HALF_HIDDEN = 0.05
SMEARED = 0.15
SMALL = 32
BLURRED = 0.9
FAR_FROM_THE_DATA = 2.0
SHIFTED_STATISTICS = 0.1
OVERSHOOT = {2: 0.2997, 3: 0.3776, 4: 0.4506, 5: 0.4910}
"""How far a spline of each order leaves the range of a turned image of black and white, as a share of the range."""


def _invented_pixels(case: Case) -> Hit | None:
    spec = case.spec
    if not spec.has_geometry or not _invents_much(case, spec):
        return None
    geometry = case.geometry
    numbers = {"mean": geometry.invented_mean, "p90": geometry.invented_p90, "images": case.images}
    for scale in (0.5, 0.2):
        changes = _gentler(spec, scale)
        other = changed(spec, changes)
        if other is not None and not _invents_much(case, other):
            return Hit(numbers, changes)
    return Hit(numbers)


def _invents_much(case: Case, spec: ImageDataGeneratorSpec) -> bool:
    geometry = case.geometry_of(spec)
    return geometry.invented_mean > INVENTED_MEAN or geometry.invented_p90 > INVENTED_P90


def _gentler(spec: ImageDataGeneratorSpec, scale: float) -> dict[str, Any]:
    """All ranges a part of what they are; lists of shifts are left to a person."""
    low, high = (round(1 + (bound - 1) * scale, 4) for bound in zoom_bounds(spec))
    changes: dict[str, Any] = {"rotation_range": round(spec.rotation_range * scale, 3)}
    if spec.zoom_range not in (0, (1, 1)):
        changes["zoom_range"] = [low, high] if isinstance(spec.zoom_range, tuple) else round(high - 1, 4)
    for name in ("width_shift_range", "height_shift_range"):
        shift = getattr(spec, name)
        if isinstance(shift, int):
            changes[name] = max(2, round(shift * scale))
        elif isinstance(shift, float):
            changes[name] = round(shift * scale, 4) if shift < 1 else max(1.0, round(shift * scale, 4))
    return changes


def _half_hidden(case: Case) -> Hit | None:
    if not case.spec.has_geometry or case.geometry.half_hidden <= HALF_HIDDEN:
        return None
    geometry = case.geometry
    return Hit({"share": geometry.half_hidden, "kept": geometry.kept_mean, "images": case.images})


def _nearest_smears(case: Case) -> Hit | None:
    spec = case.spec
    if spec.fill_mode != "nearest" or not spec.has_geometry or case.geometry.invented_mean <= SMEARED:
        return None
    return Hit({"mean": case.geometry.invented_mean, "images": case.images}, {"fill_mode": "reflect"})


def _cval_unused(case: Case) -> Hit | None:
    spec = case.spec
    if not spec.cval or (spec.fill_mode == "constant" and spec.has_geometry):
        return None
    changes: dict[str, Any]
    if spec.has_geometry:
        reason, changes = f"fill_mode is “{spec.fill_mode}”", {"fill_mode": "constant"}
    else:
        reason, changes = "nothing moves pixels", {"cval": 0.0}
    return Hit({"cval": spec.cval, "reason": reason}, changes)


def _fills_constant(case: Case) -> bool:
    return case.spec.fill_mode == "constant" and case.spec.has_geometry


def _cval_in_rescaled_units(case: Case) -> Hit | None:
    cval, pixels = case.spec.cval, case.pixels
    scale = case.spec.rescale or 0
    # Without facts only the rescale shows that the raw values are large.
    if (
        not _fills_constant(case)
        or not 0 < cval <= 1
        or pixels.high <= 2
        or (case.facts is None and not 0 < scale < 0.1)
    ):
        return None
    return Hit({"cval": cval, "high": pixels.high}, {"cval": round(cval * pixels.high, 4)})


def _cval_foreign(case: Case) -> Hit | None:
    cval, pixels = case.spec.cval, case.pixels
    if not _fills_constant(case) or case.facts is None or _cval_in_rescaled_units(case):
        return None
    distance = abs(cval - pixels.mean) / max(pixels.deviation, 1e-9)
    outside = not pixels.low <= cval <= pixels.high
    if not outside and (distance <= FAR_FROM_THE_DATA or pixels.deviation <= 0):
        return None
    where = "outside of" if outside else "at an end of"
    numbers = {"cval": cval, "where": where, "low": pixels.low, "high": pixels.high, "mean": pixels.mean}
    return Hit(numbers, {"cval": round(pixels.mean, 4)})


def _constant_shifts_statistics(case: Case) -> Hit | None:
    if not _fills_constant(case) or not case.is_samplewise:
        return None
    pixels, share = case.pixels, case.geometry.invented_mean
    moved = share * abs(case.spec.cval - pixels.mean) / max(pixels.deviation, 1e-9)
    if moved <= SHIFTED_STATISTICS or pixels.deviation <= 0:
        return None
    return Hit({"share": share, "moved": moved}, {"fill_mode": "reflect", "cval": 0.0})


def _small_images_blur(case: Case) -> Hit | None:
    if case.facts is None or max(case.height, case.width) > SMALL or not case.spec.has_geometry:
        return None
    if case.spec.interpolation_order != 1 or case.geometry.detail_kept >= BLURRED:
        return None
    return Hit({"kept": case.geometry.detail_kept, "images": case.images})


def _spline_rings(case: Case) -> Hit | None:
    spec = case.spec
    if spec.interpolation_order < 2 or not spec.has_geometry:
        return None
    over = OVERSHOOT[spec.interpolation_order]
    pixels = case.pixels
    low, high = pixels.low - over * pixels.span, pixels.high + over * pixels.span
    images = "your images" if case.facts else "8-bit images (assumed)"
    also = ""
    if spec.brightness_range is not None and case.is_keras:
        also = " Brightness then stretches each such image by its own extremes."
    return Hit(
        {"order": spec.interpolation_order, "images": images, "low": low, "high": high, "also": also},
        {"interpolation_order": 1},
    )


RULES = (
    Rule(
        id="invented-pixels",
        severity=Severity.WARNING,
        parameters=GEOMETRY,
        trigger="more than 20 % of the pixels invented in the mean, or more than 35 % in one image of ten",
        why="What was not in the image becomes something to learn from, and it is there in training only.",
        message="Of {images}, {mean:.0%} of the pixels are invented in the mean, over {p90:.0%} in one of ten.",
        remedy="Make the ranges smaller; shifts and rotation cost most.",
        check=_invented_pixels,
    ),
    Rule(
        id="half-hidden",
        severity=Severity.WARNING,
        parameters=GEOMETRY,
        trigger="less than half of the source visible in more than 5 % of the images",
        why="What the label is about may not be in the picture any more.",
        message="Of {images}, {share:.0%} show less than half of their source; {kept:.0%} is visible in the mean.",
        remedy="Make the ranges smaller; shifts and magnification hide most.",
        check=_half_hidden,
    ),
    Rule(
        id="nearest-smears",
        severity=Severity.INFO,
        parameters=("fill_mode",),
        trigger="`fill_mode` nearest, and more than 15 % of the pixels invented",
        why="Edge pixels are drawn out to streaks, which no camera makes.",
        message="fill_mode “nearest” draws the edges of {images} out to streaks, over {mean:.0%} of the pixels.",
        remedy="Use reflect for textures and scenes, constant where the background is one colour.",
        check=_nearest_smears,
    ),
    Rule(
        id="cval-unused",
        severity=Severity.WARNING,
        parameters=("cval", "fill_mode"),
        trigger="`cval` without `fill_mode` constant, or without geometry",
        why="It is ignored without a word.",
        message="cval={cval:g} is ignored, because {reason}.",
        remedy="Set fill_mode to constant, or leave cval out.",
        check=_cval_unused,
    ),
    Rule(
        id="cval-in-rescaled-units",
        severity=Severity.WARNING,
        parameters=("cval",),
        trigger="`fill_mode` constant, `cval` above 0 and at most 1, and larger raw values",
        why="The fill is painted before rescale, in raw units.",
        message="cval={cval:g} is painted before rescale, on values up to {high:g}: it is as good as black.",
        remedy="Give it in the units of the raw image.",
        check=_cval_in_rescaled_units,
    ),
    Rule(
        id="cval-foreign",
        severity=Severity.INFO,
        parameters=("cval",),
        trigger="`fill_mode` constant, and `cval` outside the data's range or 2 deviations from its mean",
        why="A hard edge that only training images have.",
        message="cval={cval:g} is {where} the data ({low:g} to {high:g}, mean {mean:.3g}): fills have hard edges.",
        remedy="Use the background's value.",
        check=_cval_foreign,
    ),
    Rule(
        id="constant-fill-shifts-statistics",
        severity=Severity.WARNING,
        parameters=("fill_mode", "samplewise_center", "samplewise_std_normalization"),
        trigger="`fill_mode` constant with samplewise normalisation, moving an image's mean by over 0.1 deviations",
        why="The painted border counts in each image's own mean and deviation, in training only.",
        message="The constant border, {share:.0%} of the pixels, moves the mean that samplewise normalisation "
        "subtracts by {moved:.2f} deviations.",
        remedy="Use fill_mode reflect, a cval near the mean, or smaller ranges.",
        check=_constant_shifts_statistics,
    ),
    Rule(
        id="small-images-blur",
        severity=Severity.INFO,
        parameters=(*GEOMETRY, "interpolation_order"),
        trigger="images of at most 32 pixels, linear interpolation, and less than 90 % of fine detail surviving",
        why="Bilinear resampling is a low-pass filter; on small images the detail it takes is what classes differ in.",
        message="Resampling blurs {images}: {kept:.0%} of the finest detail's contrast survives, in training only.",
        remedy="Shift by whole pixels (an integer range), or set interpolation_order to 0 and compare.",
        check=_small_images_blur,
    ),
    Rule(
        id="spline-rings",
        severity=Severity.WARNING,
        parameters=("interpolation_order",),
        trigger="`interpolation_order` of 2 or more, with geometry",
        why="Splines overshoot at edges and leave the data's range.",
        message="Splines of order {order} ring: at hard edges of {images} values reach {low:.0f} to {high:.0f}.{also}",
        remedy="Use interpolation_order 1.",
        check=_spline_rings,
    ),
)
