"""Rules about brightness and channel shift: units, 8-bit arithmetic, and what normalisation undoes."""

from __future__ import annotations

from api_schemas.lint import IntensityMeasurements, Severity
from augury.linting.case import Case, Hit, Rule
from augury.linting.intensities import rounding_loss

NEARLY_BLACK = 0.1
ALWAYS_DARK = 0.5
ROUNDED_AWAY = 0.25
NEGLIGIBLE_SHIFT = 2 / 255
CANCELLED = 0.5
PICTURE_CHANNELS = (1, 3, 4)


def _is_factor_range_wrong(low: float, high: float) -> bool:
    return low < NEARLY_BLACK or high < ALWAYS_DARK


def _brightness_is_a_factor(case: Case) -> Hit | None:
    factors = case.spec.brightness_range
    if factors is None or not _is_factor_range_wrong(*factors):
        return None
    low, high = factors
    change = high if NEARLY_BLACK <= high < ALWAYS_DARK else 0.2
    numbers = {"low": low, "high": high, "change_low": 1 - change, "change_high": 1 + change}
    return Hit(numbers, {"brightness_range": [round(1 - change, 4), round(1 + change, 4)]})


def _brightness_one_sided(case: Case) -> Hit | None:
    factors = case.spec.brightness_range
    if factors is None or _is_factor_range_wrong(*factors) or factors[0] <= 1 <= factors[1]:
        return None
    low, high = factors
    change = min(0.5, round(max(abs(1 - low), abs(1 - high)), 4))
    direction = "brighter" if low > 1 else "darker"
    return Hit(
        {"low": low, "high": high, "direction": direction}, {"brightness_range": [round(1 - change, 4), 1 + change]}
    )


def _brightness_blackens(case: Case) -> Hit | None:
    if case.spec.brightness_range is None or not _is_measured_keras(case) or not case.pixels.fits_a_byte:
        return None
    black, loss = rounding_loss(case.pixels)
    if loss <= ROUNDED_AWAY:
        return None
    pixels = case.pixels
    return Hit({"low": pixels.low, "high": pixels.high, "black": black, "loss": loss}, {"brightness_range": None})


def _is_measured_keras(case: Case) -> bool:
    return case.is_keras and case.facts is not None


def _brightness_stretches(case: Case) -> Hit | None:
    if case.spec.brightness_range is None or not _is_measured_keras(case) or case.pixels.fits_a_byte:
        return None
    pixels = case.pixels
    return Hit({"low": pixels.low, "high": pixels.high, "step": pixels.span / 255}, {"brightness_range": None})


def _brightness_channels(case: Case) -> Hit | None:
    if case.spec.brightness_range is None or not _is_measured_keras(case) or case.facts is None:
        return None
    channels = case.facts.shape[2]
    return None if channels in PICTURE_CHANNELS else Hit({"channels": channels}, {"brightness_range": None})


def _is_cancelled(case: Case, measured: IntensityMeasurements | None) -> bool:
    return case.is_samplewise and measured is not None and measured.left < CANCELLED * measured.drawn


def _normalisation(case: Case) -> str:
    names = ("samplewise_center", "samplewise_std_normalization")
    return " and ".join(name for name in names if getattr(case.spec, name))


def _whose_values(case: Case) -> str:
    return "values like your dataset's" if case.facts else "8-bit values (assumed)"


def _cancelled(measured: IntensityMeasurements, case: Case, name: str) -> Hit:
    left = measured.left / max(measured.drawn, 1e-12)
    numbers = {"left": left, "normalisation": _normalisation(case), "values": _whose_values(case)}
    return Hit(numbers, {name: None if name == "brightness_range" else 0.0})


def _brightness_cancelled(case: Case) -> Hit | None:
    measured = case.brightness
    if measured is None or not _is_cancelled(case, measured) or _brightness_blackens(case):
        return None
    return _cancelled(measured, case, "brightness_range")


def _channel_shift_cancelled(case: Case) -> Hit | None:
    measured = case.channel_shift
    if measured is None or not _is_cancelled(case, measured) or _channel_shift_negligible(case):
        return None
    return _cancelled(measured, case, "channel_shift_range")


def _channel_shift_negligible(case: Case) -> Hit | None:
    shift, pixels = case.spec.channel_shift_range, case.pixels
    if not 0 < shift < NEGLIGIBLE_SHIFT * pixels.span:
        return None
    what = f"your values of {pixels.low:g} to {pixels.high:g}" if case.facts else "values of 0 to 255 (assumed)"
    return Hit({"shift": shift, "what": what, "share": shift / pixels.span}, {"channel_shift_range": 0.0})


def _channel_shift_saturates(case: Case) -> Hit | None:
    shift, pixels = case.spec.channel_shift_range, case.pixels
    if case.facts is None or shift <= 0.5 * pixels.span or pixels.span <= 0:
        return None
    numbers = {"shift": shift, "low": pixels.low, "high": pixels.high}
    return Hit(numbers, {"channel_shift_range": round(0.1 * pixels.span, 4)})


def _channel_shift_is_grey(case: Case) -> Hit | None:
    if case.facts is None or case.facts.shape[2] != 3 or not case.spec.channel_shift_range:
        return None
    return None if _channel_shift_negligible(case) else Hit({"shift": case.spec.channel_shift_range})


RULES = (
    Rule(
        id="brightness-is-a-factor",
        severity=Severity.WARNING,
        parameters=("brightness_range",),
        trigger="`brightness_range` with its lower end below 0.1 or its upper end below 0.5",
        why="The numbers are factors, not changes: 0 is black and 1 leaves an image as it is.",
        message="brightness_range=[{low:g}, {high:g}] multiplies: images come out at {low:.0%} to {high:.0%} of their "
        "brightness, near the lower end almost black.",
        remedy="For a change of that size write [{change_low:g}, {change_high:g}].",
        check=_brightness_is_a_factor,
        reference="keras-team/keras#10366",
    ),
    Rule(
        id="brightness-one-sided",
        severity=Severity.WARNING,
        parameters=("brightness_range",),
        trigger="`brightness_range` that does not have 1 in it, where `brightness-is-a-factor` does not apply",
        why="No training image is as bright as the validation images are.",
        message="Every factor in [{low:g}, {high:g}] makes images {direction} than they are.",
        remedy="Put 1 inside the pair.",
        check=_brightness_one_sided,
        reference="keras-team/keras#10366",
    ),
    Rule(
        id="brightness-blackens",
        severity=Severity.ERROR,
        parameters=("brightness_range",),
        trigger="Keras semantics, values within 0-255, and 8-bit rounding that loses over 25 % of their deviation",
        why="Brightness passes through 8-bit arithmetic: values of 0-1 are cut down to whole numbers, which are 0.",
        message="brightness_range rounds values down to whole numbers, and yours lie between {low:g} and {high:g}: "
        "{black:.0%} of the pixels come out as 0, whatever the factor.",
        remedy="Store the images as 0-255 and set rescale, leave brightness_range out, or use the corrected semantics.",
        check=_brightness_blackens,
        reference="keras-team/keras-preprocessing#327",
    ),
    Rule(
        id="brightness-stretches",
        severity=Severity.WARNING,
        parameters=("brightness_range",),
        trigger="Keras semantics, and values below 0 or above 255",
        why="Each image that leaves 0-255 is stretched by its own extremes to 8 bits, brightened and mapped back.",
        message="Your values lie between {low:g} and {high:g}. Brightness maps such an image to 0-255 by its own "
        "extremes and back: steps become {step:.3g} wide, and a factor does not mean the same for any two images.",
        remedy="Store the images as 0-255, leave brightness_range out, or use the corrected semantics.",
        check=_brightness_stretches,
        reference="keras-team/keras-preprocessing#328",
    ),
    Rule(
        id="brightness-channels",
        severity=Severity.ERROR,
        parameters=("brightness_range",),
        trigger="Keras semantics, `brightness_range`, and images of other than 1, 3 or 4 channels",
        why="Brightness makes a picture of each image, and there is none with such channels.",
        message="Your images have {channels} channels, and brightness works on 1, 3 or 4 only: the first batch fails.",
        remedy="Leave brightness_range out.",
        check=_brightness_channels,
        reference="Keras 3.15, array_to_img",
    ),
    Rule(
        id="brightness-cancelled",
        severity=Severity.WARNING,
        parameters=("brightness_range", "samplewise_center", "samplewise_std_normalization"),
        trigger="brightness with samplewise normalisation, which leaves less than half of its effect",
        why="A factor multiplies an image's mean and deviation alike, and normalisation divides it out again.",
        message="{normalisation} largely undoes the brightness: of its effect on {values}, {left:.0%} is left "
        "(clipping and 8-bit rounding).",
        remedy="Leave brightness_range out, or normalise by the dataset's statistics (featurewise) instead.",
        check=_brightness_cancelled,
    ),
    Rule(
        id="channel-shift-cancelled",
        severity=Severity.WARNING,
        parameters=("channel_shift_range", "samplewise_center", "samplewise_std_normalization"),
        trigger="a channel shift with samplewise normalisation, which leaves less than half of its effect",
        why="One number is added to every pixel of an image, and subtracted again with its mean.",
        message="{normalisation} largely undoes the channel shift: of its effect on {values}, {left:.0%} is left.",
        remedy="Leave channel_shift_range out, or normalise by the dataset's statistics (featurewise) instead.",
        check=_channel_shift_cancelled,
    ),
    Rule(
        id="channel-shift-negligible",
        severity=Severity.WARNING,
        parameters=("channel_shift_range",),
        trigger="a channel shift below 2/255 of the values' range",
        why="It is in raw units, not a fraction.",
        message="channel_shift_range={shift:g} is {share:.2%} of the range on {what}: nothing anyone could see.",
        remedy="Leave it out, or give it in raw units: 20 on 0-255 is mild.",
        check=_channel_shift_negligible,
        reference="keras-team/keras-preprocessing#223",
    ),
    Rule(
        id="channel-shift-saturates",
        severity=Severity.WARNING,
        parameters=("channel_shift_range",),
        trigger="a channel shift above half of the values' range",
        why="What leaves the image's own range is clipped to it, and the image becomes one plain area.",
        message="channel_shift_range={shift:g} on values of {low:g} to {high:g} clips much of an image to its own "
        "minimum or maximum.",
        remedy="Give a tenth of the range or less, in raw units.",
        check=_channel_shift_saturates,
        reference="keras-team/keras-preprocessing#17",
    ),
    Rule(
        id="channel-shift-is-grey",
        severity=Severity.INFO,
        parameters=("channel_shift_range",),
        trigger="a channel shift on images of three channels",
        why="All channels get the same number: it is a change of brightness and never of colour.",
        message="channel_shift_range={shift:g} adds one number to all three channels, so colours keep their hue.",
        remedy="Nothing, unless colours were meant to change; ImageDataGenerator cannot do that.",
        check=_channel_shift_is_grey,
        reference="keras-team/keras-preprocessing#17",
    ),
)
