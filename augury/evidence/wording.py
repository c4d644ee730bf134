"""Figures, parameters and specs in words."""

from __future__ import annotations

from typing import Any

from api_schemas.augmentation import ImageDataGeneratorSpec
from api_schemas.reports.report import Difference
from augury.evidence.statistics.claims import shown_direction
from augury.wording import joined, shortened

_MAX_NAME_LENGTH = 40
_ROUNDED = 0.005
_ROUNDS_TO_ZERO = 0.05


def percent(share: float) -> str:
    """A fraction in percent, with a decimal near the ends, where it matters."""
    if 0 < share < 0.001:
        return "less than 0.1%"
    if 0 < share < 0.01 or 0.99 < share < 0.9995:
        return f"{100 * share:.1f}%"
    return f"{100 * share:.0f}%"


def points(value: float) -> str:
    """An amount of percentage points, without its sign."""
    return "1.0 point" if f"{abs(value):.1f}" == "1.0" else f"{abs(value):.1f} points"


def interval(difference: Difference) -> str:
    """A difference's interval with its confidence."""
    return f"{100 * difference.confidence:.3g}% interval {bounds(difference)}"


def bounds(difference: Difference) -> str:
    """The two ends of its interval, in points."""
    return f"{difference.low:+.1f} to {difference.high:+.1f}"


def change(difference: Difference, whole: Difference | None = None) -> str:
    """What something does to accuracy: "gains" or "costs" where that is shown, and else what was seen, as seen.

    Args:
        difference: of the thing in question.
        whole: the verdict's difference, where the thing is a part of it (see ``shown_direction``).
    """
    shown = shown_direction(difference, whole or difference)
    if shown:
        return f"{'gains' if shown > 0 else 'costs'} {points(difference.mean)} ({interval(difference)})"
    return f"{seen(difference.mean)} ({interval(difference)})"


def seen(mean: float) -> str:
    """A mean difference as what it was, without a claim that it would be so again: was 2.2 points higher in …"""
    if abs(mean) < _ROUNDS_TO_ZERO:
        return "made no difference in these trials"
    return f"was {points(mean)} {'higher' if mean > 0 else 'lower'} in these trials"


def quoted(name: str) -> str:
    """A class or candidate, cut where it is long."""
    return f"“{shortened(name, _MAX_NAME_LENGTH)}”"


def valued(parameter: str, value: Any) -> str:
    """A parameter and its value; a flag is its name."""
    return parameter if value is True else f"{parameter} {number(value)}"


def number(value: Any) -> str:
    """A parameter's value, without needless digits."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(number(each) for each in value)}]"
    return str(value) if isinstance(value, bool | str) or value is None else f"{value:.3g}"


def rough(value: Any) -> str:
    """As number, for a value that was interpolated: two digits."""
    return f"[{', '.join(f'{each:.2g}' for each in value)}]" if isinstance(value, list) else f"{value:.2g}"


def preprocessing_in_words(spec: ImageDataGeneratorSpec) -> str:
    """What a spec does to every image, validation images included."""
    steps = []
    if spec.preprocessing_function is not None:
        steps.append(f"preprocessing_function {spec.preprocessing_function}")
    if spec.rescale:
        steps.append(f"rescale {_scale(spec.rescale)}")
    if spec.samplewise_std_normalization:
        steps.append("each image centred and divided by its own deviation")
    elif spec.samplewise_center:
        steps.append("each image centred by its own mean")
    if spec.featurewise_std_normalization:
        steps.append("all images centred and divided by the training set's deviation")
    elif spec.featurewise_center:
        steps.append("all images centred by the set's mean")
    if spec.zca_whitening:
        steps.append("ZCA whitening")
    return joined(steps) or "no rescale or normalisation"


def _scale(factor: float) -> str:
    reciprocal = 1 / factor
    is_whole = abs(factor) < 1 and abs(reciprocal - round(reciprocal)) < _ROUNDED
    return f"1/{round(reciprocal)}" if is_whole else f"{factor:.3g}"


def span(low: float, high: float) -> str:
    """A range of values."""
    return f"{low:.3g} to {high:.3g}"
